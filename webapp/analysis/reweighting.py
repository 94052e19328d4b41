"""What a token trace says of temperatures it was not drawn at: log-densities of whole texts, and their slopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.trace import TokenTrace
from webapp.analysis.control_variates import mixture, mixture_controls
from webapp.analysis.refusal import Refusal

Floats = NDArray[np.float64]

GREEDY = "These texts are greedy (temperature 0): the same text every time says nothing of what else could be drawn."
TRUNCATED = (
    "These texts were drawn with top-p, top-k or min-p. What that left out could be drawn at another temperature and "
    "is in none of the samples, so they say nothing of it. Draw them from all tokens."
)
UNKNOWN = (
    "It is not known how these texts were drawn, token by token, so they say nothing of other temperatures. A remote "
    "model does not tell."
)
NO_GRID = (
    "The numbers for {} were not kept with these texts. Set the run's temperature grid to {} before drawing: they "
    "cannot be added afterwards."
)


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One text: its trace, the temperature it was drawn at, and whether it is right."""

    trace: TokenTrace
    temperature: float
    right: bool


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """N texts on one question under T target temperatures, in natural logs of whole texts.

    Attributes:
        right: [N] 1 where a text is right.
        log_drawn: [N] log-density of the law they were drawn from, a mixture where there were several temperatures.
        log_target: [T, N] log-density at each target.
        slope: [T, N] d log-density / d T at each target.
        controls: [N, K - 1] what is known to average to zero under a mixture of K temperatures.

    """

    right: Floats
    log_drawn: Floats
    log_target: Floats
    slope: Floats
    controls: Floats


def drawn(attempts: Sequence[Attempt], targets: Sequence[float]) -> Drawn | Refusal:
    """Return what texts on one question say of the target temperatures, or why they cannot say it.

    Tokens that no forward pass scored were put there and not drawn: they weigh nothing.
    """
    temperatures = sorted({attempt.temperature for attempt in attempts})
    needed = sorted({*targets, *(temperatures if len(temperatures) > 1 else [])})
    if (refused := _refused(attempts, needed)) is not None:
        return refused
    traces = [attempt.trace for attempt in attempts]
    if len(temperatures) > 1:
        laws = np.array([log_densities(trace, temperatures) for trace in traces]).T
        counts = [sum(attempt.temperature == t for attempt in attempts) for t in temperatures]
        log_drawn, controls = mixture(laws, counts), mixture_controls(laws, counts)
    else:
        columns = [np.asarray(trace.sampled_logprob, dtype=np.float64) for trace in traces]
        log_drawn = np.array([np.nansum(column) for column in columns])
        controls = np.empty((len(traces), 0))
    return Drawn(
        right=np.array([attempt.right for attempt in attempts], dtype=np.float64),
        log_drawn=log_drawn,
        log_target=np.array([log_densities(trace, targets) for trace in traces]).T,
        slope=np.array([slopes(trace, targets) for trace in traces]).T,
        controls=controls,
    )


def log_densities(trace: TokenTrace, temperatures: Sequence[float]) -> Floats:
    """Return [T] ln p_T of a text, sum_t l_t / T - lse(l / T), at temperatures of the trace's grid."""
    lse = np.array([trace.grid[t][0] for t in temperatures], dtype=np.float64)
    densities: Floats = np.nansum(_logits(trace) / np.array(temperatures)[:, None] - lse, axis=1)
    return densities


def slopes(trace: TokenTrace, temperatures: Sequence[float]) -> Floats:
    """Return [T] d ln p_T / d T of a text, sum_t (E_pT[l] - l_t) / T^2, at temperatures of the trace's grid."""
    mean = np.array([trace.grid[t][1] for t in temperatures], dtype=np.float64)
    found: Floats = np.nansum(mean - _logits(trace), axis=1) / np.square(temperatures)
    return found


def _refused(attempts: Sequence[Attempt], needed: Sequence[float]) -> Refusal | None:
    traces = [attempt.trace for attempt in attempts]
    if any(attempt.temperature == 0 for attempt in attempts):
        return Refusal(GREEDY)
    if any(t.logprob is None or t.sampled_logprob is None or t.candidates is None for t in traces):
        return Refusal(UNKNOWN)
    if any(_truncated(trace) for trace in traces):
        return Refusal(TRUNCATED)
    missing = [t for t in needed if any(t not in trace.grid or trace.logsumexp is None for trace in traces)]
    if missing:
        named = ", ".join(f"{t:g}" for t in missing)
        return Refusal(NO_GRID.format(f"temperature {named}", named))
    return None


def _truncated(trace: TokenTrace) -> bool:
    """Say whether any token that was drawn was drawn from fewer than all."""
    assert trace.sampled_logprob is not None and trace.candidates is not None
    scored = ~np.isnan(trace.sampled_logprob)
    return bool((trace.candidates[scored] < trace.vocab_size).any())


def _logits(trace: TokenTrace) -> Floats:
    """Return [T] the raw logit of each token."""
    assert trace.logprob is not None and trace.logsumexp is not None
    return trace.logprob.astype(np.float64) + trace.logsumexp.astype(np.float64)
