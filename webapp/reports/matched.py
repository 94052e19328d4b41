"""What the cost of each other side buys as votes of this side's samples: differences at a matched budget."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from webapp.analysis.budget import matched_difference
from webapp.analysis.coverage import log_spaced
from webapp.analysis.refusal import Refusal
from webapp.analysis.selection import vote_of_k
from webapp.charts.matched import TITLE, Against
from webapp.charts.matched import matched as matched_chart
from webapp.reports.part import Part, noted, part
from webapp.reports.samples import Samples
from webapp.runs.selected.service import Selected
from webapp.runs.selected.texts import NO_VOTE, Texts

POINTS = 8  # sizes of votes between which a budget falls
NO_VOTES = (
    "The first drafts of this side did not vote, so it is not known what a vote of fewer or more of them would say."
)
ALONE = "No other side of the same model has graded runs of these problems."
NO_TOKENS = "It is not known how many tokens the samples of this side took."


def matched(selected: Selected, of: int, texts: Texts, samples: Samples | Refusal) -> Part:
    """Return how much better each other side of the same model is than a vote that costs as many generated tokens."""
    if isinstance(samples, Refusal):
        return Part("matched", TITLE, samples)
    if not _others(selected, of):
        return Part("matched", TITLE, Refusal(ALONE))
    drafts = np.concatenate(samples.groups)
    if (texts.answer[drafts] == NO_VOTE).all():
        return Part("matched", TITLE, Refusal(NO_VOTES))
    if "tokens" not in texts.signals or not texts.known("tokens")[drafts].all():
        return Part("matched", TITLE, Refusal(NO_TOKENS))
    found = list(_against(selected, of, texts, samples))
    if not found:
        return Part("matched", TITLE, Refusal(ALONE))
    return part("matched", noted(matched_chart(selected.sides[of].name, found), samples.told))


def _against(selected: Selected, of: int, texts: Texts, samples: Samples) -> Iterator[Against]:
    sizes = log_spaced(samples.most, POINTS)
    votes = np.array([vote_of_k(texts.answer[group], texts.right[group], sizes) for group in samples.groups])
    tokens = np.array([texts.signals["tokens"][group].mean() for group in samples.groups])
    places = _problems(selected, of)[[int(texts.problem[group[0]]) for group in samples.groups]]
    for at in _others(selected, of):
        side, outcomes = selected.sides[at], selected.outcomes[at]
        shared, ours, theirs = np.intersect1d(places, np.unique(outcomes.problem), return_indices=True)
        if not len(shared):
            continue
        right, cost = (outcomes.by_problem(each)[theirs] for each in (outcomes.last, outcomes.generated_tokens))
        costs = sizes * tokens[ours].mean()
        yield Against(side.name, float(cost.mean()), len(shared), matched_difference(right, cost, costs, votes[ours]))


def _others(selected: Selected, of: int) -> list[int]:
    """Return the places of the other sides of the same model."""
    model = selected.sides[of].model.id
    return [at for at, side in enumerate(selected.sides) if at != of and side.model.id == model]


def _problems(selected: Selected, of: int) -> NDArray[np.int64]:
    """Return for the number that a problem has within a side its number among those of all sides."""
    everywhere = {key: number for number, key in enumerate(selected.problems)}
    own = dict.fromkeys(run.problem for run in selected.sides[of].runs)
    return np.array([everywhere[key] for key in own], dtype=np.int64)
