"""Which tests one process does, where several share them: `pytest -n 2`."""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

# A browser fills a processor by itself, so one process does all that needs one, and begins with it.
BROWSER = ("tests/components", "tests/e2e")
# Starting a model server takes long: one process starts one.
_TOGETHER = {**dict.fromkeys(BROWSER, "browser"), "tests/engine/remote": "remote"}


class Sharing(LoadScopeScheduling):
    """Shares the tests by files, but for what belongs together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _TOGETHER.get(folder(nodeid), file)


def folder(nodeid: str) -> str:
    """Return the folder of a test's file, from the root of the project."""
    return str(PurePosixPath(nodeid.partition("::")[0]).parent)
