"""All known methods: ours, and those of other packages through the `second_thoughts.methods` entry point."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import get_type_hints

from webapp.engine.protocol import Capability
from webapp.methods.interface import Faithful, Family, MethodFunction, MethodParams, MethodSpec

ENTRY_POINT = "second_thoughts.methods"
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
PACKAGE = "webapp.methods"
_METHODS: dict[str, MethodSpec] = {}


class BrokenMethodPackage(ImportError):
    """A package that announces a method which cannot be loaded, as a sentence that names both."""


def method(
    *,
    title: str,
    family: Family,
    paper: str,
    needs: set[Capability],
    faithful: Faithful,
    faithful_note: str = "",
    takes_inputs: bool = False,
    cost: str = "",
    reported: str = "",
    unverified: str = "",
) -> Callable[[MethodFunction], MethodFunction]:
    """Register an async function as a method under its own name.

    Its third argument's annotation is the parameter model, its docstring the card, and the upper-case constants
    above it in its module are its prompts and numbers, whose hash is the version kept in every run. What is left
    empty is shown as not stated, never as known; every method of ours states `cost` and `reported`.

    Args:
        title: what people call it.
        family: what kind of method it is.
        paper: the arXiv number, or empty.
        needs: what an engine must be able to do.
        faithful: how close it is to its paper.
        faithful_note: what differs from the paper.
        takes_inputs: whether the drafts of an earlier run can be its input.
        cost: the calls and tokens of a run, in words and as a formula in the settings ("n (1 + 2 R) calls: ...").
        reported: what the paper measured, with model and data set.
        unverified: which of these numbers and details nobody could check.

    Raises:
        ValueError: if another method has that name already.

    """

    def register(function: MethodFunction) -> MethodFunction:
        name = function.__name__
        if name in _METHODS and _METHODS[name].run.__module__ != function.__module__:
            raise ValueError(f"two methods are called {name}")
        _METHODS[name] = MethodSpec(
            name=name, title=title, family=family, paper=paper, needs=frozenset(needs), faithful=faithful,
            faithful_note=faithful_note, params=_params_model(function), run=function,
            description=inspect.cleandoc(function.__doc__ or ""), version=_version(function.__module__),
            takes_inputs=takes_inputs, cost=cost, reported=reported, unverified=unverified,
        )  # fmt: skip
        return function

    return register


def methods() -> Mapping[str, MethodSpec]:
    """Return every method by name, our own first, in the order of their titles.

    Raises:
        BrokenMethodPackage: if an installed package announces a method that cannot be loaded.

    """
    discover()
    return dict(sorted(_METHODS.items(), key=lambda item: (not _ours(item[1]), item[1].title)))


@cache
def discover() -> None:
    """Import every module that may hold a method, once.

    Raises:
        BrokenMethodPackage: if an installed package announces a method that cannot be loaded.

    """
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{PACKAGE}.{module.name}")
    for point in entry_points(group=ENTRY_POINT):
        _load(point)


def _load(point: EntryPoint) -> None:
    try:
        point.load()
    except Exception as error:
        package = point.dist.name if point.dist else "an installed package"
        raise BrokenMethodPackage(
            f"The method {point.name!r} of {package} ({point.value}) cannot be loaded: {error}. "
            "Repair or uninstall that package."
        ) from error


def _ours(spec: MethodSpec) -> bool:
    return spec.run.__module__.startswith(f"{PACKAGE}.")


def _params_model(function: MethodFunction) -> type[MethodParams]:
    third = list(inspect.signature(function).parameters)[2]
    model = get_type_hints(function)[third]
    if not (isinstance(model, type) and issubclass(model, MethodParams)):
        raise TypeError(f"{function.__name__}: the third argument must be annotated with a MethodParams model")
    return model


def _version(module: str) -> str:
    kinds = (str, tuple, dict, int, float)
    constants = {k: v for k, v in vars(sys.modules[module]).items() if k.isupper() and isinstance(v, kinds)}
    text = "\0".join(f"{name}={constants[name]!r}" for name in sorted(constants))
    # a function in a constant counts by its name: where it lies in memory is another at every start
    return hashlib.sha256(ADDRESS.sub("", text).encode()).hexdigest()[:12]
