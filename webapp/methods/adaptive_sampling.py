"""Adaptive sampling: draw one sample after another until the model expects no better one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.analysis.adaptive import approaching, best, halving, ranking_threshold
from webapp.methods._common import plain_majority
from webapp.methods._self_evaluation import NO_YES, START_OVER, no_better
from webapp.methods.interface import Answer, CannotGoOn, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Schedule: TypeAlias = Literal["halving", "exponential", "constant"]
Rule: TypeAlias = Literal["threshold", "rank"]

FEWEST = 20  # earlier scores, below which a rank among them says little
SCORE = "p_no_better"

SAVED = "(most samples - samples drawn) x mean tokens of those drawn: an estimate of what was not generated"


class AdaptiveSamplingParams(MethodParams):
    """When to stop, and how hot the samples are drawn."""

    samples: int = Field(16, ge=1, le=64, title="Most samples", description="Drawn where nothing stops it earlier.")
    stop: Rule = Field(
        "threshold", title="Stop by",
        description="threshold: the probability below. rank: sample i stops where its score is above the "
        "1 - 1/(i + 1) quantile of the scores on other questions, from earlier runs of this method and model.",
    )  # fmt: skip
    threshold: float = Field(
        0.5, ge=0.0, le=1.0, title="Stop at",
        description="Probability that starting over would not be better at which drawing stops: lower is cheaper. "
        "Of an untrained model it is not calibrated; the paper's value is not known to us.",
    )  # fmt: skip
    batch: int = Field(
        1, ge=1, le=16, title="Drawn at once", description="Samples between two decisions; all of them are judged."
    )
    schedule: Schedule = Field(
        "halving", title="Temperature schedule",
        description="halving: the coolest first, then 0.5, 0.75, 0.875... exponential: from the coolest towards the "
        "hottest. constant: the temperature above, so the same samples as other methods. The paper's is not known.",
    )  # fmt: skip
    coolest: float = Field(
        0.1, ge=0.0, le=5.0, title="Coolest", description="Temperature of the first sample, unless it is constant."
    )
    hottest: float = Field(
        1.0, ge=0.0, le=5.0, title="Hottest", description="What the exponential schedule goes towards."
    )
    kappa: float = Field(
        2.0, gt=0.0, le=100.0, title="Slowness",
        description="Samples in which the exponential schedule's distance to the hottest shrinks e-fold.",
        json_schema_extra={"unit": "samples"},
    )  # fmt: skip


@method(
    title="Adaptive sampling",
    family="sample",
    paper="2410.02725",
    needs={"generate", "choose"},
    faithful="prompted emulation",
    faithful_note="The paper trains the model to predict whether it would do better; here an untrained one is asked, "
    "and its Yes and No are not calibrated. We know the procedure from the abstract: the wording, the threshold and "
    "the constants of the temperature schedules are settings of ours.",
    cost="s calls for s samples drawn, 1 <= s <= n, and s more that generate nothing; at most n answers' tokens.",
    reported="A trained Llama-3.1-8B: AlpacaEval win rate against GPT-4 from 21 % to 34 % with 16 samples, GSM8K "
    "from 84 % to 91 %; 74 % of the gain with 1.2 samples on average.",
    unverified="The figures are from the abstract. The prompt, the threshold and the constants of the temperature "
    "schedule are not known to us.",
)
async def adaptive_sampling(run: RunContext, question: Question, p: AdaptiveSamplingParams) -> Answer:
    """Draw samples one by one, ask after each whether starting over would be better, and stop when it would not.

    The odds of No against Yes score a sample; one that reaches the threshold ends the drawing, and the best sample
    so far is the answer, the earliest of equals. The first sample is drawn almost greedily and later ones hotter,
    so that a question which needs no search costs one careful answer. What stopping early saved is recorded.

    The paper's model is trained for this prediction and reaches most of the gain of 16 samples with 1.2 on average.
    An untrained model says much the same of every answer: set the threshold by what you see, or stop by rank, where
    the scores on other questions decide what counts as high.
    """
    drawn: list[Generation] = []
    scores: list[float] = []
    bar = await _bar(run, p)
    while len(drawn) < p.samples and not any(_ends(p, score, bar(i)) for i, score in enumerate(scores)):
        run.doing(f"Drawing sample {len(drawn) + 1} of at most {p.samples}")
        numbers = range(len(drawn), min(len(drawn) + p.batch, p.samples))
        fresh = await asyncio.gather(*(_draw(run, question, p, number) for number in numbers))
        drawn += fresh
        scores += await asyncio.gather(*(_judge(run, question, text) for text in fresh))
    await _record_saving(run, p, drawn, scores, bar)
    chosen = drawn[best(scores)]
    note = f"{len(drawn)} of at most {p.samples} samples drawn. {await plain_majority(run, drawn)}".strip()
    return Answer(await asyncio.to_thread(run.extract, chosen.text), chosen, note=note)


def temperature_of(p: AdaptiveSamplingParams, number: int) -> float:
    """Return the temperature of sample 0, 1, ..."""
    match p.schedule:
        case "halving":
            return halving(number + 1, p.coolest)
        case "exponential":
            return approaching(number + 1, p.coolest, p.hottest, p.kappa)
        case "constant":
            return p.temperature


def _ends(p: AdaptiveSamplingParams, score: float, bar: float) -> bool:
    """Say whether a score ends the drawing: it reaches the threshold, or stands above the quantile."""
    return score > bar if p.stop == "rank" else score >= bar


async def _bar(run: RunContext, p: AdaptiveSamplingParams) -> Callable[[int], float]:
    """Return what the score of sample 0, 1, ... is held against."""
    if p.stop == "threshold":
        return lambda number: p.threshold
    earlier = await run.earlier(SCORE)
    if len(earlier) < FEWEST:
        raise CannotGoOn(
            f"To stop by rank takes at least {FEWEST} scores of this model on other questions, and there are "
            f"{len(earlier)}. Run adaptive sampling by threshold on some more questions first."
        )
    return lambda number: ranking_threshold(earlier, number + 1)


async def _draw(run: RunContext, question: Question, p: AdaptiveSamplingParams, number: int) -> Generation:
    return await run.sample(
        question.prompt(), role="draft", label="draft", branch=number, temperature=temperature_of(p, number)
    )


async def _judge(run: RunContext, question: Question, text: Generation) -> float:
    return await no_better(run, question, text, START_OVER, NO_YES, SCORE)


async def _record_saving(
    run: RunContext,
    p: AdaptiveSamplingParams,
    drawn: Sequence[Generation],
    scores: Sequence[float],
    bar: Callable[[int], float],
) -> None:
    tokens = [text.cost.generated_tokens for text in drawn]
    samples = [
        {
            "branch": text.branch, "temperature": temperature_of(p, text.branch), SCORE: score, "bar": bar(i),
            "tokens": text.cost.generated_tokens,
        }
        for i, (text, score) in enumerate(zip(drawn, scores, strict=True))
    ]  # fmt: skip
    await run.record_score(
        "tokens_saved", (p.samples - len(drawn)) * sum(tokens) / len(tokens), how=SAVED,
        details={"samples": samples, "most": p.samples, "stop": p.stop},
    )  # fmt: skip
