"""Self-certainty: rank samples by how far the model's distributions were from uniform ones, and vote by rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Literal, TypeAlias

from pydantic import Field

from storage.records import Generation, Vote
from webapp.analysis import confidence
from webapp.analysis.borda import points, ranks
from webapp.analysis.vote import pooled
from webapp.methods._common import decided, tallied
from webapp.methods._signals import Measure, by_branch, known, measured, record_each
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Select: TypeAlias = Literal["borda", "best"]

HOW = "mean over the tokens of KL(uniform || p) from all logits at temperature 1, in nats; higher is surer"
COMPANIONS: tuple[tuple[str, Measure, str], ...] = (
    ("mean_logprob", confidence.mean_logprob, "mean log-probability of the tokens, in nats; higher is surer"),
    ("perplexity", confidence.perplexity, "exp(-mean log-probability); lower is surer"),
    ("mean_entropy", confidence.mean_entropy, "mean entropy of the distributions, in nats; lower is surer"),
    ("gini", confidence.gini, "mean over the tokens of the sum of p^2; higher is surer"),
    ("distribution_perplexity", confidence.distribution_perplexity, "mean of exp(entropy); lower is surer"),
)
POINTS = "(N - rank + 1)^p: what the sample's answer gains; rank 1 is the most self-certain of N"
SHARE = "share of the points of all samples with an answer that went to the answer with most of them"


class SelfCertaintyParams(MethodParams):
    """How the surest samples decide."""

    samples: int = Field(8, ge=1, le=64, title="Samples", description="Answers that are drawn (paper: 4 to 64).")
    select: Select = Field(
        "borda", title="Decide by",
        description="borda: every sample votes, the surer ones count more. best: the surest sample alone answers.",
    )  # fmt: skip
    power: float = Field(
        0.3, ge=0.0, le=100.0, title="Power of the ranks (p)",
        description="0 is a plain vote, a large one is the surest sample alone. Paper: 0.3 up to 16 samples, "
        "1.2 from 32 on.",
    )  # fmt: skip


@method(
    title="Self-certainty",
    family="sample",
    paper="2502.18581",
    needs={"generate", "full_vocabulary"},
    faithful="full",
    faithful_note="Both selections as in the paper, all from the distributions that predicted the response's tokens "
    "(the authors' code is one token late). The paper samples at temperature 0.6 and top-p 0.9: set them for "
    "its conditions. Of the samples with the winning answer the surest is shown.",
    takes_inputs=True,
    cost="n calls: n samples of at most the longest text; scores come from what was recorded while they were drawn.",
    reported="Llama-3.1-8B-Instruct, mean accuracy over LiveBench-Math (8 and 32 samples), GSM8K, MATH and "
    "CRUXEval-O (8 and 64): greedy 46.02, perplexity 51.08, self-certainty 52.71, plain vote 56.15, Borda with "
    "p = 0.3: 56.48, with p = 1.2: 56.51.",
)
async def self_certainty(run: RunContext, question: Question, p: SelfCertaintyParams) -> Answer:
    """Draw several answers and trust those in which the model's next-token distributions were furthest from uniform.

    The score of a sample is the KL divergence of the uniform distribution from the model's, over the whole
    vocabulary, averaged over its tokens; its length hardly matters. For questions with an answer to read off, samples
    are ranked by it and their answers vote, rank r of N with (N - r + 1)^p points. Where no sample states an answer,
    the surest sample is taken. A sample without an answer keeps its rank but votes for none.

    No reward model is needed. Mean log-probability, perplexity, entropy, Gini impurity's complement (the sum of p^2)
    and distributional perplexity are recorded beside it for comparison. Gains over a plain vote are small.
    """
    run.doing("Sampling")
    drafts = await run.drafts(question)
    run.doing("Ranking")
    certainty = known(run, drafts, confidence.self_certainty, "self-certainty")
    standing = ranks(certainty)
    given = points(standing, p.power)
    answers, counted = await tallied(run, drafts)
    voted = decided(drafts, answers, counted, by_branch(drafts, given))
    await _record(run, drafts, certainty, given)
    answered = pooled(counted)
    ranking = [
        {"branch": d.branch, "self_certainty": c, "rank": r, "points": v, "answer": answered.get(d.branch)}
        for d, c, r, v in zip(drafts, certainty, standing, given, strict=True)
    ]
    await run.record_score(
        "borda_share",
        _share(voted.votes),
        how=SHARE,
        details={"power": p.power, "select": p.select, "ranking": ranking},
    )
    if p.select == "borda" and counted:
        return voted
    surest = _surest(drafts, answers, standing)
    return Answer(answers[surest.branch], surest, note=_note(drafts, counted, voted))


def _surest(drafts: Sequence[Generation], answers: Mapping[int, str | None], standing: Sequence[int]) -> Generation:
    """Return the first in rank among the samples with an answer, or among all where none states one."""
    order = [draft for _, draft in sorted(zip(standing, drafts, strict=True), key=lambda pair: pair[0])]
    return next((draft for draft in order if answers[draft.branch] is not None), order[0])


def _note(drafts: Sequence[Generation], counted: Sequence[Vote], voted: Answer) -> str:
    if len(drafts) == 1:
        return ""
    if not counted:
        return f"{voted.note} The most self-certain text stands."
    plain = next(vote.answer for vote in counted if vote.winner)
    return f"The most self-certain sample answers. Borda vote: {voted.value}. Plain majority: {plain}."


async def _record(
    run: RunContext, drafts: Sequence[Generation], certainty: Sequence[float], given: Sequence[float]
) -> None:
    await record_each(run, "self_certainty", drafts, certainty, HOW)
    for name, measure, how in COMPANIONS:
        await record_each(run, name, drafts, measured(run, drafts, measure), how)
    await record_each(run, "borda_points", drafts, given, POINTS)


def _share(votes: Sequence[Vote]) -> float | None:
    return max(vote.weight for vote in votes) / fsum(vote.weight for vote in votes) if votes else None
