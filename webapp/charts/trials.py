"""Attempts one after another: what the evaluator said of each, and what was noted for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.charts.evidence import Column, Evidence, Table, evidence_for

READING = (
    "A row an attempt. Does the evaluator pass what is right and fail what is wrong? Does the reflection name the "
    "mistake, and does the next attempt avoid it? An attempt sees the reflections listed last, not the old attempts."
)
ORACLE = "The evaluator is the reference answer (oracle): attempts end when one is right, whatever the model thinks."
SAYS = {True: "passed", False: "failed", None: "no verdict"}
SEES = {
    "last attempt": "Here it sees the last attempt and no reflection.",
    "last attempt and reflection": "Here it sees the last attempt too.",
    "none": "Here it sees nothing: the question is only asked again.",
}


class Trial(BaseModel):
    """The ids of an attempt and of the reflection on it, what the evaluator said, and the reflections it had."""

    attempt: str
    passed: bool | None = None
    said: str = ""
    reflection: str | None = None
    remembered: list[str] = []


class Trials(BaseModel):
    """The attempts made from one draft, in order."""

    evaluator: str = "self"
    strategy: str = "reflections"
    trials: list[Trial] = Field(min_length=1)


@evidence_for("reflexion_trials")
def trials(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """List the attempts from one draft (Reflexion, arXiv 2303.11366); nothing where an attempt is not there."""
    found = Trials.model_validate(score.details)
    texts = {generation.id: generation for generation in generations}
    if any(trial.attempt not in texts for trial in found.trials):
        return None
    oracle = found.evaluator == "oracle"
    reading = " ".join(filter(None, (ORACLE if oracle else "", READING, SEES.get(found.strategy, ""))))
    title = f"Attempts of sample {texts[found.trials[0].attempt].branch + 1}{' (oracle)' if oracle else ''}"
    return Evidence(title, reading, table=_table(found.trials, texts))


def _table(trials: Sequence[Trial], texts: Mapping[str, Generation]) -> Table:
    columns = (
        Column("Attempt", "number"), Column("text"), Column("answer"), Column("verdict", "verdict"),
        Column("evaluator"), Column("what it said"), Column("reflection"),
        Column("had in view", about="the attempts whose reflections this one saw"),
    )  # fmt: skip
    written = {trial.reflection: number for number, trial in enumerate(trials, 1) if trial.reflection}
    rows = []
    for number, trial in enumerate(trials, 1):
        attempt = texts[trial.attempt]
        graded = None if attempt.verdict == "ungraded" else attempt.verdict
        reflection = texts.get(trial.reflection or "")
        seen = ", ".join(str(written[each]) for each in trial.remembered if each in written)
        rows.append((
            float(number), attempt.text, attempt.answer, graded, SAYS[trial.passed], trial.said or None,
            None if reflection is None else reflection.text, f"reflection {seen}" if seen else None,
        ))  # fmt: skip
    return Table(columns, tuple(rows), chosen=len(rows) - 1)
