"""What is known of the texts of one side: which signals predict a right one, and what several samples buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from webapp.analysis import power_law
from webapp.analysis.bootstrap import DRAWS
from webapp.analysis.coverage import coverage_curve, curve, log_spaced
from webapp.analysis.refusal import Refusal
from webapp.analysis.selection import best_of_k, vote_of_k
from webapp.analysis.signals import LOWER_IS_SURER, judge
from webapp.charts.coverage import coverage as coverage_chart
from webapp.charts.evidence import Evidence
from webapp.charts.reliability import calibration_scores
from webapp.charts.reliability import reliability as reliability_chart
from webapp.charts.risk_coverage import risk_coverage as risk_chart
from webapp.charts.signals import signals as signals_chart
from webapp.reports.checks import resampling
from webapp.reports.part import Part, noted, part
from webapp.reports.samples import Samples
from webapp.runs.selected.texts import NO_VOTE, VOTE_SHARE, Texts

Floats = NDArray[np.float64]

FEWEST = 10  # texts with a score below which its reliability says nothing
MOST_SIGNALS = 24
POINTS = 8  # numbers of samples at which selections are measured
AT_ONCE = 500_000  # problems drawn for the interval of a signal, over all draws
FEWEST_DRAWS = 200
RANKED: Final = ("self_certainty", "mean_logprob", "p_true")  # what the best of several samples is picked by
PREFERRED = "p_true"
NO_PROBABILITY = (
    "No stored score of these texts is a probability. P(True) keeps one: take these runs as its input on the Explore "
    "page. Samples that voted have one too, the share of the votes for their answer."
)
NO_TEXT = "No text of this side has a verdict, so nothing can be predicted of them."


def of_texts(texts: Texts, samples: Samples | Refusal, score: str | None = None) -> list[Part]:
    """Return the parts about the texts of a side.

    Args:
        texts: of the side.
        samples: those among them of which there are several a problem.
        score: whose reliability is wanted; another one where it is no probability.

    """
    chosen = chosen_score(texts, score)
    return [
        _signals(texts), *_reliability(texts, chosen), _risk(texts, chosen), _coverage(texts, samples),
        resampling(texts, samples, chosen),
    ]  # fmt: skip


def probabilities(texts: Texts) -> list[str]:
    """Return the scores of texts that can be probabilities: from 0 to 1, of enough texts."""
    stored = [name for name in texts.signals if name == VOTE_SHARE or name not in LOWER_IS_SURER]
    return [name for name in stored if _is_probability(texts.signals[name])]


def chosen_score(texts: Texts, wanted: str | None) -> str | None:
    """Return the wanted score where it is a probability, else P(True), else any that is one."""
    known = probabilities(texts)
    return next((name for name in (wanted, PREFERRED, *known) if name in known), None)


def _is_probability(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    return len(known) >= FEWEST and bool(((known >= 0) & (known <= 1)).all())


def _signals(texts: Texts) -> Part:
    title = "Which signal predicts a right answer"
    if not len(texts.right):
        return Part("signals", title, Refusal(NO_TEXT))
    if texts.right.all() or not texts.right.any():
        word = "right" if texts.right.all() else "wrong"
        return Part("signals", title, Refusal(f"All texts are {word}, so no signal can tell right from wrong."))
    named = dict(list(texts.signals.items())[:MOST_SIGNALS])
    draws = min(DRAWS, max(FEWEST_DRAWS, AT_ONCE // (int(texts.problem.max()) + 1)))
    told = f"{len(texts.right)} texts, {100 * texts.right.mean():.1f} % of them right; {draws} draws."
    return part("signals", noted(signals_chart(judge(named, texts.right, texts.problem, draws=draws)), told))


def _reliability(texts: Texts, name: str | None) -> list[Part]:
    if name is None:
        return [Part("reliability", "Reliability", Refusal(NO_PROBABILITY))]
    known = texts.known(name)
    told = f"The score is {_shown(name)}, of {int(known.sum())} of {len(known)} texts."
    values, right = texts.signals[name][known], texts.right[known]
    return [
        part("reliability", noted(reliability_chart(values, right), told)),
        part("calibration", noted(calibration_scores(values, right), told)),
    ]


def _risk(texts: Texts, name: str | None) -> Part:
    wanted = dict.fromkeys(each for each in (name, "self_certainty", "mean_logprob", "mean_entropy") if each)
    ranked = [each for each in wanted if each in texts.signals]
    known = np.all([texts.known(each) for each in ranked], axis=0) if ranked else np.zeros(0, dtype=bool)
    if not known.any():
        why = "No text has a score to put the surest first." if len(texts.right) else NO_TEXT
        return Part("risk", "Risk against coverage", Refusal(why))
    scores = {_shown(each): _surer(texts.signals, each)[known] for each in ranked}
    told = "" if known.all() else f"Of {int(known.sum())} of {len(known)} texts, those that have all of these scores."
    return part("risk", noted(risk_chart(scores, texts.right[known]), told))


def _surer(signals: Mapping[str, Floats], name: str) -> Floats:
    return -signals[name] if name in LOWER_IS_SURER else signals[name]


def _shown(name: str) -> str:
    return name.replace("_", " ") + (" ↓" if name in LOWER_IS_SURER else "")


def _coverage(texts: Texts, samples: Samples | Refusal) -> Part:
    if isinstance(samples, Refusal):
        return Part("coverage", "Coverage and selection", samples)
    return part("coverage", noted(_covered(texts, samples.groups, samples.most), samples.told))


def _covered(texts: Texts, groups: Sequence[NDArray[np.intp]], most: int) -> Evidence:
    right = [int(texts.right[group].sum()) for group in groups]
    covered = coverage_curve([len(group) for group in groups], right, log_spaced(most))
    curves = {"coverage": covered} | {
        name: curve(log_spaced(most, POINTS), values) for name, values in _selections(texts, groups, most).items()
    }
    with np.errstate(over="ignore"):  # on its way a fit may try exponents far out
        law = power_law.fit(covered.k, covered.mean) if most > 2 else None
    return coverage_chart(curves, law)


def _selections(texts: Texts, groups: Sequence[NDArray[np.intp]], most: int) -> dict[str, Floats]:
    """Return by name [P, K] the accuracy of votes and of the best by each score, where every sample has one."""
    k, drafts = log_spaced(most, POINTS), np.concatenate(groups)
    found: dict[str, Floats] = {}
    if (texts.answer[drafts] != NO_VOTE).any():
        found["majority"] = np.array([vote_of_k(texts.answer[group], texts.right[group], k) for group in groups])
    for name in RANKED:
        if name in texts.signals and texts.known(name)[drafts].all():
            values = texts.signals[name]
            found[f"best by {_shown(name)}"] = np.array(
                [best_of_k(values[group], texts.right[group], k) for group in groups]
            )
    return found
