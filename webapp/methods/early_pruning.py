"""Early pruning: begin many samples, judge them unfinished, and finish only the promising ones."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import fmean

from pydantic import Field

from storage.records import Generation
from webapp.analysis.adaptive import best, kept, pruning_saving
from webapp.methods._common import plain_majority
from webapp.methods._continuing import written
from webapp.methods._self_evaluation import NO_YES, START_OVER, no_better
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

START_OVER_NOW = (
    "This is the beginning of your answer. Would the whole answer become better if you started over now? "
    "Answer with one word, Yes or No."
)
SAVED = "1 - (tokens begun + tokens to the end of the finished) / (samples x mean length of the finished)"


class EarlyPruningParams(MethodParams):
    """How many samples begin, and how many of them are finished."""

    samples: int = Field(8, ge=1, le=64, title="Samples begun", description="All are judged at the checkpoint.")
    max_tokens: int = Field(
        200, ge=2, le=32_768, title="Longest text", description="New tokens a text may have.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    checkpoint: int = Field(
        64, ge=1, le=32_768, title="Checkpoint",
        description="Tokens after which the unfinished samples are judged (suggestions: 64 or 128).",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    pruned: float = Field(
        0.5, ge=0.0, lt=1.0, title="Pruned share",
        description="Share of the samples that is given up at the checkpoint (paper: 50 to 75 % lose little).",
    )  # fmt: skip


@method(
    title="Early pruning",
    family="sample",
    paper="2410.02725",
    needs={"generate", "choose", "continue"},
    faithful="prompted emulation",
    faithful_note="The paper trains the model to judge unfinished answers; here an untrained one is asked. We know "
    "the procedure from the abstract: the wording, the checkpoint and the shares are settings of ours. A sample that "
    "goes on is read again up to the checkpoint, which costs prompt tokens but changes none of its own.",
    cost="n + k calls for n samples begun and k = ceil(n (1 - f)) of them finished, and n + k questions that "
    "generate nothing: n t + k (L - t) tokens for a checkpoint t and a mean length L.",
    reported="A trained Llama-3.1-8B: 50 to 75 % of the samples can be pruned early with little loss.",
    unverified="The figures are from the abstract. The prompt and the checkpoints are not known to us.",
)
async def early_pruning(run: RunContext, question: Question, p: EarlyPruningParams) -> Answer:
    """Begin many samples at once, ask of each beginning whether starting over would be better, and finish the best.

    A share of the samples is given up at the checkpoint. Those that go on become exactly what they would have been
    without pruning, are judged once more when they are complete, and the best of them is the answer, the earliest
    of equals. What was given up is kept as it stood, with its score, and the saved share of tokens is recorded.

    Beginnings are no answers, so they are not graded; first attempts are the samples that were finished.
    """
    run.doing("Beginning samples")
    length = min(p.checkpoint, p.max_tokens - 1)
    begun = await run.sample_many(question.prompt(), p.samples, role="search", label="draft", max_tokens=length)
    run.doing("Judging beginnings")
    scores = await _judged(run, question, begun, START_OVER_NOW, "p_no_better_begun")
    going_on = [begun[i] for i in kept(scores, p.pruned)]
    run.doing("Finishing the best")
    finished = list(await asyncio.gather(*(_finish(run, p, text) for text in going_on)))
    run.doing("Judging")
    final = await _judged(run, question, finished, START_OVER, "p_no_better")
    await _record_saving(run, begun, scores, finished, final)
    chosen = finished[best(final)]
    note = f"{len(finished)} of {p.samples} samples finished. {await plain_majority(run, finished)}".strip()
    return Answer(await asyncio.to_thread(run.extract, chosen.text), chosen, note=note)


async def _judged(
    run: RunContext, question: Question, texts: Sequence[Generation], instruction: str, name: str
) -> list[float]:
    return list(await asyncio.gather(*(no_better(run, question, text, instruction, NO_YES, name) for text in texts)))


async def _finish(run: RunContext, p: EarlyPruningParams, begun: Generation) -> Generation:
    """Go on from where a sample was cut; one that had ended already says so again."""
    said = written(run, begun)
    return await run.continue_from(
        begun, said, role="draft", label="draft", branch=begun.branch, max_tokens=p.max_tokens - len(said)
    )


async def _record_saving(
    run: RunContext,
    begun: Sequence[Generation],
    scores: Sequence[float],
    finished: Sequence[Generation],
    final: Sequence[float],
) -> None:
    final_by_branch = {text.branch: score for text, score in zip(finished, final, strict=True)}
    length, cut_at = (fmean(len(run.trace(text)) for text in texts) for texts in (finished, begun))
    samples = [
        {"branch": text.branch, "begun": score, "finished": final_by_branch.get(text.branch)}
        for text, score in zip(begun, scores, strict=True)
    ]
    await run.record_score(
        "share_saved", pruning_saving(len(begun), len(finished), cut_at, length), how=SAVED,
        details={"samples": samples, "mean_begun": cut_at, "mean_length": length},
    )  # fmt: skip
