"""The problem part of Explore: a picker of starter problems, the question's fields, and a data file's rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import gradio as gr

from storage.records import Problem, ProblemKind
from webapp.pages.notices import Updates
from webapp.runs.request import BadRequest
from webapp.tasks.problems import make_problem
from webapp.tasks.starter import StarterProblem, starter_problems

KINDS: tuple[tuple[str, ProblemKind], ...] = (
    ("a number", "numeric"),
    ("an expression (LaTeX)", "math"),
    ("one of several choices", "choice"),
    ("yes or no", "yesno"),
    ("a short text", "text"),
    ("of any form, checked as it was made", "procedural"),
    ("anything, ungraded", "none"),
)
FIRST_PROBLEM = 0
TITLE_LENGTH = 90


class ProblemForm:
    """Lays out the fields that make a problem, and reads them back; `below` lays out what follows the question."""

    def __init__(self, below: Callable[[], None]) -> None:
        self.starters = {starter.problem.id: starter for starter in starter_problems()}
        first = list(self.starters.values())[FIRST_PROBLEM].problem
        self.picker = gr.Dropdown(
            label="Starter problem", choices=[(title(s), key) for key, s in self.starters.items()], value=first.id,
            info="Share of samples the embedded model got right when it was measured.", elem_id="problem-picker",
            allow_custom_value=True,
        )  # fmt: skip
        self.question = gr.Textbox(
            label="Question", value=first.question, lines=3, max_lines=12, elem_id="question",
            placeholder="Ask something the model may get wrong", info="Ctrl+Enter runs it.",
        )  # fmt: skip
        below()
        with gr.Row():
            self.kind = gr.Dropdown(
                label="The answer is", choices=list(KINDS), value=first.kind, elem_id="kind", min_width=140
            )
            self.reference = gr.Textbox(
                label="Right answer (optional)", value=first.reference or "", elem_id="reference", min_width=140,
                placeholder="never shown to the model",
            )  # fmt: skip
        self.choices = gr.Textbox(
            label="Choices, one a line", value="\n".join(first.choices), lines=4, elem_id="choices",
            visible=first.kind == "choice",
        )  # fmt: skip

    @property
    def inputs(self) -> list[gr.components.Component]:
        """The components whose values `read` takes, in order."""
        return [self.question, self.kind, self.reference, self.choices]

    @property
    def fields(self) -> list[gr.components.Component]:
        """What `filled` changes."""
        return [self.picker, *self.inputs]

    def filled(self, problem: Problem) -> Updates:
        """Return the updates that show a problem in the fields."""
        return {
            self.picker: problem.id if problem.id in self.starters else None,
            self.question: problem.question,
            self.kind: problem.kind,
            self.reference: problem.reference or "",
            self.choices: gr.update(value="\n".join(problem.choices), visible=problem.kind == "choice"),
        }

    def cleared(self) -> Updates:
        """Return the updates that forget everything but the question."""
        return {
            self.picker: None,
            self.kind: "none",
            self.reference: "",
            self.choices: gr.update(value="", visible=False),
        }

    def read(self, sources: Sequence[Problem], question: str, kind: str, reference: str, choices: str) -> Problem:
        """Return the problem in the fields: the source they were filled from while nothing in them was edited.

        A right answer that stands there from a source counts for no other question.

        Raises:
            BadRequest: when the fields do not make a problem.

        """
        typed = problem_of(question or "", kind, reference or "", choices or "")
        if any(_left_over(each, typed) for each in sources):
            return problem_of(question, "none", "", "")
        same = (each for each in sources if replace(each, id=typed.id, source=typed.source, tags=typed.tags) == typed)
        return next(same, typed)


def _left_over(source: Problem, typed: Problem) -> bool:
    """Say whether everything but the question is still what a source filled in."""
    same = (source.kind, source.reference, source.choices) == (typed.kind, typed.reference, typed.choices)
    return same and source.reference is not None and source.question != typed.question


def title(starter: StarterProblem) -> str:
    """Name a starter problem in the picker: its kind, the question, how often the model was right."""
    question = shortened(starter.problem.question)
    return f"{starter.category} · {question} · right {round(100 * starter.pass_rate)}% of {starter.samples}"


def shortened(text: str, length: int = TITLE_LENGTH) -> str:
    """Return a text on one line, cut to a length."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def problem_of(question: str, kind: str, reference: str, choices: str) -> Problem:
    """Return the problem that the fields state.

    Raises:
        BadRequest: when they do not make one.

    """
    known = _kind(kind)
    options = [line for line in choices.splitlines() if line.strip()] if known == "choice" else []
    if not question.strip():
        raise BadRequest("The question is empty. Type a question, or pick a problem.")
    try:
        return make_problem(question, known, reference, options)
    except ValueError as error:
        sentence = str(error)
        raise BadRequest(f"{sentence[:1].upper()}{sentence[1:]}.") from None


def _kind(kind: str) -> ProblemKind:
    for _, known in KINDS:
        if kind == known:
            return known
    raise BadRequest("That kind of answer does not exist: pick one from the list.")
