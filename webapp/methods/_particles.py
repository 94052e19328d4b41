"""What the methods share that draw weighted particles: who is left, what they weigh, and the answer that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Literal, TypeAlias

from storage.records import Generation, Vote
from webapp.engine.policies.weights import effective_size, shares
from webapp.methods._common import decided, tallied
from webapp.methods._signals import by_branch, record_each
from webapp.methods.interface import Answer, RunContext, Steered

Concluding: TypeAlias = Literal["vote", "draw"]

SHARE = "share of the weight of all particles at the end; a text that stands for several has what they have together"
LOG_Z = "ln of the estimated normaliser: of the summed weight of all texts under the target"


@dataclass(frozen=True, slots=True)
class Population:
    """The particles at the end: their distinct texts with the share of each, and how it came to them.

    Attributes:
        texts: those that are left, each once, in the order of their places.
        shares: of the weight, by text; they sum to 1.
        counts: how many particles each text stands for.
        carried: [K] log-probabilities of each text, under as many laws as the policy follows.
        effective: how many equally weighted particles all of them are worth.
        log_z: the estimate of ln Z.

    """

    steered: Steered
    texts: Sequence[Generation]
    shares: Sequence[float]
    counts: Sequence[int]
    carried: Sequence[Sequence[float]]
    effective: float
    log_z: float

    @staticmethod
    def of(steered: Steered) -> Population:
        """Return what the policy noted when the last particle had ended."""
        [final] = (note.data for note in steered.noted("weights"))
        lives, weights = final["lives"], shares(final["log_weights"]).tolist()
        left = list(dict.fromkeys(lives))
        return Population(
            steered,
            [steered.texts[life] for life in left],
            [sum(w for w, other in zip(weights, lives, strict=True) if other == life) for life in left],
            [lives.count(life) for life in left],
            [final["carried"][lives.index(life)] for life in left],
            effective_size(final["log_weights"]),
            final["log_z"],
        )


async def concluded(run: RunContext, population: Population, how: Concluding) -> Answer:
    """Return the answer with most weight, or that of one text drawn by its weight; every text's share is recorded."""
    texts, weights = population.texts, by_branch(population.texts, population.shares)
    await record_each(run, "particle_share", texts, population.shares, SHARE)
    answers, counted = await tallied(run, texts)
    answer = decided(texts, answers, counted, weights)
    if how == "draw":
        answer = _drawn(run, population, answers, answer.votes)
    left = f"{len(texts)} texts" if len(texts) > 1 else "one text"
    worth = f"{population.effective:.1f} effective of {sum(population.counts)} particles, {left} at the end."
    return replace(answer, note=f"{worth} {answer.note}".strip())


def _drawn(
    run: RunContext, population: Population, answers: Mapping[int, str | None], votes: tuple[Vote, ...]
) -> Answer:
    """Take one text with the probability of its share: a sample of the target, as far as the particles are."""
    chance = run.chance("which particle")
    passed = next((i for i, sum_ in enumerate(accumulate(population.shares)) if sum_ > chance), -1)
    chosen = population.texts[passed]
    winner = next((vote.answer for vote in votes if vote.winner), None)
    said = "" if winner is None else f"The weighted vote says {winner}."
    return Answer(answers[chosen.branch], chosen, votes, f"Particle {chosen.branch + 1} was drawn. {said}".strip())


async def record(run: RunContext, population: Population, n: int, laws: Sequence[str], **about: Any) -> None:
    """Keep the estimate of ln Z with all that it was made of: every life, every resampling, the effective size."""
    steered = population.steered
    number = {text.id: life for life, text in enumerate(steered.texts)}
    lives = [
        {
            "generation": text.id, "place": text.branch, "start": len(text.prefix), "stop": len(run.trace(text)),
            "parent": next((number[parent] for parent in text.parents if parent in number), None),
            "pruned": text.finish_reason == "pruned",
        }
        for text in steered.texts
    ]  # fmt: skip
    [final] = steered.noted("weights")
    await run.record_score(
        "log_z", population.log_z, how=LOG_Z,
        details={
            "particles": n, "lives": lives, "sizes": final.data["sizes"], "effective": population.effective,
            "resamplings": [{"token": note.index, **note.data} for note in steered.noted("resampled")],
            "left": [
                {"life": number[text.id], "share": share, "count": count, "log_probabilities": list(carried)}
                for text, share, count, carried in zip(
                    population.texts, population.shares, population.counts, population.carried, strict=True
                )
            ],
            "laws": list(laws), **about,
        },
    )  # fmt: skip
