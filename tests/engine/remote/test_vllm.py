"""The remote engine on a real vLLM, beside the same model here."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import numpy as np
import pytest
from transformers import PreTrainedTokenizerBase

from tests.engine.remote import vllm
from tests.engine.remote.asked import GREEDY, QUESTION, WARM, drawn, ids
from tests.engine.remote.conftest import Served
from webapp.engine.local import LocalEngine
from webapp.engine.pieces import Pieces
from webapp.engine.protocol import ContextOverflow, EngineError, Message, Prompt, Sampling
from webapp.engine.remote.connect import connected, listed
from webapp.engine.remote.engine import RemoteEngine

FP32 = 2e-3  # nats: two implementations that add in another order
TIE = 5e-3  # neighbours of the top 10 closer than that may change places
MANY_BYTES = "The sign says “Cześć” – 你好 👋🏽 and 𝐛𝐨𝐥𝐝 …"


def test_what_it_can_do_was_asked(served: Served):
    facts, info = served.asked.facts, served.asked.info
    assert info.capabilities == {"generate", "continue", "score", "choose", "top_k", "chat"}
    assert (facts.speech, facts.top, facts.many, facts.seeds) == ("ids", 20, True, True)
    assert facts.truncations == {"top_k", "min_p"}
    assert info.record.context_length == vllm.CONTEXT
    assert info.record.kernel == "vLLM 0.32.0, token ids"
    assert "inner states" in info.absent["embed"]
    assert vllm.KEY not in repr(info)


async def test_every_token_spells_what_its_tokenizer_says(served: Served, tokenizer: PreTrainedTokenizerBase):
    pieces = Pieces(tokenizer)
    assert served.asked.vocabulary.size == len(tokenizer)
    wrong = [i for i in range(len(tokenizer)) if served.asked.piece(i) != pieces[i]]
    assert wrong == []


async def test_greedy_goes_on_from_every_prefix_of_its_own_answer(remote: RemoteEngine):
    [whole] = await drawn(remote, QUESTION, GREEDY)
    said = whole.trace.ids.tolist()
    for at in (1, 5, 11):
        rest = replace(GREEDY, max_tokens=len(said) - at)
        assert ids(await drawn(remote, QUESTION.continuing(said[:at]), rest)) == [said[at:]]
    assert whole.prompt_tokens == remote.count_tokens(QUESTION)


async def test_it_says_what_the_same_model_says_here(remote: RemoteEngine, exact: LocalEngine):
    [there] = await drawn(remote, QUESTION, GREEDY)
    here = [e async for e in exact.generate([QUESTION], GREEDY)][-1]
    assert there.text == here.text
    assert remote.count_tokens(QUESTION) == exact.count_tokens(QUESTION)


async def test_traces_of_one_text_agree_with_those_made_here(remote: RemoteEngine, exact: LocalEngine):
    said = [exact.tokenize(MANY_BYTES), exact.tokenize(" Whales, sharks and squids.")]
    prompts = [QUESTION, QUESTION]
    there, here = await remote.score(prompts, said), await exact.score(prompts, said)
    for a, b in zip(there, here, strict=True):
        assert a.ids.tolist() == b.ids.tolist()
        assert a.pieces.items() <= b.pieces.items() | {i: exact.piece(i) for i in a.pieces}.items()
        assert a.text() == b.text()
        np.testing.assert_allclose(a.logprob, b.logprob, atol=FP32)
        np.testing.assert_allclose(a.top_logprobs, b.top_logprobs, atol=FP32)
        clear = np.diff(b.top_logprobs, append=-np.inf, prepend=np.inf) < -TIE
        sure = clear[:, :-1] & clear[:, 1:]
        assert sure.mean() > 0.5
        assert (a.top_ids == b.top_ids)[sure].all()
        assert a.entropy_is_lower_bound
        assert (a.entropy <= b.entropy + FP32).all()


async def test_what_was_drawn_is_scored_as_it_was_drawn(remote: RemoteEngine):
    texts = await drawn(remote, QUESTION, WARM, n=2)
    scored = await remote.score([QUESTION] * 2, ids(texts))
    for text, trace in zip(texts, scored, strict=True):
        np.testing.assert_allclose(text.trace.logprob, trace.logprob, atol=FP32)
        np.testing.assert_allclose(
            text.trace.sampled_logprob, text.trace.logprob
        )  # at temperature 1 nothing is changed
        assert trace.sampled_logprob is None
        assert text.trace.logsumexp is None and text.trace.self_certainty is None


async def test_a_sample_is_the_same_alone_and_among_others(remote: RemoteEngine):
    together = await drawn(remote, QUESTION, WARM, n=3)
    second = await drawn(remote, QUESTION, replace(WARM, first_sample=1))
    again = await drawn(remote, QUESTION, replace(WARM, label="revision-1"))
    assert ids(second) == [ids(together)[1]]
    assert ids(again)[0] not in ids(together)
    assert len({tuple(text) for text in ids(together)}) == 3


async def test_a_stop_string_ends_a_text_before_it(remote: RemoteEngine):
    [whole] = await drawn(remote, QUESTION, GREEDY)
    stop = whole.text[8:12]
    [cut] = await drawn(remote, QUESTION, replace(GREEDY, stop=(stop,)))
    assert (cut.text, cut.finish_reason) == (whole.text[: whole.text.index(stop)], "stop")
    assert stop in cut.trace.text()[0]


async def test_the_end_of_a_text_is_a_special_token(remote: RemoteEngine):
    [text] = await drawn(remote, Prompt.user("Say only: yes"), replace(GREEDY, max_tokens=60))
    assert text.finish_reason == "eos"
    last = int(text.trace.ids[-1])
    assert last in text.trace.special
    assert text.text == text.trace.slice(0, len(text.trace) - 1).text()[0]


async def test_inserted_words_are_tokenized_by_the_server(remote: RemoteEngine, exact: LocalEngine):
    words = "Wait, “dolphins” are"
    begun = QUESTION.continuing(remote.tokenize(words))
    [there] = await drawn(remote, begun, GREEDY)
    assert ids([there]) == ids(await drawn(remote, QUESTION.continuing(exact.tokenize(words)), GREEDY))
    assert remote.count_tokens(begun) == exact.count_tokens(QUESTION.continuing(exact.tokenize(words)))
    [scored] = await remote.score([QUESTION], [remote.tokenize(words)])
    [exactly] = await exact.score([QUESTION], [exact.tokenize(words)])
    assert scored.text()[0] == words
    assert scored.logprob.sum() == pytest.approx(exactly.logprob.sum(), abs=FP32 * 10)


async def test_options_have_the_masses_they_have_here(remote: RemoteEngine, exact: LocalEngine):
    options = [["A", " A"], ["B", " B"], ["No idea"]]
    judged = Prompt((Message("user", "Is a whale a fish? (A) True (B) False. Answer with the letter."),))
    for begun in ("", " ("):
        [there] = await remote.choose([judged.continuing(remote.tokenize(begun))], options)
        [here] = await exact.choose([judged.continuing(exact.tokenize(begun))], options)
        assert there.options == here.options
        np.testing.assert_allclose(there.masses, here.masses, rtol=0.02, atol=1e-6)
        assert there.prompt_tokens == here.prompt_tokens


async def test_closing_a_call_closes_the_request(served: Served, remote: RemoteEngine):
    events = remote.generate([QUESTION], Sampling(max_tokens=900, temperature=1.0), n=4)
    async for _ in events:
        break
    async with httpx.AsyncClient(trust_env=False) as client:
        assert await running(client, served)
    await events.aclose()
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(60):
        while await running(client, served):  # noqa: ASYNC110  until the server has seen that nobody listens
            await asyncio.sleep(0.05)


async def running(client: httpx.AsyncClient, served: Served) -> float:
    """Return how many requests vLLM says it works on."""
    told = (await client.get(f"{served.address.root}/metrics")).text
    [line] = [line for line in told.splitlines() if line.startswith("vllm:num_requests_running{")]
    return float(line.rsplit(" ", 1)[1])


async def test_what_it_cannot_do_is_said(served: Served, remote: RemoteEngine):
    for impossible in (
        Sampling(max_tokens=8, top_h=0.4), Sampling(max_tokens=8, eta=0.01),
        Sampling(max_tokens=8, temperature_grid=(0.5,)),
    ):  # fmt: skip
        with pytest.raises(EngineError, match="leave it off"):
            await drawn(remote, QUESTION, impossible)
    with pytest.raises(ContextOverflow):
        await drawn(remote, Prompt.user("word " * vllm.CONTEXT), GREEDY)
    with pytest.raises(ContextOverflow):
        await drawn(remote, QUESTION, Sampling(max_tokens=vllm.CONTEXT))
    with pytest.raises(EngineError, match="inner states"):
        await remote.embed(["x"])


async def test_models_are_listed_and_a_wrong_key_is_refused(served: Served):
    assert await listed(served.address, vllm.KEY) == [vllm.NAME]
    for key, sentence in (("", "asks for a key"), ("wrong-key-x", "refuses the key")):
        with pytest.raises(EngineError, match=sentence) as refused:
            await listed(served.address, key)
        assert "wrong-key-x" not in str(refused.value)


def test_a_model_that_is_not_there_is_said_with_those_that_are(served: Served):
    with pytest.raises(EngineError, match=f"has no model other; it has {vllm.NAME}"):
        connected(replace(served.address, model="other"), vllm.KEY)
