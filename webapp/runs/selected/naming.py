"""Names for the sides of a comparison: the method's title, and of the rest only what tells them apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from storage.records import ModelRecord

Kind: TypeAlias = tuple[Mapping[str, Any], ModelRecord, str]  # settings, model, version of the method
Facet: TypeAlias = Callable[[Sequence[Kind]], list[str]]

LONGEST = 40  # characters of a setting in a name
SHORT = 8  # characters of a revision or a version


def named(titles: Sequence[str], kinds: Sequence[Kind]) -> list[str]:
    """Return a name for each side, all different."""
    names = list(titles)
    for facet in _FACETS:
        for places in _shared(names):
            words = facet([kinds[place] for place in places])
            if len(set(words)) > 1:
                for place, word in zip(places, words, strict=True):
                    names[place] = f"{names[place]} · {word}" if word else names[place]
    for places in _shared(names):
        for number, place in enumerate(places, 1):
            names[place] = f"{names[place]} ({number})"
    return names


def _shared(names: Sequence[str]) -> list[list[int]]:
    """Return the places of names that several sides have."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        places[name].append(place)
    return [each for each in places.values() if len(each) > 1]


def _models(kinds: Sequence[Kind]) -> list[str]:
    return [model.id.rsplit("/", 1)[-1] for _, model, _ in kinds]


def _settings(kinds: Sequence[Kind]) -> list[str]:
    """Name the settings in which they differ."""
    names = dict.fromkeys(name for params, _, _ in kinds for name in params)
    differing = [name for name in names if any(params.get(name) != kinds[0][0].get(name) for params, _, _ in kinds)]
    return [", ".join(_setting(name, params.get(name)) for name in differing) for params, _, _ in kinds]


def _setting(name: str, value: object) -> str:
    shown = {None: "none", True: "yes", False: "no"}.get(value) if isinstance(value, bool | None) else None
    text = str(value) if shown is None else shown
    return f"{name.replace('_', ' ')} {text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}"


_FACETS: tuple[Facet, ...] = (
    _models,
    _settings,
    lambda kinds: [model.source for _, model, _ in kinds],
    lambda kinds: [model.dtype for _, model, _ in kinds],
    lambda kinds: [model.device for _, model, _ in kinds],
    lambda kinds: [f"revision {model.revision[:SHORT]}" for _, model, _ in kinds],
    lambda kinds: [f"version {version[:SHORT]}" for _, _, version in kinds],
)
