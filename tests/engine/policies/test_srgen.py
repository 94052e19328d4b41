"""SRGen: where a text's entropy spikes, what is learnt there, and that it touches one token alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.engine.asking import samples
from tests.engine.small import SHORT, small
from tests.engine.steered import notes, steered, teacher_forced, texts
from tests.models import tiny
from webapp.engine.head import Head
from webapp.engine.local import LocalEngine
from webapp.engine.policies.correction import Correction, correct
from webapp.engine.policies.settings import SRGen
from webapp.engine.policies.spikes import Spikes
from webapp.engine.projection import packs
from webapp.engine.protocol import Prompt

# Methods' vectors: entropy, threshold, and whether it fires, for N = 5, K = 2.
ROWS = [
    (0.4, 3.0, False), (0.9, 3.0, False), (0.2, 3.0, False), (1.1, 3.0, False), (0.6, 3.0, False), (0.3, 1.8, False),
    (2.4, 1.8, True), (0.5, 2.71666357452, False), (1.9, 2.6735170504, False), (0.8, 3.02997354479, False),
    (3.6, 3.02065205837, True), (0.7, 4.34838593522, False),
]  # fmt: skip
DRAWN = {"temperature": 0.8, "max_tokens": 30, "seed": 2}
EAGER = SRGen(window=4, factor=0.1, least_deviation=0.01, least_threshold=0.0, rate=0.1, balance=0.95)


def test_the_threshold_moves_with_the_last_entropies() -> None:
    spikes = Spikes(SRGen(window=5, factor=2.0))
    fired = [spikes.see(entropy) for entropy, _, _ in ROWS]
    assert fired == [fires for *_, fires in ROWS]
    assert spikes.thresholds == pytest.approx([threshold for _, threshold, _ in ROWS], abs=1e-9)
    assert spikes.entropies == [entropy for entropy, *_ in ROWS], "a spike stays in the window"


def test_a_text_has_no_more_corrections_than_it_may_have() -> None:
    spikes = Spikes(SRGen(window=50, before=1.0, most=2))
    assert [spikes.see(2.0) for _ in range(4)] == [True, True, False, False]


@pytest.fixture
def head() -> Head:
    """A projection with all the scalings there are, in float64."""
    made = Head(tiny.model().double(), "plain")
    made.scale, made.cap = 0.9, 3.0
    return made


def carried_out(head: Head, states: Tensor, said: Tensor, policy: SRGen, temperature: float, size: int) -> Correction:
    """Run the passes to their end, as the model's thread would."""
    with torch.inference_mode():
        passes = correct(head, head.weight(), states, said, policy, temperature)
        next(passes)
        while True:
            try:
                passes.send(size)
            except StopIteration as done:
                found: Correction = done.value
                return found


def by_the_book(head: Head, states: Tensor, said: Tensor, policy: SRGen, temperature: float) -> Tensor:
    """The pseudocode of the method: the vector added to every state, and AdamW written out."""
    delta, first, second = torch.zeros(states.shape[1], dtype=states.dtype), 0.0, 0.0
    for step in range(1, policy.steps + 1):
        moved = delta.clone().requires_grad_()
        logits = head.finish((states + moved) @ head.weight().T)
        ce = torch.nn.functional.cross_entropy(logits[:-1], said) if len(said) else logits.new_zeros(())
        p = torch.softmax(logits[-1] / temperature, -1)
        loss = (1 - policy.balance) * ce - policy.balance * (p * p.log()).sum()
        loss.backward()
        gradient = moved.grad
        assert gradient is not None
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        delta = delta * (1 - policy.rate * 1e-8)
        mean, root = first / (1 - 0.9**step), (second / (1 - 0.999**step)).sqrt()
        delta = delta - policy.rate * mean / (root + 1e-5)
    return delta


@pytest.mark.parametrize("before", [0, 1, 40])
@pytest.mark.parametrize("size", [7, 1000])
def test_the_vector_is_that_of_the_pseudocode(head: Head, before: int, size: int) -> None:
    torch.manual_seed(0)
    states, said = torch.randn(before + 1, head.width).double(), torch.randint(0, head.vocabulary, (before,))
    policy = SRGen(steps=5, rate=0.05, balance=0.3)
    found = carried_out(head, states, said, policy, 0.6, size)
    expected = by_the_book(head, states, said, policy, 0.6)
    np.testing.assert_allclose(found.delta.numpy(), expected.numpy(), atol=1e-10)
    logits = head.finish((states[-1] + expected) @ head.weight().T)
    np.testing.assert_allclose(found.logits.numpy(), logits.detach().numpy(), atol=1e-9)


def test_both_losses_are_told_before_each_step_and_after_the_last(head: Head) -> None:
    torch.manual_seed(0)
    states, said = torch.randn(9, head.width).double(), torch.randint(0, head.vocabulary, (8,))
    policy = SRGen(steps=2, rate=0.05, balance=0.3)
    for steps, (fit, entropy) in enumerate(carried_out(head, states, said, policy, 0.6, 3).losses):
        delta = by_the_book(head, states, said, SRGen(steps=steps, rate=0.05, balance=0.3), 0.6)
        logits = head.finish((states + delta) @ head.weight().T)
        assert fit == pytest.approx(float(torch.nn.functional.cross_entropy(logits[:-1], said).detach()))
        logp = torch.log_softmax(logits[-1] / 0.6, -1)
        assert entropy == pytest.approx(float(-(logp.exp() * logp).sum().detach()))


@pytest.mark.skipif(not packs(), reason="this build of PyTorch has no kernels for packed weights: not an x86 CPU")
def test_a_packed_projection_gives_its_weights_back() -> None:
    head = Head(tiny.model().half().float(), "packed")
    states = torch.randn(3, head.width)
    np.testing.assert_allclose((states @ head.weight().T).numpy(), head.product(states).numpy(), atol=1e-5)


async def test_where_nothing_spikes_the_text_is_the_plain_one() -> None:
    async with small() as engine:
        plain = await samples(engine, SHORT, n=3, **DRAWN)
        never = await steered(engine, SRGen(before=100.0, least_threshold=100.0), SHORT, 3, **DRAWN)
    assert [t.trace.ids.tolist() for t in texts(never)] == [t.trace.ids.tolist() for t in plain]
    assert not notes(never, "spike")
    for note, text in zip(notes(never, "watched"), texts(never), strict=True):
        assert note.data["entropies"] == pytest.approx(text.trace.sampled_entropy.tolist(), abs=1e-4)
        assert note.data["thresholds"] == [100.0] * 30


async def test_a_correction_makes_the_next_token_surer_and_touches_no_other() -> None:
    async with small() as engine:
        events = await steered(engine, EAGER, SHORT, 2, alternatives=20, **DRAWN)
        model = tiny.model().double()
        for text in texts(events):
            spikes = [note for note in notes(events, "spike") if note.life == text.sample]
            assert 3 < len(spikes) <= 20
            assert all(note.data["corrected"] < note.data["entropy"] for note in spikes)
            at, trace = [note.index for note in spikes], text.trace
            # The raw numbers of every token, also behind a correction, are those of a model that knows of none.
            raw = teacher_forced(model, engine.chat.ids(SHORT), trace.ids.tolist())
            ids = torch.tensor(trace.ids.tolist())[:, None]
            np.testing.assert_allclose(trace.logprob, raw.gather(1, ids)[:, 0], atol=1e-4)
            plain = (raw / 0.8).log_softmax(-1).gather(1, ids)[:, 0].numpy()
            moved = np.flatnonzero(np.abs(trace.sampled_logprob - plain) > 1e-4)
            assert set(moved.tolist()) <= set(at) and len(moved) > len(at) / 2
            for note in spikes:
                assert note.data["entropy"] > note.data["threshold"]
                shares = dict(note.data["after"])
                if note.data["token"] in shares and note.data["token"] != "\ufffd":  # bytes that spell no character
                    told = np.log(shares[note.data["token"]])
                    assert trace.sampled_logprob[note.index] == pytest.approx(told, abs=1e-4)
                assert note.data["corrected"] == pytest.approx(trace.sampled_entropy[note.index], abs=1e-4)


async def test_behind_a_correction_the_text_goes_on_as_a_plain_one() -> None:
    once = replace(EAGER, before=99.0, rate=3.0, most=1)
    async with small() as engine:
        [plain] = await samples(engine, SHORT, **DRAWN)
        events = await steered(engine, once, SHORT, **DRAWN)
        [text], [spike] = texts(events), notes(events, "spike")
        ids = text.trace.ids.tolist()
        assert ids[: spike.index] == plain.trace.ids[: spike.index].tolist()
        assert ids != plain.trace.ids.tolist() and spike.data["token"] != spike.data["otherwise"]
        assert spike.data["otherwise"] == engine.piece(int(plain.trace.ids[spike.index])).decode(errors="replace")
        rest = DRAWN | {"max_tokens": 29 - spike.index}
        [same] = await samples(engine, SHORT.continuing(ids[: spike.index + 1]), **rest)
    assert ids[spike.index + 1 :] == same.trace.ids.tolist()


async def test_each_text_is_watched_by_itself() -> None:
    async with small() as engine:
        together = await steered(engine, EAGER, SHORT, 3, **DRAWN)
        for place, text in enumerate(texts(together)):
            alone = await steered(engine, EAGER, SHORT, first_sample=place, **DRAWN)
            assert texts(alone)[0].trace.ids.tolist() == text.trace.ids.tolist()
            mine = [note.index for note in notes(together, "spike") if note.life == place]
            assert mine == [note.index for note in notes(alone, "spike")]


@pytest.mark.parametrize("most", [0, 5])
async def test_fewer_positions_may_be_held_to_what_was_said(most: int) -> None:
    policy = SRGen(before=0.0, most=1, positions=most, rate=0.1)
    async with small() as engine:
        events = await steered(engine, policy, SHORT, **DRAWN | {"max_tokens": 1})
        prompt = engine.chat.ids(SHORT)
    [spike] = notes(events, "spike")
    kept = most or len(prompt) - 1
    surprise = -teacher_forced(tiny.model().double(), prompt[:1], prompt[1:])
    expected = surprise.gather(1, torch.tensor(prompt[1:])[:, None])[-kept:].mean()
    assert spike.data["losses"][0][0] == pytest.approx(float(expected), abs=1e-4)


async def test_greedy_drawing_is_corrected_too() -> None:
    async with small() as engine:
        events = await steered(engine, EAGER, SHORT, **DRAWN | {"temperature": 0.0})
    assert notes(events, "spike") and all(n.data["corrected"] < n.data["entropy"] for n in notes(events, "spike"))


@pytest.mark.parametrize("balance", [0.05, 0.5])
async def test_the_embedded_model_is_surer_where_it_hesitated(engine: LocalEngine, balance: float) -> None:
    prompt = Prompt.user("Name a thing that nobody expects in a kitchen, and say why.")
    policy = SRGen(before=2.5, most=2, balance=balance)
    spikes = notes(await steered(engine, policy, prompt, max_tokens=12, temperature=1.0, seed=4), "spike")
    assert len(spikes) == 2
    for spike in spikes:
        mixes = [(1 - balance) * fit + balance * entropy for fit, entropy in spike.data["losses"]]
        assert len(mixes) == 4 and mixes[-1] < mixes[0] and 0 < spike.data["norm"] < 1
        assert len(spike.data["before"]) == len(spike.data["after"]) == 10
        if balance == 0.5:  # with the authors' 0.05 what was said may outweigh it
            assert spike.data["corrected"] < spike.data["entropy"] - 0.1
