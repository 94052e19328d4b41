"""Whether estimates agree with an exact law: standard deviations between them, from independent replications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tests.enumeration import Law

BOUND = 4.0  # standard deviations that the worst of a dozen texts may be off: by chance once in a thousand tests
CHECKED = 12  # of the likeliest texts


def worst(estimates: Sequence[Mapping[tuple[int, ...], float]], law: Law) -> float:
    """Return by how many standard errors the mean estimate of a likely text, or of all texts together, is off."""
    likely = sorted(law, key=lambda text: -law[text])[:CHECKED]
    rows = np.array([[*(each.get(text, 0.0) for text in likely), sum(each.values())] for each in estimates])
    exact = np.array([*(law[text] for text in likely), sum(law.values())])
    error = np.maximum(rows.std(0, ddof=1) / np.sqrt(len(rows)), 1e-6)  # a sum may be the same every time, in fp32
    return float((np.abs(rows.mean(0) - exact) / error).max())
