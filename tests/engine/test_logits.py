"""The logits of any position of a text, however they are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.small import CONTEXT, SHORT, small
from webapp.engine.protocol import ContextOverflow, OpenEngine

SAID = [(7 * i) % 250 for i in range(90)]


async def test_any_stretch_is_that_of_the_whole() -> None:
    async with small(remembers=True) as engine:
        assert isinstance(engine, OpenEngine)
        whole = await engine.logits(SHORT, SAID, 0, len(SAID))
        assert whole.shape == (len(SAID), engine.info.record.vocab_size) and whole.dtype == np.float32
        for start, stop in ((0, 1), (40, 41), (89, 90), (30, 70), (60, 61)):
            found = await engine.logits(SHORT, SAID, start, stop)
            np.testing.assert_allclose(found, whole[start:stop], atol=1e-4)


async def test_they_give_the_log_probabilities_that_a_score_has() -> None:
    async with small() as engine:
        [trace] = await engine.score([SHORT], [SAID])
        logits = (await engine.logits(SHORT, SAID, 0, len(SAID))).astype(np.float64)
        logprobs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        np.testing.assert_allclose(logprobs[np.arange(len(SAID)), SAID], trace.logprob, atol=1e-4)


async def test_a_text_that_does_not_fit_is_refused() -> None:
    async with small() as engine:
        with pytest.raises(ContextOverflow):
            await engine.logits(SHORT, [1] * (2 * CONTEXT), 2 * CONTEXT - 1, 2 * CONTEXT)
