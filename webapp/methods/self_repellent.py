"""Self-repellent sampling: every further sample is drawn away from where the samples before it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from storage.records import Vote
from webapp.analysis.importance import estimate, unreliable
from webapp.analysis.vote import among, pooled
from webapp.engine.policies.settings import Repel
from webapp.engine.policies.weights import effective_size, shares
from webapp.methods._common import decided, tallied
from webapp.methods._signals import by_branch, record_each
from webapp.methods.interface import Answer, MethodParams, RunContext, Steered
from webapp.methods.registry import method
from webapp.tasks.question import Question

LOG_WEIGHT = "sum over the tokens of ln p - ln p': p what would have been drawn from, p' what was drawn from"
EFFECTIVE = "1 / sum of squared shares of the weights: how many plain samples the weighted ones are worth"


class SelfRepellentParams(MethodParams):
    """How strongly samples repel each other, and how far into the text."""

    samples: int = Field(
        8, ge=1, le=64, title="Samples", description="As many with repulsion as first drafts without."
    )
    temperature: float = Field(
        1.0, gt=0.0, le=5.0, title="Temperature", description="Of all samples; repulsion comes after it."
    )
    alpha: float = Field(
        1.0, ge=0.0, le=2.0, title="Alpha",
        description="Strength of the repulsion. 0: none. The higher, the more even the samples and the less their "
        "weights.",
    )  # fmt: skip
    epsilon: float = Field(
        0.5, ge=0.1, le=1.0, title="Epsilon",
        description="How many visits the model's own law counts for: the lower, the more a single visit repels.",
    )  # fmt: skip
    depth: int = Field(
        64, ge=1, le=4096, title="Depth", description="Tokens from the beginning on which samples repel each other.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip


@method(
    title="Self-repellent sampling",
    family="decode",
    paper="2305.05097",
    needs={"generate", "steer", "full_vocabulary"},
    faithful="variant",
    faithful_note="The paper's walk moves between the states of a graph and avoids those that it has visited too "
    "often. Here a state is the beginning of a text and a step is its next token, which is our design: kernel, "
    "prior, depth and their values are settings without a paper. Importance weights are exact for any of them.",
    cost="2 n samples of at most the longest text: n first drafts, and n that repel each other. These are stepped "
    "together, as a sample needs of those before it only what they said up to the same token.",
    reported="For walks on graphs: the variance of a share falls as 1 / alpha, and that of a learner that is driven "
    "by the walk as 1 / alpha^2. Nothing for language models.",
    unverified="The second rate is known to us from the abstract and from memory; numbers were not read. Whether "
    "weighted votes of these samples beat plain ones is not known for language models.",
)
async def self_repellent(run: RunContext, question: Question, p: SelfRepellentParams) -> Answer:
    """Draw samples in turn, and make each avoid what those before it said, in proportion to how overdone that is.

    Wherever earlier samples began in the same words, the model's probability of a token is lowered by how much more
    often than its share it was taken there, and raised for what was taken too seldom. In the long run every branch
    gets its share, with less left to chance: samples differ more at the same temperature.

    What repulsion changed is known exactly, token by token, so each sample has an importance weight, and the vote is
    of what the model itself would say. Beside it stand the plain vote, as many first drafts without repulsion, how
    many answers differ in either, and how many samples the weights are worth.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    run.doing("Drawing samples that repel each other")
    policy = Repel(p.alpha, p.epsilon, p.depth)
    steered = await run.steer(question.prompt(), policy, p.samples, role="draft", label="repelled", round=1)
    texts, log_weights = steered.texts, log_weights_of(steered)
    weights = by_branch(texts, shares(log_weights).tolist())
    await record_each(run, "log_weight", texts, log_weights, LOG_WEIGHT)
    # drafts and samples are grouped together, so that it is known which say the same
    answers, votes = await tallied(run, [*texts, *(draft.with_(branch=p.samples + draft.branch) for draft in drafts)])
    counted, plainly = (among(votes, range(first, first + p.samples)) for first in (0, p.samples))
    answer = decided(texts, answers, counted, weights)
    await _record(run, p, steered, log_weights, votes)
    return replace(answer, note=" ".join([*_notes(log_weights, counted, plainly), answer.note]).strip())


def log_weights_of(steered: Steered) -> list[float]:
    """Return ln p - ln p' of each sample; where nothing had been visited, both are the same."""
    total = [0.0] * len(steered.texts)
    for note in steered.notes:
        if note.kind == "repelled" and note.life is not None:
            total[note.life] += note.data["log_weight"]
    return total


def _notes(log_weights: Sequence[float], counted: Sequence[Vote], plainly: Sequence[Vote]) -> list[str]:
    without = next((vote.answer for vote in plainly if vote.winner), None)
    said = "" if without is None else f", which by majority say {without}"
    why = unreliable(log_weights) if len(log_weights) > 1 else ""
    return [
        f"Different answers: {len(counted)} with repulsion, {len(plainly)} in as many first drafts{said}.",
        *([f"Do not rely on the weights: {why}."] if why else []),
    ]


async def _record(
    run: RunContext, p: SelfRepellentParams, steered: Steered, log_weights: Sequence[float], votes: Sequence[Vote]
) -> None:
    """Keep the prefix tree with what every draw was made of, and every answer's share by weight and by count."""
    said = pooled(votes)
    samples = [
        {
            "branch": text.branch, "answer": said.get(text.branch), "log_weight": log_weight,
            "tokens": run.trace(text).token_texts()[: p.depth], "ids": run.trace(text).ids[: p.depth].tolist(),
            "draws": [{"index": note.index, **note.data} for note in steered.noted("repelled", life)],
        }
        for life, (text, log_weight) in enumerate(zip(steered.texts, log_weights, strict=True))
    ]  # fmt: skip
    await run.record_score(
        "effective_samples", effective_size(log_weights), how=EFFECTIVE,
        details={
            "alpha": p.alpha, "samples": samples, "drafts": [said.get(p.samples + i) for i in range(p.samples)],
            "answers": [_answer(vote, log_weights) for vote in votes],
        },
    )  # fmt: skip


def _answer(vote: Vote, log_weights: Sequence[float]) -> dict[str, Any]:
    """Return an answer's share by weight with its error, and how many samples and first drafts say it."""
    n = len(log_weights)
    share, error = estimate(log_weights, [float(branch in vote.branches) for branch in range(n)])
    repelled = sum(branch < n for branch in vote.branches)
    return {
        "answer": vote.answer, "share": share, "error": error, "repelled": repelled,
        "plain": len(vote.branches) - repelled,
    }  # fmt: skip
