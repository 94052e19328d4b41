"""Whether a prompt holds the reference answer where nobody but the reference can have put it.

The question itself, the form of answer asked for, and what the model said before do not count: a row would otherwise
be refused because a draft was right. What is left of a prompt then must not hold the reference as a word of its own;
of a choice and of yes or no, which stand in every instruction, it must not be stated as the answer. That refuses
too much rather than too little: an instruction with a number in it refuses the problems whose answer is that number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from storage.records import Problem
from webapp.export.training.examples import Messages
from webapp.export.training.material import Case
from webapp.tasks.question import Question
from webapp.tasks.text import ALTERNATIVES

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_STATED = r"\b(?:answer|solution|result|option|choice)(?:\s+(?:is|was|should be|must be))?\s*[:=]?\s*[(*'\"]*{}\b"


def leaks(prompt: Messages, case: Case, used: Sequence[str]) -> bool:
    """Say whether a prompt gives the reference answer away; `used` are the ids of the texts behind the row."""
    reference = case.problem.reference
    if reference is None or not reference.strip():
        return False
    told = "\n".join(content for role, content in prompt if role != "assistant")
    pattern = _pattern(case.problem, reference)
    return pattern.search(_THOUSANDS.sub("", _without(told, case, used))) is not None


def _without(told: str, case: Case, used: Sequence[str]) -> str:
    question = Question.of(case.problem)
    own = {text.text for each in case.told for text in each.texts if each.run.id in _runs(case, used)}
    known = {question.stated(), question.text, question.answer_format(), *case.problem.choices, *own}
    for part in sorted(filter(str.strip, known), key=len, reverse=True):
        told = told.replace(part, "\n")
    return told


def _runs(case: Case, used: Sequence[str]) -> set[str]:
    return {each.run.id for each in case.told if any(text.id in used for text in each.texts)}


def _pattern(problem: Problem, reference: str) -> re.Pattern[str]:
    accepted = reference.split(ALTERNATIVES) if problem.kind == "text" else [reference]
    words = [re.escape(_THOUSANDS.sub("", word.strip())) for word in accepted if word.strip()]
    either = f"(?:{'|'.join(words)})"
    if problem.kind in ("choice", "yesno"):
        return re.compile(_STATED.format(either), re.IGNORECASE)
    return re.compile(rf"(?<![\w.]){either}(?!\w|\.\d)", re.IGNORECASE)
