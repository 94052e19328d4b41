"""How much truncation left of the distributions that texts were drawn from, read from their token traces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from storage.trace import TokenTrace


@dataclass(frozen=True, slots=True)
class Kept:
    """Means over all tokens of some texts; None where their traces do not tell.

    Attributes:
        tokens: how many tokens could be drawn.
        mass: their probability before the others were dropped, at the sampling temperature.
        entropy: of the distribution before they were dropped, at the sampling temperature, in nats.

    """

    tokens: float | None
    mass: float | None
    entropy: float | None


def kept_of(traces: Sequence[TokenTrace], temperature: float) -> Kept:
    """Return what was kept, a mean over every token of the traces."""
    return Kept(
        tokens=_mean(traces, lambda trace: trace.candidates),
        mass=_mean(traces, lambda trace: kept_mass(trace, temperature)),
        entropy=_mean(traces, lambda trace: trace.sampled_entropy),
    )


def kept_mass(trace: TokenTrace, temperature: float) -> NDArray[np.float64] | None:
    """Return [T] the mass of what was kept: p(token) before truncation over p(token) as it was drawn.

    A temperature other than 1 needs its column of the temperature grid, unless nothing was dropped.
    """
    if trace.candidates is not None and (trace.candidates == trace.vocab_size).all():
        return np.ones(len(trace))
    if trace.logprob is None or trace.sampled_logprob is None:
        return None
    before = trace.logprob.astype(np.float64)
    if temperature != 1:
        if trace.logsumexp is None or temperature not in trace.grid:
            return None
        before = (before + trace.logsumexp) / temperature - trace.grid[temperature][0]
    mass: NDArray[np.float64] = np.minimum(np.exp(before - trace.sampled_logprob), 1.0)
    return mass


def _mean(traces: Sequence[TokenTrace], column: Callable[[TokenTrace], NDArray[np.generic] | None]) -> float | None:
    columns = [column(trace) for trace in traces]
    values = [float(value) for each in columns if each is not None for value in each]
    return fmean(values) if values and all(each is not None for each in columns) else None
