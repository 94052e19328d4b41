"""SRGen: where the model hesitates, a vector learnt on the spot makes the next token surer, and is dropped again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from storage.records import Generation
from webapp.engine.policies.settings import SRGen
from webapp.methods._common import majority, plain_majority
from webapp.methods.interface import Answer, MethodParams, RunContext, Steered
from webapp.methods.registry import method
from webapp.tasks.question import Question

CORRECTED = "tokens of the text whose entropy passed the moving threshold and that were drawn from corrected logits"
DROP = "mean over the corrected tokens of how much the entropy fell, in nats at the temperature of the drawing"


class SRGenParams(MethodParams):
    """When a token is corrected, and how. Defaults: the authors' script, for R1-Distill-Qwen-7B on AIME 2024."""

    temperature: float = Field(0.6, ge=0.0, le=5.0, title="Temperature", description="Authors' script: 0.6.")
    window: int = Field(
        25, ge=2, le=1000, title="Window (N)", description="Last entropies that the threshold follows.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    factor: float = Field(
        4.0, ge=0.0, le=100.0, title="Deviations (K)",
        description="A spike is so many standard deviations above the mean of the window.",
    )  # fmt: skip
    least_deviation: float = Field(
        0.5, ge=0.0, le=20.0, title="Least deviation", description="Taken where the window varies less.",
        json_schema_extra={"unit": "nats"},
    )  # fmt: skip
    least_threshold: float = Field(
        1.8, ge=0.0, le=20.0, title="Least threshold", description="No entropy below it is a spike.",
        json_schema_extra={"unit": "nats"},
    )  # fmt: skip
    before: float = Field(
        3.0, ge=0.0, le=20.0, title="First threshold", description="Until the window is full.",
        json_schema_extra={"unit": "nats"},
    )  # fmt: skip
    most: int = Field(20, ge=0, le=10_000, title="Most corrections", description="Of one text.")
    steps: int = Field(3, ge=0, le=100, title="Steps", description="Of AdamW at each spike.")
    balance: float = Field(
        0.05, ge=0.0, le=1.0, title="Weight of the entropy (λ)",
        description="Against 1 − λ for how likely prompt and text so far must stay.",
    )  # fmt: skip
    rate: float = Field(
        0.01, gt=0.0, le=10.0, title="Learning rate", description="How far each step moves the vector."
    )
    positions: int = Field(
        512, ge=0, le=100_000, title="Tokens held on to",
        description="The last so many of prompt and text must stay likely. 0: all of them, as the authors' code has "
        "it; the bound is ours, and saves memory.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip

    def policy(self) -> SRGen:
        """Return the settings of the engine's policy."""
        own = self.model_dump(include={*SRGen.__dataclass_fields__})
        return SRGen(**own)


@method(
    title="SRGen",
    family="decode",
    paper="2510.02919",
    needs={"generate", "steer", "gradient"},
    faithful="full",
    faithful_note="Threshold, floors, both losses and AdamW as in the authors' code; states stay in memory, where "
    "that code reads the text again for every correction. Entropies of greedy drawing are those at temperature 1. "
    "The plain text with the same noise is drawn first, to compare with; the vote over several samples is ours.",
    cost="2 n texts for n samples: at most 2 n L new tokens for texts of at most L. Each correction reads the "
    "logits of all tokens that are held on to several times.",
    reported="DeepSeek-R1-Distill-Qwen-7B on AIME 2024: +12.0 points for one answer (mean of 5), +13.3 for the vote "
    "of 5.",
    unverified="The accuracies that these gains start from. The paper's ranges K 2.5 to 4 and N 25 to 40, about 6 "
    "corrections a problem and about 50% more time are known to us from a third party's summary; the defaults "
    "here are those of the authors' script, and both floors and the first threshold stand in their code.",
)
async def srgen(run: RunContext, question: Question, p: SRGenParams) -> Answer:
    """Draw each answer twice with the same noise: plainly, and with a correction wherever the entropy spikes.

    A token counts as a spike when the entropy of what may come next is far above that of the last tokens. There the
    model pauses: a small vector is added to the last hidden states, and for a few steps it learns to make the next
    token surer while prompt and text so far stay likely. That one token is drawn from the corrected distribution;
    then the vector is dropped. Nothing of it enters the cache, and the token is not tested again.

    Up to the first correction both texts are the same, so what differs behind it came of it. In a text without a
    spike nothing is corrected. Small models often hesitate below the thresholds of the script, which were made for
    long reasoning; lower them to see more.
    """
    run.doing("Drawing plainly")
    drafts = await run.drafts(question)
    run.doing("Drawing with corrections")
    steered = await run.steer(
        question.prompt(), p.policy(), len(drafts), role="revision", label="draft", round=1, drafts=drafts
    )
    for life, text in enumerate(steered.texts):
        await _record(run, steered, life, text)
    answer = await majority(run, steered.texts)
    notes = (_counted(steered), answer.note, await plain_majority(run, drafts))
    return Answer(answer.value, answer.chosen, answer.votes, " ".join(note for note in notes if note))


async def _record(run: RunContext, steered: Steered, life: int, text: Generation) -> None:
    spikes: list[dict[str, Any]] = [{"index": note.index} | dict(note.data) for note in steered.noted("spike", life)]
    watched = [dict(note.data) for note in steered.noted("watched", life)]
    details = {"branch": text.branch, "seconds": text.cost.seconds, "spikes": spikes}
    for each in watched:
        details |= each
    await run.record_score("corrected_tokens", len(spikes), how=CORRECTED, about=text, details=details)
    if spikes:
        await run.record_score(
            "entropy_drop", _mean([spike["entropy"] - spike["corrected"] for spike in spikes]), how=DROP, about=text,
            details={"branch": text.branch, "spikes": spikes},
        )  # fmt: skip


def _counted(steered: Steered) -> str:
    spikes = [note for note in steered.notes if note.kind == "spike"]
    if not spikes:
        return "No entropy passed the threshold, so nothing was corrected."
    changed = sum(note.data["token"] != note.data["otherwise"] for note in spikes)
    return f"Corrected {len(spikes)} tokens; the same noise would have drawn another in {changed} of them."


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
