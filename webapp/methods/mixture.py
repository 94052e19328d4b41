"""Mixtures: one method after another, each handed the final text of those before it (CorrectBench)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, ValidationError, field_validator, model_validator

from storage.records import Generation
from webapp.engine.protocol import Capability
from webapp.methods.interface import Answer, CannotGoOn, MethodParams, MethodSpec, RunContext
from webapp.methods.registry import method, methods
from webapp.tasks.question import Question

Carried: TypeAlias = Literal["every text so far", "the last text"]
Reading: TypeAlias = Literal["paper", "CorrectBench"]

NAME = "mixture"
ARROW = re.compile(r"\s*(?:->|>|→|\n)\s*")
FEWEST, MOST = 2, 6
HANDED = "An earlier response to this question:\n{text}"
# What CorrectBench's code does otherwise than the papers, as settings of the methods.
AS_IN_REPOSITORY: dict[str, dict[str, Any]] = {
    "cove": {"reading": "CorrectBench"},
    "rci": {"reading": "CorrectBench"},
    "reflexion": {"evaluator": "oracle", "trials": 2},
}
STAGES = "methods that were run one after the other; the answer is that of the last one"


@dataclass(frozen=True, slots=True)
class Stage:
    """One method of a mixture, with its settings."""

    spec: MethodSpec
    params: MethodParams


class MixtureParams(MethodParams):
    """Which methods follow each other, and what each is given."""

    samples: int = Field(1, ge=1, le=64, title="Samples", description="First drafts of the first stage.")
    stages: str = Field(
        "cove > rci", max_length=400, title="Stages",
        description="Names of methods in their order, parted by >. Each is run as it is, on the question with what "
        "is handed over to it.",
    )  # fmt: skip
    settings: str = Field(
        "", max_length=4000, title="Settings of the stages",
        description="JSON: a list with an object for each stage, as in [{}, {\"rounds\": 2}]. Without it all have "
        "their defaults. How texts are drawn is set for all stages here, unless a stage says otherwise.",
    )  # fmt: skip
    carried: Carried = Field(
        "every text so far", title="Handed over",
        description="What a third stage is given: the final texts of all stages before it, or of the last one.",
    )  # fmt: skip
    reading: Reading = Field(
        "paper", title="Reading",
        description="CorrectBench: stages that have such a setting do as that benchmark's code does, which asks the "
        "reference answer in some of them and marks the run as oracle then.",
    )  # fmt: skip

    @field_validator("stages")
    @classmethod
    def _known(cls, stages: str) -> str:
        names, known = named(stages), [name for name in methods() if name != NAME]
        if not FEWEST <= len(names) <= MOST:
            raise ValueError(f"name {FEWEST} to {MOST} methods parted by >, as in 'cove > rci', not {len(names)}")
        if NAME in names:
            raise ValueError("a mixture cannot be a stage of itself; write out the stages you mean")
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"there is no method called {unknown[0]!r}; choose among {', '.join(sorted(known))}")
        return stages

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        self.plan()
        return self

    def plan(self) -> list[Stage]:
        """Return the stages with their settings.

        Raises:
            ValueError: if the settings do not fit the stages.

        """
        names = named(self.stages)
        own = _own_settings(self.settings, len(names))
        shared = {name: getattr(self, name) for name in MethodParams.model_fields if name != "samples"}
        first: list[dict[str, Any]] = [{"samples": self.samples}, *({} for _ in names[1:])]
        read = [AS_IN_REPOSITORY.get(name, {}) if self.reading == "CorrectBench" else {} for name in names]
        given = [shared | a | b | c for a, b, c in zip(first, read, own, strict=True)]
        return [_stage(number, name, each) for number, (name, each) in enumerate(zip(names, given, strict=True), 1)]

    def demands(self) -> Mapping[str, frozenset[Capability]]:
        """Every stage asks what its method needs, and what its settings ask."""
        told: dict[str, frozenset[Capability]] = {}
        for stage in self.plan():
            told |= {f"The stage {stage.spec.title}": stage.spec.needs, **stage.params.demands()}
        return told


@method(
    title="Mixture",
    family="revise",
    paper="2510.16062",
    needs={"generate"},
    faithful="variant",
    faithful_note="CorrectBench runs one method, appends its final text to the question, and runs the next: this, "
    "for any methods and as many as six. A line of ours stands above each text that is handed over. With three "
    "stages or more the general form of the benchmark carries every earlier text along; the last one alone is a "
    "setting. Its code joins the texts of all questions in some mixtures, an error that is not repeated here; its "
    "Reflexion also searches Wikipedia, which ours does not.",
    cost="What its stages cost, one after the other; the prompts of later stages also read what is handed over.",
    reported="CorrectBench, on GPQA and MATH: mixtures are more accurate than single methods, at two to three times "
    "the computation.",
    unverified="The figures are from notes on the benchmark; its tables of mixtures were not read.",
)
async def mixture(run: RunContext, question: Question, p: MixtureParams) -> Answer:
    """Run several methods one after the other, each on the question with the final texts of those before it.

    The stages are strictly sequential and the answer is that of the last one: nothing votes over them. What is
    handed over is kept word for word. The first stage's drafts are the first attempts of the run, and with one seed
    they are those of that method alone.

    In the reading of the papers no stage knows the right answer. In CorrectBench's reading some stages do as its
    code does: RCI stops at the reference answer, Reflexion retries once by it, CoVe plans its questions without the
    question.
    """
    texts: list[Generation] = []
    told: list[dict[str, Any]] = []
    answer = Answer(None)
    for number, stage in enumerate(p.plan(), start=1):
        earlier = handed_over(texts, p.carried)
        part = run.stage(stage.params, name=f"stage {number}", after=texts[-1] if texts else None)
        answer = await stage.spec.run(part, replace(question, earlier=earlier), stage.params)
        if answer.chosen is None:
            raise CannotGoOn(f"{stage.spec.title} settled on no text, so there is nothing to hand over or to report.")
        texts.append(answer.chosen)
        told.append(_told(stage, earlier, answer))
    details = {"carried": p.carried, "reading": p.reading, "stages": told}
    await run.record_score("mixture_stages", len(told), how=STAGES, details=details)
    return answer


def named(stages: str) -> list[str]:
    """Return the names of stages as a person writes them: parted by arrows or lines, capitals and spaces allowed."""
    parts = (part.strip().casefold() for part in ARROW.split(stages))
    return [re.sub(r"[\s-]+", "_", part) for part in parts if part]


def handed_over(texts: Sequence[Generation], carried: Carried) -> str:
    """Return what is appended to the question, word for word; empty for the first stage."""
    given = texts if carried == "every text so far" else texts[-1:]
    return "\n\n".join(HANDED.format(text=text.text.strip()) for text in given)


def _own_settings(written: str, stages: int) -> list[dict[str, Any]]:
    if not written.strip():
        return [{} for _ in range(stages)]
    try:
        found = json.loads(written)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is no JSON ({error.msg}, character {error.pos + 1})") from error
    except RecursionError as error:
        raise ValueError("this is nested too deeply to be settings") from error
    if not isinstance(found, list) or len(found) != stages or not all(isinstance(each, dict) for each in found):
        example = f"[{', '.join(['{}'] * stages)}]"
        raise ValueError(f"they must be a list with an object for each of the {stages} stages, as in {example}")
    return found


def _stage(number: int, name: str, given: Mapping[str, Any]) -> Stage:
    spec = methods()[name]
    try:
        return Stage(spec, spec.params.model_validate(dict(given)))
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"])) or "settings"
        raise ValueError(f"stage {number}, {spec.title}: {where}: {wrong['msg']}") from error


def _told(stage: Stage, earlier: str, answer: Answer) -> dict[str, Any]:
    settings, otherwise = stage.params.model_dump(mode="json"), AS_IN_REPOSITORY.get(stage.spec.name, {})
    return {
        "method": stage.spec.name, "title": stage.spec.title, "settings": settings,
        "as_in_repository": bool(otherwise) and otherwise.items() <= settings.items(),
        "handed": earlier, "text": answer.chosen and answer.chosen.id, "answer": answer.value, "note": answer.note,
    }  # fmt: skip
