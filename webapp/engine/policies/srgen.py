"""SRGen (2510.02919): where the entropy spikes, a vector learnt on the spot corrects that one token."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import torch
from torch import Tensor

from webapp.engine.policies.correction import Correction, correct, tempered_entropy
from webapp.engine.policies.settings import SRGen
from webapp.engine.policies.spikes import Spikes
from webapp.engine.sampling import Draw
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk

SHOWN = 10  # of the most probable tokens, before and after


@dataclass(slots=True)
class Text:
    """What is remembered of one text: its entropies, and the last hidden state [D] before each token it drew."""

    spikes: Spikes
    states: list[Tensor] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """A spike in a row, what was learnt there, and the seconds that took."""

    row: int
    threshold: float
    correction: Correction
    seconds: float


def walk(walk: Walk, policy: SRGen) -> Passes[None]:
    """Draw every token as usual, but from corrected logits where its entropy is a spike.

    A correction holds for that token alone: nothing of it enters the cache, and the token is not tested again.
    """
    yield from walk.read(states=True)
    texts = [Text(Spikes(policy)) for _ in walk.particles]
    while walk.running:
        found = yield from _corrections(walk, texts, policy)
        drawn = walk.draw(_corrected(walk.logits, found))
        _tell_spikes(walk, found, drawn)
        for row, particle in enumerate(walk.running):
            texts[particle.index].states.append(walk.states[row])
        walk.append(drawn)
        _tell_ended(walk, texts)
        yield from walk.advance()


def _corrections(walk: Walk, texts: list[Text], policy: SRGen) -> Passes[list[Found]]:
    """Learn a vector for each running text whose next token's entropy is a spike."""
    found = []
    for row, entropy in enumerate(tempered_entropy(walk.logits, _temperature(walk)).tolist()):
        spikes = texts[walk.running[row].index].spikes
        if spikes.see(entropy):
            began = time.monotonic()
            states, said = _before(walk, row, texts, policy.positions)
            correction = yield from correct(walk.head, walk.weight, states, said, policy, _temperature(walk))
            found.append(Found(row, spikes.thresholds[-1], correction, time.monotonic() - began))
    return found


def _before(walk: Walk, row: int, texts: list[Text], most: int) -> tuple[Tensor, Tensor]:
    """Return the last states [M + 1, D] of prompt and text, and the tokens [M] that all but the last predict."""
    particle, track = walk.running[row], walk.tracks[0]
    own = torch.stack([*texts[particle.index].states, walk.states[row]])
    states = torch.cat([track.prompt_states[:-1], own])
    said = torch.tensor([*track.ids, *particle.ids][1:], dtype=torch.long, device=states.device)
    return (states[-most - 1 :], said[-most:]) if most else (states, said)


def _corrected(logits: Tensor, found: list[Found]) -> Tensor:
    if not found:
        return logits
    logits = logits.clone()
    for each in found:
        logits[each.row] = each.correction.logits
    return logits


def _tell_spikes(walk: Walk, found: list[Found], drawn: Draw) -> None:
    """Note each correction, with the token drawn after it and the one that the same noise picks without it."""
    otherwise = walk.draw() if found else drawn
    for each in found:
        pair = torch.stack([walk.logits[each.row], each.correction.logits])
        entropy, corrected = tempered_entropy(pair, _temperature(walk)).tolist()
        before, after = (_likeliest(walk, logits) for logits in pair)
        evidence = {
            "entropy": entropy, "threshold": each.threshold, "corrected": corrected, "before": before, "after": after,
            "norm": float(each.correction.delta.norm()), "losses": each.correction.losses, "seconds": each.seconds,
            "token": walk.text(int(drawn.ids[each.row])), "otherwise": walk.text(int(otherwise.ids[each.row])),
        }  # fmt: skip
        walk.note("spike", evidence, walk.running[each.row])


def _tell_ended(walk: Walk, texts: list[Text]) -> None:
    for particle in walk.running:
        if particle.ended is not None:
            spikes = texts[particle.index].spikes
            walk.note("watched", {"entropies": spikes.entropies, "thresholds": spikes.thresholds}, particle)


def _likeliest(walk: Walk, logits: Tensor) -> list[tuple[str, float]]:
    shares, ids = torch.softmax(logits / _temperature(walk), dim=-1).topk(min(SHOWN, logits.shape[-1]))
    return [(walk.text(token), share) for token, share in zip(ids.tolist(), shares.tolist(), strict=True)]


def _temperature(walk: Walk) -> float:
    return walk.sampling.temperature or 1.0  # greedy drawing has none, so its entropies are those of the raw model
