"""What drawing again until a score accepts would earn: a stored score as an imperfect verifier (arXiv 2411.17501)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from webapp.analysis import accepted
from webapp.analysis.flaws import Values
from webapp.analysis.refusal import Refusal
from webapp.charts.rewards import rewards
from webapp.reports.part import Part, noted, part
from webapp.reports.samples import Samples
from webapp.runs.selected.texts import VOTE_SHARE, Texts

TITLE = "Resampling behind a check"
ACCEPTED_FROM = 0.5
WORTH: Final = (
    Values(wrong=0.0),
    Values(wrong=-1.0),
    Values(wrong=-4.0),
)  # of a shipped mistake; a right answer is 1
NO_CHECK = "No stored score of these samples is a probability that could accept or reject each of them."
NO_SCORE = "No problem has a score of every sample, so it is not known what a check would have accepted."
NEEDS_ALL = "The share of votes is no check: it is known when all samples are drawn. Choose another score."


def resampling(texts: Texts, samples: Samples | Refusal, name: str | None) -> Part:
    """Return what up to K attempts ship when a sample is accepted from a score of one half on."""
    if isinstance(samples, Refusal):
        return Part("resampling", TITLE, samples)
    if name is None or name == VOTE_SHARE:
        return Part("resampling", TITLE, Refusal(NO_CHECK if name is None else NEEDS_ALL))
    known = texts.known(name)
    groups = [group for group in samples.groups if known[group].all()]
    if not groups:
        return Part("resampling", TITLE, Refusal(NO_SCORE))
    takes = texts.signals[name] >= ACCEPTED_FROM
    right = [int((takes & texts.right)[group].sum()) for group in groups]
    taken = [int(takes[group].sum()) for group in groups]
    found = accepted.attempts([len(group) for group in groups], taken, right, samples.most)
    left = len(samples.groups) - len(groups)
    unscored = f"Left out here, for want of a score of every sample: {left} of these problems." if left else ""
    about = _told(texts, np.concatenate(groups), takes, name)
    return part("resampling", noted(rewards(found, WORTH), about, samples.told, unscored))


def _told(texts: Texts, drafts: NDArray[np.intp], takes: NDArray[np.bool_], name: str) -> str:
    check = f"The check is {name.replace('_', ' ')} from {ACCEPTED_FROM:g} on"
    verifier = accepted.measured(takes[drafts], texts.right[drafts])
    if verifier is None:
        return f"{check}."
    return (
        f"{check}: it accepts {100 * verifier.completeness:.1f} % of the right samples (completeness) and rejects "
        f"{100 * verifier.soundness:.1f} % of the wrong ones (soundness)."
    )
