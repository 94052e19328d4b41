"""Counting answers: equivalent ones pooled, ties kept visible."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from storage.records import Vote


def vote(answers: Mapping[int, str | None], same: Callable[[str, str], bool]) -> tuple[Vote, ...]:
    """Count the answers of branches, most votes first; equal counts in the order of their lowest branch.

    Each group goes by its first-seen answer, which is what later ones are compared with. The group with the most
    votes wins; of several the one with the lowest branch does, and all of them are marked as tied. A branch without
    an answer votes for nobody: it is in no group, so it can be told from those that are.
    """
    groups: dict[str, list[int]] = {}
    for branch, answer in sorted(answers.items()):
        if answer is not None:
            known = next((other for other in groups if other == answer or same(other, answer)), answer)
            groups.setdefault(known, []).append(branch)
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[1][0]))
    leading = [answer for answer, branches in ranked if len(branches) == len(ranked[0][1])]
    return tuple(
        Vote(
            answer,
            tuple(branches),
            float(len(branches)),
            winner=answer == leading[0],
            tied=len(leading) > 1 and answer in leading,
        )
        for answer, branches in ranked
    )


def unparsed(answers: Mapping[int, str | None]) -> tuple[int, ...]:
    """Return the branches whose text states no answer: they count as wrong and are reported apart."""
    return tuple(branch for branch, answer in sorted(answers.items()) if answer is None)
