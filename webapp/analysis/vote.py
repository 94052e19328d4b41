"""Counting answers: equivalent ones pooled, ties kept visible."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import fsum

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
    return _ranked([Vote(answer, tuple(branches), float(len(branches))) for answer, branches in groups.items()])


def weighed(votes: Sequence[Vote], weights: Mapping[int, float]) -> tuple[Vote, ...]:
    """Return the same groups, ranked by the sum of the weights of their branches instead of by their number."""
    return _ranked([Vote(v.answer, v.branches, fsum(weights[branch] for branch in v.branches)) for v in votes])


def among(votes: Sequence[Vote], branches: Collection[int]) -> tuple[Vote, ...]:
    """Return the same groups of some branches alone, by their number; a group of none of them is left out."""
    kept = [(v.answer, tuple(branch for branch in v.branches if branch in branches)) for v in votes]
    return _ranked([Vote(answer, those, float(len(those))) for answer, those in kept if those])


def pooled(votes: Sequence[Vote]) -> dict[int, str]:
    """Return the answer of each branch that states one, equal ones in one spelling."""
    return {branch: vote.answer for vote in votes for branch in vote.branches}


def unparsed(answers: Mapping[int, str | None]) -> tuple[int, ...]:
    """Return the branches whose text states no answer: they count as wrong and are reported apart."""
    return tuple(branch for branch, answer in sorted(answers.items()) if answer is None)


def _ranked(votes: Sequence[Vote]) -> tuple[Vote, ...]:
    ranked = sorted(votes, key=lambda v: (-v.weight, v.branches[0]))
    leading = [v.answer for v in ranked if v.weight == ranked[0].weight]
    return tuple(
        Vote(
            v.answer,
            v.branches,
            v.weight,
            winner=v.answer == leading[0],
            tied=len(leading) > 1 and v.answer in leading,
        )
        for v in ranked
    )
