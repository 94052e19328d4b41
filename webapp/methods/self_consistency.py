"""Self-consistency: sample several reasoned answers and take the one most of them reach."""

from __future__ import annotations

from pydantic import Field

from webapp.methods._common import majority
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question


class SelfConsistencyParams(MethodParams):
    """How many samples vote."""

    samples: int = Field(5, ge=1, le=64, title="Samples", description="Answers that are drawn and vote.")


@method(
    title="Sample and vote",
    family="sample",
    paper="2203.11171",
    needs={"generate"},
    faithful="full",
    faithful_note="The question is asked zero-shot; the paper mostly gives worked examples, and draws 40 samples.",
)
async def self_consistency(run: RunContext, question: Question, p: SelfConsistencyParams) -> Answer:
    """Ask the same question several times and take the answer that comes up most often.

    Each sample is drawn on its own at the chosen temperature and may reason its own way; only the extracted answers
    vote, with answers that mean the same counted together. Ties are shown, and the earliest sample among the tied
    answers decides. A sample without a readable answer votes for none and is reported.

    The paper prompts base models with worked examples and draws 40 samples. Here the question is asked zero-shot in
    the model's chat format.
    """
    run.doing("Sampling")
    return await majority(run, await run.drafts(question))
