"""The samples of a side's problems: as many of each as most problems have, for what several samples buy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.analysis.refusal import Refusal
from webapp.runs.selected.texts import Texts

MOST_PROBLEMS = 500  # whose samples are looked at while somebody waits
NO_DRAFT = "This side has no graded first drafts, so there is nothing to draw several of."
FEW = "Every problem has one sample: this needs several. Methods that sample keep them."


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """First drafts of each problem that has at least `most` of them; `told` says of how many problems.

    Attributes:
        groups: for each problem the places of its drafts among the texts.
        most: samples that the most problems have.
        told: a sentence.

    """

    groups: tuple[NDArray[np.intp], ...]
    most: int
    told: str


def samples_of(texts: Texts, problems: int) -> Samples | Refusal:
    """Return the samples of a side; beyond so many problems those of as many, drawn by seed 0."""
    drafts = np.flatnonzero(texts.draft)
    if not len(drafts):
        return Refusal(NO_DRAFT)
    _, sizes = np.unique(texts.problem[drafts], return_counts=True)
    most = int(np.argmax(np.bincount(sizes)))
    if most < 2:
        return Refusal(FEW)
    groups = _groups(texts, drafts, most)
    told = f"{len(groups)} problems with {most} first drafts or more"
    told += f"; {len(sizes) - len(groups)} with fewer are left out." if len(groups) < len(sizes) else "."
    if len(groups) > problems:
        drawn = np.random.default_rng(0).choice(len(groups), problems, replace=False)
        groups = [groups[at] for at in np.sort(drawn)]
        told += f" Shown are {problems} of them, drawn at random (seed 0); the report takes all."
    return Samples(tuple(groups), most, told)


def _groups(texts: Texts, drafts: NDArray[np.intp], most: int) -> list[NDArray[np.intp]]:
    order = drafts[np.argsort(texts.problem[drafts], kind="stable")]
    _, starts = np.unique(texts.problem[order], return_index=True)
    return [group for group in np.split(order, starts[1:]) if len(group) >= most]
