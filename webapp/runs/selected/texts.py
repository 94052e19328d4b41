"""The graded texts of one side as arrays: what is known of each, by signal, and how samples of a problem came out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.repositories.selected import SIGNALS, ScoreColumns, TextColumns
from webapp.runs.selected.sides import Side

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

VOTE_SHARE = "vote_share"
NO_VOTE = -1
_UNKNOWN = (NO_VOTE, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """The finished texts of a side that have a verdict, one a row.

    Attributes:
        ids: [N] of the texts.
        problem: [N] the number of their problem among the side's.
        right: [N] whether it is right; an unparsed answer is wrong.
        draft: [N] whether it is a first draft.
        answer: [N] a number that is equal for equal answers to a problem; -1 where it had no vote.
        signals: by name [N], NaN where a text has none; summaries of its tokens first, then stored scores.

    """

    ids: tuple[str, ...]
    problem: Ints
    right: NDArray[np.bool_]
    draft: NDArray[np.bool_]
    answer: Ints
    signals: Mapping[str, Floats]

    def known(self, name: str) -> NDArray[np.bool_]:
        """Return [N] which texts have a signal."""
        return ~np.isnan(self.signals[name])


def texts_of(side: Side, found: TextColumns, scores: ScoreColumns) -> Texts:
    """Return the texts of a side among those found; of several scores of one name and text the last counts."""
    problems = {key: number for number, key in enumerate(dict.fromkeys(run.problem for run in side.runs))}
    number = {run.id: problems[run.problem] for run in side.runs}
    own = np.array([run in number for run in found.run], dtype=bool)
    places = np.flatnonzero(own).tolist()
    ids = [found.id[at] for at in places]
    draft = np.array([found.role[at] == "draft" and found.round[at] == 0 for at in places], dtype=bool)
    votes = _votes(side, found)
    voted = [votes.get((found.run[at], found.branch[at]), _UNKNOWN) for at in places]
    answer, share = np.array(voted, dtype=np.float64).reshape(len(places), 2).T
    signals = {
        name: np.array(values, dtype=np.float64)[own] for name, values in zip(SIGNALS, found.signals, strict=True)
    }
    signals[VOTE_SHARE] = np.where(draft, share, np.nan)
    signals |= _stored(ids, scores)
    return Texts(
        ids=tuple(ids),
        problem=np.array([number[found.run[at]] for at in places], dtype=np.int64),
        right=np.array([found.verdict[at] == "correct" for at in places], dtype=bool),
        draft=draft,
        answer=np.where(draft, answer, NO_VOTE).astype(np.int64),
        signals={name: values for name, values in signals.items() if not np.isnan(values).all()},
    )


def _stored(ids: Sequence[str], scores: ScoreColumns) -> dict[str, Floats]:
    """Return by name [N] the stored scores of texts, NaN where one has none."""
    place = {key: at for at, key in enumerate(ids)}
    found: dict[str, Floats] = {}
    for text, name, value in zip(*scores, strict=True):
        if (at := place.get(text)) is not None:
            if name not in found:
                found[name] = np.full(len(ids), np.nan)
            found[name][at] = value
    return dict(sorted(found.items()))


def _votes(side: Side, found: TextColumns) -> dict[tuple[str, int], tuple[int, float]]:
    """Return by run and branch the number of the answer that a draft voted for, and the share of votes that this got.

    There are none where a draft was attempted again: what voted then is what became of it.
    """
    drafts, later = _attempts(side, found)
    if not drafts.isdisjoint(later):
        return {}
    voted: dict[tuple[str, int], tuple[int, float]] = {}
    numbers: dict[tuple[str, str], int] = {}
    samples = Counter(run for run, _ in drafts)
    for run in side.runs:
        votes = json.loads(run.votes)
        total = sum(len(vote["branches"]) for vote in votes)
        for vote in votes if samples[run.id] > 1 else ():
            number = numbers.setdefault((run.problem, vote["answer"]), len(numbers))
            voted |= {(run.id, branch): (number, len(vote["branches"]) / total) for branch in vote["branches"]}
    return voted


def _attempts(side: Side, found: TextColumns) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """Return the runs and branches of a side's first drafts, and those of its later attempts."""
    own = {run.id for run in side.runs}
    rows = [row for row in zip(found.run, found.branch, found.role, found.round, strict=True) if row[0] in own]
    drafts = {(run, branch) for run, branch, role, number in rows if role == "draft" and number == 0}
    later = {
        (run, branch) for run, branch, role, number in rows if role == "revision" or (role == "draft" and number > 0)
    }
    return drafts, later
