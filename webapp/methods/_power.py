"""What the methods that sample from p(text)^alpha share: texts as paths, and what truncation does to the target."""

from __future__ import annotations

from storage.trace import TokenTrace
from webapp.analysis.metropolis import Path
from webapp.methods.interface import CannotGoOn, MethodParams

RESTRICTED = "Truncation is on, so the target has only texts whose every token survives it."


def path_of(trace: TokenTrace, length: int | None = None) -> Path:
    """Return the first tokens of a trace in log-probabilities, raw and as they were drawn.

    Raises:
        CannotGoOn: if the trace lacks either.

    """
    if trace.logprob is None or trace.sampled_logprob is None:
        raise CannotGoOn(
            "How probable the tokens were is not known, so there is nothing to weigh. Choose a model that tells it."
        )
    return Path.of(trace.logprob[:length], trace.sampled_logprob[:length])


def restricted(p: MethodParams) -> str:
    """Return a note where some tokens could not be drawn, whatever their weight."""
    return RESTRICTED if p.top_p < 1 or p.top_k or p.min_p or p.top_h or p.eta else ""
