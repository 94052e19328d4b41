"""A server process whose model is a puppet: `python -m tests.server.puppet_server FOLDER PORT [launch]`."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn

from tests.runs.following import asked
from tests.runs.puppet import Puppet
from tests.server.conftest import services_in
from webapp.engine.protocol import Prompt
from webapp.runs.limits import Limits
from webapp.runs.services import Services
from webapp.server import bare_app

LIMITS = Limits(autosave=0.2, lease=1.5, renewal=0.5, sweep=0.3)
LONG = 100_000


def script(prompt: Prompt, sample: int) -> str:
    """Return a short text for the first sample, one that goes on for minutes for the second."""
    return "Answer: 0" if sample == 0 else "7" * LONG


class Announcing(uvicorn.Server):
    """Says when it serves: the id of the run it launched, or that it is ready."""

    def __init__(self, config: uvicorn.Config, services: Services, launch: bool) -> None:
        super().__init__(config)
        self._services = services
        self._launch = launch

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        said = "ready"
        if self._launch:
            request = asked("self_consistency", params={"max_tokens": 32_000})
            (said,) = await self._services.runs.launch([request], person="local")
        print(said, flush=True)


def main(folder: Path, port: int, launch: bool) -> None:
    """Serve until killed."""
    services = services_in(folder, Puppet(script=script, pause=0.005, context_length=10 * LONG), LIMITS)
    config = uvicorn.Config(bare_app(services), port=port, log_level="warning")
    Announcing(config, services, launch).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), len(sys.argv) > 3)
