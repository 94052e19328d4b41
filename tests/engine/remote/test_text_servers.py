"""Servers that speak text only, and do less than others: what they cannot do is seen, and the rest works."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import numpy as np
import pytest

from tests.engine.remote.asked import drawn
from tests.engine.remote.conftest import QUICK
from tests.engine.remote.fake import FULL, WORDS, Can, Fake
from webapp.engine.protocol import (
    EngineError,
    EngineEvent,
    EngineGone,
    Generated,
    Message,
    Prompt,
    Queued,
    Sampling,
    TokenBatch,
)
from webapp.engine.remote.address import Address
from webapp.engine.remote.client import Client
from webapp.engine.remote.connect import connected
from webapp.engine.remote.engine import RemoteEngine

ASKED = Prompt((Message("system", "Be brief."), Message("user", "Name a colour, an animal and a town.")))
GREEDY = Sampling(temperature=0.0, max_tokens=20)
HOT = Sampling(temperature=2.0, max_tokens=20, seed=5)
WHOLE = "".join(WORDS[:FULL])


@pytest.fixture
def fake() -> Iterator[Fake]:
    with Fake() as made:
        yield made


async def reach(fake: Fake, key: str = "") -> RemoteEngine:
    """Return an engine on the server, as it can do now."""
    return await asyncio.to_thread(connected, Address(fake.base), key, patience=QUICK)


async def test_all_that_text_can_carry(fake: Fake):
    fake.can = Can(continues=True)
    engine = await reach(fake)
    assert engine.info.capabilities == {"generate", "chat", "continue", "choose", "top_k"}
    assert "given texts" in engine.info.absent["score"]
    facts = engine.facts
    assert (facts.speech, facts.top, facts.many, facts.continues) == ("text", 20, True, "message")
    assert (facts.seeds, facts.truncations) == (True, {"top_k"})
    [text] = await drawn(engine, ASKED, GREEDY)
    assert (text.text, text.finish_reason) == (WHOLE, "eos")
    assert text.prompt_tokens > 0
    np.testing.assert_allclose(text.trace.logprob, -0.25)
    assert text.trace.top_logprobs.shape[1] == 10
    assert text.trace.entropy_is_lower_bound and (text.trace.entropy > 0).all()
    halves = [piece for piece in text.trace.pieces.values() if b"caf" in piece]
    assert halves == [b" caf\xc3"]  # the exact bytes of a token that splits a character
    assert "retokenised" in engine.info.record.kernel
    await engine.close()


async def test_a_message_that_has_begun_goes_on(fake: Fake):
    for can in (Can(continues=True), Can(template=True, strict=True)):
        fake.can = can
        engine = await reach(fake)
        [whole] = await drawn(engine, ASKED, GREEDY)
        said = whole.trace.ids.tolist()
        [rest] = await drawn(engine, ASKED.continuing(said[:3]), GREEDY)
        assert rest.text == whole.text.removeprefix("Blue, a")
        [after] = await drawn(engine, ASKED.continuing(engine.tokenize("Blue, a")), GREEDY)
        assert after.text == rest.text
        await engine.close()


async def test_no_log_probabilities_still_samples(fake: Fake):
    fake.can = Can(top=0, seeds=False)
    engine = await reach(fake)
    assert engine.info.capabilities == {"generate", "chat"}
    assert {"top_k", "choose", "score", "continue"} <= engine.info.absent.keys()
    texts = await drawn(engine, ASKED, HOT, n=3)
    assert len({text.text for text in texts}) > 1
    assert not any("seed" in body for body in fake.bodies[-1:])
    trace = texts[0].trace
    assert trace.logprob is None and trace.entropy is None and trace.top_ids is None
    assert trace.text()[0] == texts[0].text
    with pytest.raises(EngineError, match="tells no probabilities"):
        await engine.choose([ASKED], [["A"], ["B"]])
    with pytest.raises(EngineError, match="cannot go on"):
        await drawn(engine, ASKED.continuing(engine.tokenize("Blue")), GREEDY)
    with pytest.raises(EngineError, match="does not score"):
        await engine.score([ASKED], [[1]])
    await engine.close()


async def test_one_sample_a_request_where_more_are_refused(fake: Fake):
    fake.can = Can(many=False)
    engine = await reach(fake)
    texts = await drawn(engine, ASKED, HOT, n=3)
    seeds = [body["seed"] for body in fake.bodies[-3:]]
    assert sorted(seeds) == list(range(min(seeds), min(seeds) + 3))
    assert len({text.text for text in texts}) == 3
    await engine.close()


async def test_a_strict_server_is_asked_with_what_it_knows(fake: Fake):
    fake.can = Can(limit="max_completion_tokens", strict=True, top=5, usage=False)
    engine = await reach(fake)
    assert (engine.facts.limit, engine.facts.extras, engine.facts.top) == ("max_completion_tokens", {}, 5)
    [text] = await drawn(engine, ASKED, GREEDY)
    assert text.text == WHOLE
    with pytest.raises(EngineError, match="cannot do top-k or min-p"):
        await drawn(engine, ASKED, Sampling(max_tokens=4, top_k=3, min_p=0.1))
    await engine.close()


async def test_probabilities_after_the_temperature_are_not_the_models(fake: Fake):
    fake.can = Can(cooled=True)
    engine = await reach(fake)
    assert "top_k" not in engine.info.capabilities
    assert "after the temperature" in engine.info.absent["top_k"]
    [text] = await drawn(engine, ASKED, GREEDY)
    assert text.trace.logprob is None
    await engine.close()


async def test_options_are_read_from_the_next_token(fake: Fake):
    engine = await reach(fake)
    [chosen] = await engine.choose([ASKED], [["Blue", "blue"], ["w1"], ["Green"]])
    np.testing.assert_allclose(chosen.masses, np.exp([-0.25, -3.0, -np.inf]), rtol=1e-6)
    assert chosen.captured < 1
    await engine.close()


async def test_stop_strings_and_limits(fake: Fake):
    engine = await reach(fake)
    [cut] = await drawn(engine, ASKED, Sampling(temperature=0.0, max_tokens=20, stop=(" cat",)))
    assert (cut.text, cut.finish_reason) == ("Blue, a café", "stop")
    many = Sampling(temperature=0.0, max_tokens=20, stop=("1", "2", "3", "4", "5", " cat"))  # more than it takes
    [seen] = await drawn(engine, ASKED, many)
    assert (seen.text, seen.finish_reason) == ("Blue, a café", "stop")
    [short] = await drawn(engine, ASKED, Sampling(temperature=0.0, max_tokens=2))
    assert (short.text, short.finish_reason) == ("Blue,", "length")
    await engine.close()


async def test_a_broken_stream_goes_on_where_the_server_can(fake: Fake):
    fake.can = Can(continues=True)
    engine = await reach(fake)
    fake.can.break_after = 2
    [text] = await drawn(engine, ASKED, GREEDY)
    assert text.text == WHOLE
    await engine.close()


async def test_a_broken_stream_is_the_end_where_it_cannot(fake: Fake):
    engine = await reach(fake)
    fake.can.break_after = 2
    heard: list[str] = []
    with pytest.raises(EngineGone, match="cannot go on with a text that has begun"):
        async for event in engine.generate([ASKED], GREEDY):
            assert isinstance(event, TokenBatch)
            heard += event.trace.token_texts()
    assert "".join(heard) == "Blue,"
    await engine.close()


async def test_what_is_no_model_server_is_said(fake: Fake):
    for can, sentence in (
        (Can(answer="<html>"), "no answer of a model server"),
        (Can(answer="[1, 2]"), "no answer of a model server"),
        (Can(answer='{"data": [{"no": "id"}]}'), "no answer of a model server"),
        (Can(models=()), "has no model"),
        (Can(models=("a", "b")), "several models; add one behind a #: a, b"),
        (Can(limit="nothing"), "answers no chat"),
    ):
        fake.can = can
        with pytest.raises(EngineError, match=sentence):
            await reach(fake)
    with pytest.raises(EngineError, match="cannot be reached"):
        await asyncio.to_thread(connected, Address("http://127.0.0.1:9/v1"), patience=QUICK)


async def test_a_server_that_says_nothing_is_not_waited_for_once_nobody_wants_it():
    class NobodyWaits(Exception):
        pass

    told: list[str] = []

    def progress(sentence: str) -> None:
        told.append(sentence)
        if len(told) > 1:
            raise NobodyWaits

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address(f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
        with pytest.raises(NobodyWaits):
            await asyncio.to_thread(connected, address, progress=progress)
    assert told == [f"Asking {address.base} for its models."] * 2


async def test_a_key_goes_to_the_server_and_nowhere_else(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "from-the-environment")
    fake.can = Can(key="sesame-7Q")
    for key, sentence in (("", "asks for a key"), ("wrong-8R", "refuses the key")):
        with pytest.raises(EngineError, match=sentence) as refused:
            await reach(fake, key)
        assert key == "" or key not in str(refused.value)
    engine = await reach(fake, "sesame-7Q")
    await drawn(engine, ASKED, GREEDY)
    assert {headers["authorization"] for headers in fake.headers} == {"Bearer sesame-7Q"}
    fake.can = Can()
    open_engine = await reach(fake)
    assert "authorization" not in fake.headers[-1]
    assert "from-the-environment" not in str(fake.headers)
    assert "sesame-7Q" not in repr((engine.info, vars(engine)["facts"]))
    await engine.close()
    await open_engine.close()


async def test_no_more_texts_are_asked_for_than_fit_and_the_rest_is_told_where_it_waits(fake: Fake):
    asked = await reach(fake)
    engine = RemoteEngine(Client(Address(fake.base), "", QUICK), asked.facts, asked.vocabulary, max_batch=2)
    await asked.close()
    fake.can.hold.clear()

    async def call(events: list[EngineEvent], n: int) -> None:
        async for event in engine.generate([ASKED], HOT, n=n):
            events.append(event)

    first: list[EngineEvent] = []
    second: list[EngineEvent] = []
    tasks = [asyncio.create_task(call(first, 3)), asyncio.create_task(call(second, 1))]
    async with asyncio.timeout(20):
        while Queued(1) not in second:  # noqa: ASYNC110  the texts of the first call fill the gate, and one waits
            await asyncio.sleep(0.01)
    assert Queued(0) in first
    fake.can.hold.set()
    await asyncio.gather(*tasks)
    assert [sum(isinstance(event, Generated) for event in events) for events in (first, second)] == [3, 1]
    assert fake.most_at_once <= 2
    await engine.close()
