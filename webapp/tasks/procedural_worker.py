"""A process of its own that makes and checks reasoning-gym problems: run as a script with the wheel's path.

It imports nothing of this program, reads the package straight out of its wheel, and answers a JSON line for each it
reads. Generators whose own dependencies are not there are left out one by one, which importing the whole package
would not allow. So are those whose checks run a model's text as code, as `eval` and `sympy.parse_expr` do.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import logging
import pkgutil
import re
import sys
import types
from functools import lru_cache
from typing import Any

PACKAGE = "reasoning_gym"
WHOLE = ("data", "coaching")  # packages that need nothing else
RUNS_TEXT = re.compile(r"\b(?:eval|exec|parse_expr|sympify)\(")
RUNS_ITS_OWN = frozenset({"number_sorting"})  # evaluates the reference, not what a model wrote
NOT_ALONE = frozenset({"composite"})  # made of other generators
SOLVED = 1 - 1e-9
MEMORY_BYTES = 4 * 1024**3
KEPT = 512  # items kept for a second look
SIZE = 500  # items that a generator is told to have; it makes whichever are asked for


def main(wheel: str) -> None:
    """Answer requests until the input ends."""
    _cap_memory()
    logging.disable(logging.CRITICAL)
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a generator prints is no answer
    left_out = _import(wheel)
    gym = Gym(left_out)
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        try:
            found = gym.answer(json.loads(line))
        except (Exception, RecursionError, MemoryError) as error:
            found = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(found), file=answers, flush=True)


class Gym:
    """The generators that can be used here."""

    def __init__(self, left_out: dict[str, str]) -> None:
        factory = importlib.import_module(f"{PACKAGE}.factory")
        self._create = factory.create_dataset
        self._left_out = dict(left_out)
        self._known: dict[str, Any] = {}  # the class of its settings, by name
        for name, (dataset, config) in sorted(factory.DATASETS.items()):
            if name in NOT_ALONE:
                continue
            if name not in RUNS_ITS_OWN and RUNS_TEXT.search(inspect.getsource(dataset.score_answer)):
                self._left_out[name] = "its check would run what a model writes as code"
            else:
                self._known[name] = config
        self._dataset = lru_cache(maxsize=32)(self._made_dataset)
        self._item = lru_cache(maxsize=KEPT)(self._made_item)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one request."""
        if request["do"] == "list":
            return {"generators": {name: _settings(config) for name, config in self._known.items()},
                    "left_out": self._left_out}  # fmt: skip
        name, config, seed = request["generator"], json.dumps(request["config"]), request["seed"]
        if name not in self._known:
            return {"error": self._left_out.get(name, "there is no such generator"), "unknown": True}
        if request["do"] == "make":
            start = request["start"]
            return {"items": [_shown(self._item(name, config, seed, start + i)) for i in range(request["n"])]}
        entry = self._item(name, config, seed, request["index"])
        if entry["question"].strip() != request["question"].strip():
            return {"error": "another problem is made of that seed"}
        score = self._dataset(name, config, seed).score_answer(request["answer"], entry)
        return {"solved": float(score) >= SOLVED}

    def _made_dataset(self, name: str, config: str, seed: int) -> Any:
        return self._create(name, seed=seed, size=SIZE, **json.loads(config))

    def _made_item(self, name: str, config: str, seed: int, index: int) -> dict[str, Any]:
        found: dict[str, Any] = self._dataset(name, config, seed)[index]
        return found


def _shown(item: dict[str, Any]) -> dict[str, str | None]:
    answer = item["answer"]
    return {"question": item["question"], "answer": None if answer is None else str(answer)}


def _settings(config: Any) -> dict[str, Any]:
    """Return the settings of a generator with their defaults, those that JSON can say."""
    found = {}
    for field in dataclasses.fields(config):
        if field.name not in ("seed", "size") and isinstance(field.default, bool | int | float | str):
            found[field.name] = field.default
    return found


def _import(wheel: str) -> dict[str, str]:
    """Import every generator by itself, and say why some are left out."""
    root = f"{wheel}/{PACKAGE}"
    _bare(PACKAGE, root)
    categories = [found.name for found in pkgutil.iter_modules([root]) if found.ispkg and found.name not in WHOLE]
    for category in categories:
        _bare(f"{PACKAGE}.{category}", f"{root}/{category}")
    left_out = {}
    for category in categories:
        for module in pkgutil.iter_modules([f"{root}/{category}"]):
            try:
                importlib.import_module(f"{PACKAGE}.{category}.{module.name}")
            except ImportError as error:
                left_out[module.name] = f"it needs the package {error.name or error}"
    return left_out


def _bare(name: str, path: str) -> None:
    """Put a package in place without running what it would import."""
    package = types.ModuleType(name)
    package.__path__ = [path]
    sys.modules[name] = package


def _cap_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the time limit holds there too.
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main(sys.argv[1])
