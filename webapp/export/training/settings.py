"""The choices behind a training file: all of them visible, and written into its data card."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Style: TypeAlias = Literal["conversational", "standard"]
Handling: TypeAlias = Literal["mask", "drop", "keep"]


class TrainingSettings(BaseModel):
    """Which rows are made, and which of them are kept; the same settings and runs give the same file.

    What a method, a tool or a person put into a text is no text of the model: `mask` leaves it in the row without
    loss, where the format can say that, `drop` refuses the row, `keep` trains on it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    style: Style = Field("conversational", title="Style", description="Chat messages, or plain strings.")
    seed: int = Field(0, ge=0, le=2**53, title="Seed", description="Of every choice among rows.")
    dedup: bool = Field(True, title="Drop repetitions", description="Of rows that say the same, keep the first.")
    balance: bool = Field(
        False, title="Balance kinds", description="Keep as many rows of every kind as the rarest kind has."
    )
    per_problem: int = Field(0, ge=0, title="Rows a problem", description="At most so many, by the seed; 0: all.")
    length_ratio: float = Field(
        0.0, ge=0.0, title="Length ratio",
        description="Refuse a pair of which one side is longer than so many times the other; 0: any.",
    )  # fmt: skip
    oracle: Literal["drop", "keep"] = Field(
        "drop", title="Oracle runs", description="Runs whose method looked at the reference answer."
    )
    inserted: Handling = Field(
        "mask", title="Inserted by a method", description="Triggers, soft tokens, imagined tool results."
    )
    tool: Handling = Field("mask", title="Written by a tool", description="What a tool returned.")
    person: Handling = Field("keep", title="Written by a person", description="Revisions, critiques, forced tokens.")
    people_first: bool = Field(
        True, title="People before graders", description="A person's outcome label outranks the grader's verdict."
    )
    unparsed_is_wrong: bool = Field(
        True, title="Unparsed is wrong", description="Off: texts in which no answer was found are left out."
    )
    bare_question: bool = Field(
        True, title="Bare question", description="SCL: only the question as prompt, as its released builder does."
    )
    corrections: Literal["improving", "non-decreasing", "all"] = Field(
        "improving", title="Corrections kept",
        description="Two-turn rows: wrong to right only, right to right too, or all that end right or wrong.",
    )  # fmt: skip
    join: bool = Field(
        True, title="Join turns",
        description="ISC: also make one reply of two-turn corrections, with a verdict sentence of ours between them.",
    )  # fmt: skip
    reward: Literal["sum_logprob", "mean_logprob"] = Field(
        "sum_logprob", title="Self-reward", description="Sharpening: the paper's is the sum over the text."
    )
    rejected: Literal["lowest", "random"] = Field(
        "lowest", title="Rejected sample", description="Sharpening: which of the others a pair rejects."
    )
    tolerance: int = Field(
        -1, ge=-1, title="Longer by",
        description="Partial solutions: steps beyond the shortest right one; -1: any (paper: 0 beyond its reference "
        "program, which no run has).",
    )  # fmt: skip
    labels_from: Literal["people", "rollouts"] = Field(
        "people", title="Step labels from", description="What people labelled, or where stored texts arrive."
    )
    rollouts: int = Field(
        2, ge=1, title="Texts a prefix", description="SORM: stored texts that have to share a prefix (paper: 8)."
    )
    neutral: Literal["good", "bad", "drop"] = Field(
        "good", title="Neutral steps", description="Step labels: what a neutral step counts as; drop refuses the row."
    )


def changed(settings: TrainingSettings) -> dict[str, object]:
    """Return the settings that differ from their defaults."""
    return {
        name: value
        for name, value in settings.model_dump().items()
        if value != TrainingSettings.model_fields[name].default
    }
