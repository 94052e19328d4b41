"""What traces tell of truncation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from storage.trace import TokenTrace
from tests.runs.traces import trace_of
from webapp.analysis.kept import Kept, kept_mass, kept_of

LOGITS = np.array([[3.0, 1.0, 0.0, -1.0], [0.5, 0.4, 0.0, -2.0]])
KEPT = (2, 3)  # of the likeliest tokens


def drawn(temperature: float, *, grid: bool = True) -> TokenTrace:
    """Return the trace of drawing the second token twice, with the first 2 and 3 tokens kept."""
    logsumexp = np.log(np.exp(LOGITS).sum(-1))
    tempered = LOGITS / temperature
    normaliser = np.log(np.exp(tempered).sum(-1))
    left = np.array([np.exp(row[:count]).sum() for row, count in zip(tempered, KEPT, strict=True)])
    columns = {
        "logprob": LOGITS[:, 1] - logsumexp, "logsumexp": logsumexp, "sampled_logprob": tempered[:, 1] - np.log(left),
        "candidates": np.array(KEPT, np.int32), "sampled_entropy": np.array([0.5, 1.5]),
    }  # fmt: skip
    trace = replace(trace_of([b"a", b"b"]), vocab_size=4, **columns)  # type: ignore[arg-type]
    return replace(trace, grid={temperature: (normaliser, normaliser)}) if grid else trace


def mass(temperature: float) -> np.ndarray:
    p = np.exp(LOGITS / temperature)
    return np.array([row[:count].sum() / row.sum() for row, count in zip(p, KEPT, strict=True)])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_kept_mass_is_that_before_truncation(temperature: float) -> None:
    found = kept_mass(drawn(temperature), temperature)
    assert found is not None and found == pytest.approx(mass(temperature), abs=1e-6)


def test_a_temperature_that_was_not_recorded_leaves_it_unknown_unless_all_were_kept() -> None:
    assert kept_mass(drawn(2.0, grid=False), 2.0) is None
    everything = replace(drawn(2.0, grid=False), candidates=np.full(2, 4, np.int32))
    assert kept_mass(everything, 2.0) == pytest.approx([1.0, 1.0])


def test_means_are_over_all_tokens_of_all_texts() -> None:
    found = kept_of([drawn(2.0), drawn(2.0).slice(0, 1)], 2.0)
    assert found.tokens == pytest.approx((2 + 3 + 2) / 3)
    assert found.entropy == pytest.approx((0.5 + 1.5 + 0.5) / 3)
    assert found.mass == pytest.approx((mass(2.0).sum() + mass(2.0)[0]) / 3, abs=1e-6)


def test_what_one_text_does_not_tell_is_unknown_of_all() -> None:
    blind = replace(drawn(1.0), candidates=None, sampled_logprob=None, sampled_entropy=None)
    assert kept_of([drawn(1.0), blind], 1.0) == Kept(None, None, None)
