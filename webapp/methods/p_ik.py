"""P(IK): before it answers, what is in the model's state that says whether it will be right."""

from __future__ import annotations

from pydantic import Field

from webapp.methods._common import majority
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

HOW = "the hidden state of the question's last token; a head learnt from other problems turns it into P(IK)"


class PIkParams(MethodParams):
    """How often the question is tried, and which state is kept."""

    samples: int = Field(
        10, ge=1, le=64, title="Samples", description="Answers whose right share is the target (paper: 30)."
    )
    temperature: float = Field(
        1.0, ge=0.0, le=5.0, title="Temperature", description="Of the samples. Paper: 1. 0 is greedy."
    )
    layer: int = Field(
        -1, ge=-1, le=512, title="Layer",
        description="The state after so many layers; -1 is the last. Runs learn from runs with the same number.",
    )  # fmt: skip


@method(
    title="P(IK)",
    family="probe",
    paper="2207.05221",
    needs={"generate", "hidden"},
    faithful="variant",
    faithful_note="The paper trains the whole model together with the head. Here the model stays frozen and a "
    "logistic regression with soft targets reads one of its states. The layer, the penalty and how many problems are "
    "enough are ours. The prompt is a chat question; the paper shows ten examples of the format.",
    takes_inputs=True,
    cost="n samples of at most the longest text, and one pass over the question: n + 1 calls. To fit the head takes "
    "no model; it needs runs of other problems that have reference answers.",
    reported="AUROC / Brier score of a model of 52 billion parameters, trained on TriviaQA only: TriviaQA 0.864 / "
    "0.151, mixed arithmetic 0.928 / 0.194, LAMBADA 0.606 / 0.431, Python functions 0.687 / 0.164, GSM8K 0.624 / "
    "0.200; trained on all but GSM8K: GSM8K 0.752 / 0.121.",
    unverified="There is no official code. The numbers are those of the trained model; what a head on a frozen one "
    "reaches was not reported.",
)
async def p_ik(run: RunContext, question: Question, p: PIkParams) -> Answer:
    """Keep the model's state after it has read the question, then draw samples that show how often it is right.

    P(IK) is the probability that the model will answer correctly, before it has written a word. The share of right
    samples is the target, a linear head on the state the predictor. This run only keeps both. Its evidence shows the
    prediction of a head learnt from the runs of this method on other problems, with the same model, layer and
    temperature, and how well such heads predict problems that they have not seen. That uses the reference answers of
    those other problems, never this one's. Samples taken from another run teach where that model drew them, at that
    temperature.

    The majority of the samples is the run's answer.
    """
    run.doing("Reading the question")
    prompt = question.prompt()
    state = await run.hidden(prompt, layer=p.layer)
    run.doing("Sampling")
    drafts = await run.drafts(question)
    await run.record_score(
        "p_ik_state", None, how=HOW,
        details={
            "layer": p.layer, "samples": len(drafts), "prompt_tokens": run.length(prompt),
            "vector": [float(str(value)) for value in state],  # the shortest digits that give the float32 again
        },
    )  # fmt: skip
    return await majority(run, drafts)
