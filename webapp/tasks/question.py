"""A problem as a method sees it: no reference, no hidden tests."""

from __future__ import annotations

from dataclasses import dataclass

from storage.records import Problem, ProblemKind
from webapp.engine.protocol import Prompt

ANSWER_FORMAT: dict[ProblemKind, str] = {
    "numeric": "Think it through briefly, then end with a line 'Answer: ' followed by the number.",
    "math": "Think it through briefly, then end with a line 'Answer: ' followed by the result in \\boxed{}.",
    "choice": "Explain in one sentence, then write the letter of your choice after 'Answer:'.",
    "yesno": "Explain in one sentence, then write yes or no after 'Answer:'.",
    "text": "Answer briefly, and end with a line 'Answer: ' followed by only the answer.",
    "procedural": "Think it through briefly, then write only the answer, in the form asked for, after 'Answer:'.",
    "none": "",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a method is given; `problem_id` keys the sampling noise and reveals nothing.

    `earlier` is what another method said to it before, word for word as it is appended to the question.
    """

    problem_id: str
    text: str
    kind: ProblemKind
    choices: tuple[str, ...] = ()
    earlier: str = ""

    @staticmethod
    def of(problem: Problem) -> Question:
        """Strip a problem of everything that a method may not see."""
        return Question(problem.id, problem.question, problem.kind, problem.choices)

    def stated(self) -> str:
        """Return the question with its lettered choices, and below them what is handed over with it, if anything."""
        asked = "\n".join([self.text, *self.lettered()])
        return f"{asked}\n\n{self.earlier}" if self.earlier else asked

    def lettered(self) -> list[str]:
        """Return the choices, each after its letter."""
        return [f"({chr(65 + i)}) {choice}" for i, choice in enumerate(self.choices)]

    def answer_format(self) -> str:
        """Return the sentence that asks for an answer line; empty where nothing is extracted."""
        return ANSWER_FORMAT[self.kind]

    def prompt(self) -> Prompt:
        """Return the conversation that asks the question: the same for every method's first draft."""
        return Prompt.user("\n\n".join(part for part in (self.stated(), self.answer_format()) if part))
