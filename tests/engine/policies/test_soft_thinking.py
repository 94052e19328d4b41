"""Soft thinking: what is mixed, when a text leaves its thinking, and that the cache holds what was thought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.engine.small import SHORT, small
from tests.engine.steered import notes, steered, texts
from tests.models import tiny
from webapp.engine.policies.mixtures import filtered, mixed, of_draws
from webapp.engine.policies.settings import SoftThinking
from webapp.engine.policies.soft_thinking import Mind
from webapp.engine.protocol import SteerEvent, TokenBatch

# Methods' vectors.
LOGITS = torch.tensor([[2.1, -0.3, 0.7, 0.0, -1.2, 0.4, -0.8, 1.5]], dtype=torch.float64)
EMBEDDINGS = torch.tensor(
    [
        [0.1, 0.2, -0.3], [0.4, -0.1, 0.5], [-0.6, 0.3, 0.2], [0.0, 0.7, -0.2],
        [0.5, 0.5, 0.1], [-0.3, -0.4, 0.6], [0.8, 0.0, -0.5], [-0.1, 0.9, 0.3],
    ],
    dtype=torch.float64,
)  # fmt: skip
NOTHING_LEFT_OUT = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "widest": 8}
POLICY = SoftThinking("", (70, 71))
DRAWN = {"temperature": 0.8, "max_tokens": 20, "seed": 2, "alternatives": 20}


@pytest.mark.parametrize(
    ("settings", "entropy", "ids", "shares", "vector"),
    [
        (
            {"temperature": 0.6, "top_k": 5, "top_p": 0.95, "min_p": 0.001, "widest": 3}, 1.09175983514, [0, 7, 2],
            [0.682663097316, 0.251137718749, 0.0661991839351], [0.00343302749562, 0.382416321518, -0.116217776783],
        ),
        (
            {"temperature": 1.0, "top_k": 8, "top_p": 0.8, "min_p": 0.1, "widest": 10}, 1.58821009183, [0, 7, 2, 5],
            [0.505537627809, 0.277444932625, 0.124664044176, 0.0923533953895],
            [-0.079695175604, 0.351265820022, 0.0119170375136],
        ),
    ],
)  # fmt: skip
def test_a_mixture_is_what_the_filters_leave(
    settings: dict[str, float], entropy: float, ids: list[int], shares: list[float], vector: list[float]
) -> None:
    found = filtered(LOGITS, replace(POLICY, **settings))
    kept = found.shares[0] > 0
    assert found.entropy.item() == pytest.approx(entropy, abs=1e-9)
    assert found.ids[0][kept].tolist() == ids
    assert found.shares[0][kept].tolist() == pytest.approx(shares, abs=1e-9)
    assert mixed(found.shares, EMBEDDINGS[found.ids])[0].tolist() == pytest.approx(vector, abs=1e-9)


def test_with_nothing_left_out_it_is_the_continuous_token_of_cot2() -> None:
    found = filtered(LOGITS, replace(POLICY, **NOTHING_LEFT_OUT))
    z = mixed(found.shares, EMBEDDINGS[found.ids])[0].tolist()
    assert z == pytest.approx([-0.0257961446139, 0.345977057886, 0.00903015089948], abs=1e-9)


def test_drawn_tokens_are_mixed_evenly() -> None:
    found = of_draws(LOGITS, torch.tensor([[0, 7, 0]]), replace(POLICY, temperature=1.0))
    assert (found.ids[0, :2].tolist(), found.shares[0].tolist()) == ([0, 7], pytest.approx([2 / 3, 1 / 3, 0]))
    z = mixed(found.shares, EMBEDDINGS[found.ids])[0].tolist()
    assert z == pytest.approx([0.0333333333333, 0.433333333333, -0.1], abs=1e-9)


def test_of_equal_shares_the_more_probable_token_is_shown() -> None:
    found = of_draws(LOGITS, torch.tensor([[4, 7, 2]]), POLICY)
    assert found.ids[0].tolist() == [7, 2, 4]


def test_a_row_of_sure_steps_ends_the_thinking() -> None:
    mind = Mind(replace(POLICY, cold=0.1, patience=3))
    ways = []
    for entropy in (0.0, 0.05, 0.2, 0.0, 0.1, 0.05, 0.05, 0.0, 9.0):
        ways.append(mind.way(entropy))
        if ways[-1] == "think":
            assert not mind.think(b"x", {})
        elif ways[-1] == "close":
            mind.closing.pop(0)
    assert ways == ["think"] * 7 + ["close"] * 2
    assert [step["cold"] for step in mind.steps] == [1, 2, 0, 1, 0, 1, 2]
    assert mind.left == "cold" and mind.way(0.0) == "answer" and mind.cold == 1


def test_so_does_the_longest_thinking_even_where_nothing_closes_it() -> None:
    mind = Mind(replace(POLICY, closing=(), longest=2))
    for _ in range(2):
        assert mind.way(1.0) == "think"
        mind.think(b"x", {})
    assert (mind.way(1.0), mind.left) == ("answer", "longest")


@pytest.mark.parametrize("pieces", [[b"So. An", b"swer", b": 4"], [b"Answer:"], [b"Answer", b":"]])
def test_the_marker_may_be_spelled_by_several_tokens(pieces: list[bytes]) -> None:
    mind = Mind(replace(POLICY, marker="Answer:"))
    assert [mind.think(piece, {}) for piece in [b"Answe", b"d ", *pieces]] == [False] * (1 + len(pieces)) + [True]
    assert (mind.left, mind.closing) == ("marker", [])


def by_numpy(logits: NDArray[np.float64], policy: SoftThinking) -> dict[int, float]:
    """The rules once more, token by token."""
    p = np.exp(logits / policy.temperature - np.logaddexp.reduce(logits / policy.temperature))
    best = sorted(range(len(p)), key=lambda i: -p[i])[: policy.top_k]
    shares = {i: p[i] / sum(p[j] for j in best) for i in best}
    kept, mass = [], 0.0
    for i in best:
        if mass < policy.top_p:
            kept.append(i)
        mass += shares[i]
    whole = sum(shares[i] for i in kept)
    kept = [i for i in kept if shares[i] / whole >= policy.min_p * shares[best[0]] / whole][: policy.widest]
    return {i: float(shares[i] / sum(shares[j] for j in kept)) for i in kept}


def rows_of(events: Sequence[SteerEvent], life: int = 0) -> list[str]:
    batches = [e for e in events if isinstance(e, TokenBatch) and e.sample == life]
    return [origin for e in batches for origin in (e.origins or ["model"] * len(e.trace))]


@torch.inference_mode()
def check_by_vectors(events: Sequence[SteerEvent], prompt: Sequence[int], policy: SoftThinking) -> None:
    """Read the whole text again in float64, mixtures as vectors, and compare what follows each of them."""
    model = tiny.model().double()
    embed = model.get_input_embeddings()
    [text] = texts(events)
    trace, origins = text.trace, rows_of(events)
    vectors, steps = [*embed(torch.tensor(prompt))], iter(notes(events, "thinking")[0].data["steps"])
    said = b""
    for at, (token, origin) in enumerate(zip(trace.ids.tolist(), origins, strict=True)):
        logits = model(inputs_embeds=torch.stack(vectors)[None]).logits[0, -1]
        logp = logits.log_softmax(-1)
        assert trace.logprob[at] == pytest.approx(float(logp[token]), abs=1e-4)
        assert trace.entropy[at] == pytest.approx(float(-(logp.exp() * logp).sum()), abs=1e-4)
        vector = embed(torch.tensor(token))
        if origin == "soft":
            expected, step = by_numpy(logits.numpy(), policy), next(steps)
            said += trace.pieces[token]
            assert token == next(iter(expected)) and trace.candidates[at] == len(expected)
            assert [share for _, share in step["mixture"]] == pytest.approx(list(expected.values()), abs=1e-4)
            if not policy.marker or policy.marker.encode() not in said:
                vector = sum((share * embed(torch.tensor(i)) for i, share in expected.items()), torch.zeros(()))
        vectors.append(vector)
    assert next(steps, None) is None


async def test_the_cache_holds_what_was_thought_and_the_answer_follows_on_it() -> None:
    policy = replace(POLICY, longest=7, top_k=30, temperature=0.3)
    async with small() as engine:
        events = await steered(engine, policy, SHORT, **DRAWN)
        check_by_vectors(events, engine.chat.ids(SHORT), policy)
    assert rows_of(events) == ["soft"] * 7 + ["injected"] * 2 + ["model"] * 11
    [text], [note] = texts(events), notes(events, "thinking")
    assert text.trace.ids[7:9].tolist() == [70, 71] and text.trace.candidates[7:9].tolist() == [0, 0]
    assert np.isnan(text.trace.sampled_logprob).tolist() == [True] * 9 + [False] * 11
    assert (note.data["left"], note.data["aborted"], len(note.data["steps"])) == ("longest", False, 7)
    assert text.trace.candidates[0] == len(note.data["steps"][0]["mixture"]) > 1


async def test_the_marker_is_read_as_the_token_that_it_is() -> None:
    async with small() as engine:
        [longer] = texts(await steered(engine, POLICY, SHORT, **DRAWN))
        shown = [longer.trace.token_bytes(i) for i in range(20)]
        first = next(i for i in range(2, 20) if shown[i].isascii() and shown[i] not in shown[:i]) + 1
        marker = shown[first - 1].decode()
        policy = replace(POLICY, marker=marker)
        events = await steered(engine, policy, SHORT, **DRAWN)
        check_by_vectors(events, engine.chat.ids(SHORT), policy)
    assert rows_of(events) == ["soft"] * first + ["model"] * (20 - first)
    assert notes(events, "thinking")[0].data["left"] == "marker"


async def test_an_answer_that_stays_sure_for_too_long_is_ended() -> None:
    policy = replace(POLICY, cold=100.0, patience=4)
    async with small() as engine:
        events = await steered(engine, policy, SHORT, **DRAWN)
    [text], [note] = texts(events), notes(events, "thinking")
    assert rows_of(events) == ["soft"] * 3 + ["injected"] * 2 + ["model"] * 4
    assert text.finish_reason == "stop"
    assert (note.data["left"], note.data["aborted"]) == ("cold", True)
    assert [step["cold"] for step in note.data["steps"]] == [1, 2, 3]


async def test_a_text_may_end_while_it_thinks() -> None:
    async with small() as engine:
        [longer] = texts(await steered(engine, POLICY, SHORT, **DRAWN))
        last = int(longer.trace.ids[5])
        engine.chat.end_ids = frozenset({last})
        events = await steered(engine, POLICY, SHORT, **DRAWN)
    [text] = texts(events)
    assert (text.finish_reason, int(text.trace.ids[-1]), set(rows_of(events))) == ("eos", last, {"soft"})
    assert notes(events, "thinking")[0].data["left"] is None


async def test_a_model_that_would_end_the_text_can_be_asked_for_its_answer() -> None:
    async with small() as engine:
        [longer] = texts(await steered(engine, POLICY, SHORT, **DRAWN))
        engine.chat.end_ids = frozenset({int(longer.trace.ids[5])})
        first = longer.trace.ids.tolist().index(longer.trace.ids[5])
        policy = replace(POLICY, insists=True)
        events = await steered(engine, policy, SHORT, **DRAWN)
        check_by_vectors(events, engine.chat.ids(SHORT), policy)
    assert rows_of(events)[: first + 3] == ["soft"] * first + ["injected"] * 2 + ["model"]
    assert notes(events, "thinking")[0].data["left"] == "end"


async def test_texts_think_and_answer_each_in_its_own_time() -> None:
    policy = replace(POLICY, draws=3, longest=6, temperature=1.0)
    async with small() as engine:
        together = await steered(engine, policy, SHORT, 3, **DRAWN)
        again = await steered(engine, policy, SHORT, 3, **DRAWN)
        alone = await steered(engine, policy, SHORT, first_sample=2, **DRAWN)
    said = [text.trace.ids.tolist() for text in texts(together)]
    assert said == [text.trace.ids.tolist() for text in texts(again)]
    assert said[2] == texts(alone)[0].trace.ids.tolist() and len({tuple(ids) for ids in said}) == 3
    for note in notes(together, "thinking"):
        shares = [share for step in note.data["steps"] for _, share in step["mixture"]]
        assert all(3 * share == pytest.approx(round(3 * share), abs=1e-5) for share in shares)
        assert all(sum(s for _, s in step["mixture"]) == pytest.approx(1) for step in note.data["steps"])


async def test_one_drawn_token_is_an_ordinary_step() -> None:
    async with small() as engine:
        events = await steered(engine, replace(POLICY, draws=1, longest=5), SHORT, **DRAWN)
        ids = texts(events)[0].trace.ids.tolist()
        [scored] = await engine.score([SHORT], [ids])
    np.testing.assert_allclose(texts(events)[0].trace.logprob, scored.logprob, atol=1e-4)
    assert all(len(step["mixture"]) == 1 for step in notes(events, "thinking")[0].data["steps"])
