"""The surface variants of an option to choose from."""

from __future__ import annotations


def distinct(option: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Drop the variants of an option whose tokens repeat or extend those of another."""
    kept: dict[str, tuple[int, ...]] = {}
    for text, ids in option.items():
        extends = any(other != ids and ids[: len(other)] == other for other in option.values())
        if not extends and ids not in kept.values():
            kept[text] = ids
    return kept
