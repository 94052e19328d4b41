"""The graders, one for each kind of problem: find the answer of a text, compare two, judge one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from storage.records import Problem, ProblemKind, VerdictValue
from webapp.tasks import choice, free_form, maths, numeric, procedural, text, yesno
from webapp.tasks.procedural_item import Item


@dataclass(frozen=True, slots=True)
class Grade:
    """What was found and how it was judged; `answer` is canonical, None where the text states none."""

    answer: str | None
    verdict: VerdictValue
    grader: str


@dataclass(frozen=True, slots=True)
class Grader:
    """One way of judging.

    `extract(text, choices)` gives the canonical answer, `same(a, b)` compares two of those without the
    reference, `accepts(reference, answer)` judges one and is None where that could not be found out. A grader with
    `verify(problem, answer)` judges by that, which needs no reference.
    """

    name: str
    extract: Callable[[str, tuple[str, ...]], str | None]
    same: Callable[[str, str], bool]
    accepts: Callable[[str, str], bool | None]
    verify: Callable[[Problem, str], bool | None] | None = None


GRADERS: Mapping[ProblemKind, Grader] = MappingProxyType({
    "numeric": Grader("numeric", numeric.extract, numeric.same, numeric.accepts),
    "math": Grader("math-verify", maths.extract, maths.same, maths.accepts),
    "choice": Grader("choice", choice.extract, choice.same, lambda reference, answer: reference == answer),
    "yesno": Grader("yesno", yesno.extract, yesno.same, yesno.accepts),
    "text": Grader("text", text.extract, text.same, text.accepts),
    "procedural": Grader("reasoning-gym", free_form.extract, free_form.same, free_form.same, procedural.verify),
})  # fmt: skip
UNGRADED = "none"


def extract(kind: ProblemKind, text: str, choices: tuple[str, ...] = ()) -> str | None:
    """Return the canonical answer a text states; None where it states none, or the kind extracts nothing."""
    grader = GRADERS.get(kind)
    return grader.extract(text, choices) if grader else None


def same(kind: ProblemKind, a: str, b: str, choices: tuple[str, ...] = ()) -> bool:
    """Say whether two canonical answers mean the same; may take up to three seconds for kind "math"."""
    grader = GRADERS.get(kind)
    return grader.same(a, b) if grader else a == b


def grade(problem: Problem, text: str) -> Grade:
    """Find the answer of a text and judge it; may take up to three seconds for kind "math"."""
    return judge(problem, extract(problem.kind, text, problem.choices))


def judge(problem: Problem, answer: str | None) -> Grade:
    """Judge a canonical answer.

    Without a reference, or of kind "none", it is ungraded. No answer, and a comparison that ran out of time, is
    unparsed: it counts as wrong and is reported apart.
    """
    grader = GRADERS.get(problem.kind)
    if grader is None or not _can_judge(grader, problem):
        return Grade(answer, "ungraded", grader.name if grader else UNGRADED)
    accepted = None if answer is None else _accepts(grader, problem, answer)
    verdict: VerdictValue = "unparsed" if accepted is None else "correct" if accepted else "incorrect"
    return Grade(answer, verdict, grader.name)


def _can_judge(grader: Grader, problem: Problem) -> bool:
    return problem.reference is not None or (grader.verify is not None and Item.read(problem.source) is not None)


def _accepts(grader: Grader, problem: Problem, answer: str) -> bool | None:
    if grader.verify is not None:
        return grader.verify(problem, answer)
    return None if problem.reference is None else grader.accepts(problem.reference, answer)
