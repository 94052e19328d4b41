"""GSA: write a new answer with several samples of the same question in view."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import fmean

from pydantic import Field

from storage.records import Generation
from webapp.analysis.attribution import attributed
from webapp.engine.protocol import Prompt
from webapp.methods._common import asked, branch_above, plain_majority, tallied
from webapp.methods._shown import fitted, listed, shuffled
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

INTRODUCE = (
    "Here are attempts that were made at this question, independently of each other. Any of them may be flawed."
)
AGGREGATE = (
    "With these attempts as references, write your own solution to the question above, step by step. Take over "
    "whatever helps, from any of them, and work out afresh what you do not trust."
)
NEW = "1: no candidate gives the aggregate's answer, 0: some candidate does; unknown where it states none"
OVERLAP = "mean over the aggregate's sentences of the share of word pairs that the nearest candidate has too"


class GsaParams(MethodParams):
    """How many candidates there are, and how they are put together."""

    samples: int = Field(3, ge=1, le=64, title="Candidates", description="Answers the new one is written from.")
    aggregate_temperature: float = Field(
        0.0, ge=0.0, le=5.0, title="Temperature of the aggregate",
        description="Of the answer that is written last. The paper's value is not known to us; 0 is greedy.",
    )  # fmt: skip
    order_seed: int = Field(
        0, ge=0, le=1_000_000, title="Order of the candidates",
        description="Each number shows them in another order; what the order does is not studied in the paper.",
    )  # fmt: skip


@method(
    title="Self-aggregation (GSA)",
    family="sample",
    paper="2503.04104",
    needs={"generate"},
    faithful="variant",
    faithful_note="Three samples, then one answer that is written with all of them in full in view, as in reviews "
    "and digests of the paper. Its exact prompt and temperatures are not known to us: the wording is ours, the "
    "greedy last call and the shuffled order are settings of ours. Where the context is too short, every candidate "
    "keeps only its end.",
    cost="n + 1 calls: n answers and one more that reads them all; n + 1 answers' tokens.",
    reported="GPT-4o-mini against choosing from N: MATH 78.25 / 76.80 (a vote: 77.26), GPQA 42.17 / 38.39, MMLU "
    "85.11 / 80.51, MBPP 74.2 / 72.6. Llama-3-8B: MATH 32.46 (a vote: 31.68), MMLU 65.62 (a vote: 65.62).",
    unverified="The figures are from reviews and digests; prompt and temperatures are not known to us.",
    takes_inputs=True,
)
async def gsa(run: RunContext, question: Question, p: GsaParams) -> Answer:
    """Draw several answers, show them all to the model beside the question, and have it write a new, better one.

    The model is not asked to choose, to rank or to list errors, so this works where answers cannot be voted on, and
    the new answer can be right where every candidate is wrong. Whether its answer is a new one is recorded, and for
    each of its sentences the candidate that has most of the same words in a row.

    The reported gains over a plain vote at the same number of calls are small.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    shown = [drafts[i] for i in shuffled(len(drafts), p.order_seed, question.problem_id)]
    prompt, cut_to = await fitted(
        run, [draft.text for draft in shown], p.max_tokens, lambda texts: aggregation(question, texts)
    )
    run.doing("Aggregating")
    aggregate = await run.sample(
        prompt, role="aggregate", label="aggregate", branch=branch_above(drafts), round=1, parents=shown,
        temperature=p.aggregate_temperature,
    )  # fmt: skip
    await _trace_back(run, aggregate, shown, cut_to)
    value, new = await _compare(run, aggregate, drafts)
    note = f"{'No candidate gave this answer. ' if new else ''}{await plain_majority(run, drafts)}"
    return Answer(value, aggregate, note=note.strip())


def aggregation(question: Question, candidates: Sequence[str]) -> Prompt:
    """Return the request for a new solution that has the candidates as references."""
    parts = (question.stated(), INTRODUCE, listed("Attempt", candidates), asked(question, AGGREGATE))
    return Prompt.user("\n\n".join(parts))


async def _compare(
    run: RunContext, aggregate: Generation, drafts: Sequence[Generation]
) -> tuple[str | None, bool | None]:
    """Return the aggregate's answer and whether it is none of the candidates'; None where it states none."""
    _, votes = await tallied(run, drafts)
    value = await asyncio.to_thread(run.extract, aggregate.text)
    known = [vote.answer for vote in votes]
    new = None if value is None else not await asyncio.to_thread(_any_same, run, value, known)
    await run.record_score(
        "new_answer", None if new is None else float(new), how=NEW, about=aggregate,
        details={"answer": value, "candidates": [{"answer": v.answer, "branches": list(v.branches)} for v in votes]},
    )  # fmt: skip
    return value, new


def _any_same(run: RunContext, answer: str, known: Sequence[str]) -> bool:
    return any(answer == other or run.same(other, answer) for other in known)


async def _trace_back(
    run: RunContext, aggregate: Generation, shown: Sequence[Generation], cut_to: int | None
) -> None:
    found = await asyncio.to_thread(attributed, aggregate.text, [draft.text for draft in shown])
    sentences = [
        {
            "start": each.start, "end": each.end, "overlap": each.overlap,
            "branch": None if each.source is None else shown[each.source].branch,
        }
        for each in found
    ]  # fmt: skip
    await run.record_score(
        "aggregate_overlap", fmean(each.overlap for each in found) if found else None, how=OVERLAP,
        details={
            "aggregate": aggregate.id, "order": [draft.branch for draft in shown], "cut_to": cut_to,
            "sentences": sentences,
        },
    )  # fmt: skip
