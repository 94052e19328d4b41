"""reasoning-gym's generators: items made from a seed, and answers judged by the generator's own verifier.

The package's dependencies need a C compiler, so it is not required. Its wheel is fetched the first time somebody asks
for its problems, checked against a pinned SHA-256, and read by a worker process (see `procedural_worker`).
"""

from __future__ import annotations

import atexit
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.records import Problem
from webapp.models.cache import Origin, build, is_whole
from webapp.models.progress import ModelError, silent
from webapp.models.wheel import fetch_wheel
from webapp.paths import user_cache_folder
from webapp.tasks.json_worker import JsonWorker, WorkerTimeout
from webapp.tasks.procedural_item import RELEASE, Item

REQUIREMENT = f"reasoning-gym=={RELEASE}"
SHA256 = "7f17a3eddb13c015d7d4a755ed576a061df889faf9468bcc2cca334ebe9e0435"
WORKER = Path(__file__).with_name("procedural_worker.py")
SAME_ORDER = {"PYTHONHASHSEED": "0"}  # some generators walk through sets, which lie in another order in each process
START_SECONDS = 120.0
CHECK_SECONDS = 10.0
MAKE_SECONDS = 60.0
EACH_SECONDS = 3.0  # more for every problem: some generators search for one that can be solved


class NotMade(Exception):
    """Why items cannot be made, as part of a sentence."""


@dataclass(frozen=True, slots=True)
class Generators:
    """The generators that can be used here with their settings and defaults, and why others cannot."""

    known: Mapping[str, Mapping[str, Any]]
    left_out: Mapping[str, str]


class Gym:
    """reasoning-gym, kept in a folder; may be called from any thread, and blocks."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / f"reasoning-gym-{RELEASE}"
        self._worker = JsonWorker([str(WORKER), str(self._wheel)], START_SECONDS, SAME_ORDER)

    @property
    def ready(self) -> bool:
        """Whether it is on this machine."""
        return is_whole(self._folder)

    def generators(self) -> Generators:
        """Return the generators, fetching the package if it is not there.

        Raises:
            NotMade: when it cannot be fetched.

        """
        found = self._ask({"do": "list"}, MAKE_SECONDS)
        return Generators(found["generators"], found["left_out"])

    def items(
        self, generator: str, config: Mapping[str, Any], seed: int, start: int, n: int
    ) -> list[Mapping[str, str | None]]:
        """Return `question` and `answer` of n items that a generator makes from a seed, from item `start` on.

        Raises:
            NotMade: for an unknown generator or setting, or when the package cannot be fetched.

        """
        asked = {"do": "make", "generator": generator, "config": config, "seed": seed, "start": start, "n": n}
        found: list[Mapping[str, str | None]] = self._ask(asked, MAKE_SECONDS + EACH_SECONDS * n)["items"]
        return found

    def verify(self, item: Item, question: str, answer: str) -> bool | None:
        """Say whether an answer solves the problem of an item; None where that could not be found out."""
        asked = {
            "do": "check", "generator": item.generator, "config": item.config, "seed": item.seed, "index": item.index,
            "question": question, "answer": answer,
        }  # fmt: skip
        if item.release != RELEASE or not self.ready:
            return None
        try:
            solved: bool | None = self._worker.ask(asked, CHECK_SECONDS).get("solved")
        except WorkerTimeout:
            return None
        return solved

    def close(self) -> None:
        """End the worker, if it runs."""
        self._worker.close()

    @property
    def _wheel(self) -> Path:
        return self._folder / "reasoning_gym.whl"

    def _ask(self, request: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
        try:
            build(self._folder, self._fetch, silent)
            answer: Mapping[str, Any] = self._worker.ask(request, seconds)
        except ModelError as error:
            raise NotMade(str(error).rstrip(".")) from None
        except WorkerTimeout:
            raise NotMade("making these problems takes too long; take fewer, or easier ones") from None
        if "error" in answer:
            raise NotMade(answer["error"])
        return answer

    def _fetch(self, folder: Path) -> Origin:
        what = f"reasoning-gym ({REQUIREMENT}, 7 MB)"
        instead = "Connect to the network and try again."
        wheel = fetch_wheel(REQUIREMENT, folder, lambda _: None, what=what, instead=instead)
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
            raise ModelError(f"{what} arrived damaged or changed: its SHA-256 is not the pinned one. Try again.")
        wheel.rename(folder / self._wheel.name)
        return {"package": REQUIREMENT, "sha256": SHA256}


_gym = Gym(user_cache_folder())
atexit.register(lambda: _gym.close())


def keep_in(cache: Path) -> None:
    """Keep the package in another folder from now on."""
    global _gym
    _gym.close()
    _gym = Gym(cache)


def gym() -> Gym:
    """Return the one that this program uses."""
    return _gym


def missing(problem: Problem) -> bool:
    """Say whether a problem cannot be judged, because its verifier is not on this machine."""
    item = Item.read(problem.source) if problem.kind == "procedural" else None
    return item is not None and not (_gym.ready and item.release == RELEASE)


def verify(problem: Problem, answer: str) -> bool | None:
    """Say whether an answer solves a problem; None where that could not be found out.

    A problem that names no item of a generator is compared with its reference.
    """
    item = Item.read(problem.source)
    if item is not None:
        return _gym.verify(item, problem.question, answer)
    return None if problem.reference is None else problem.reference.split() == answer.split()
