from __future__ import annotations

import gradio as gr
import pytest

from webapp.components.notice import Notice
from webapp.pages.problem_actions import FORGOTTEN, ProblemActions
from webapp.pages.problem_form import ProblemForm
from webapp.pages.upload_form import UploadForm
from webapp.runs.request import BadRequest
from webapp.tasks.problems import make_problem
from webapp.tasks.starter import starter_problems

STARTER = starter_problems()[0].problem
CHOICE = next(each.problem for each in starter_problems() if each.problem.kind == "choice")
NO_UPLOAD = (None, "gsm8k", "question", "answer", "", "", None)


class Fields:
    """The problem's fields, laid out, and what happens in them."""

    def __init__(self) -> None:
        with gr.Blocks():
            self.form = ProblemForm(lambda: None)
            self.upload = UploadForm()
            self.notice = Notice()
        self.actions = ProblemActions(self.form, self.upload, self.notice)


@pytest.fixture(scope="module")
def fields() -> Fields:
    return Fields()


def test_a_picked_problem_left_alone_is_that_problem(fields: Fields) -> None:
    read = fields.form.read([CHOICE], CHOICE.question, "choice", CHOICE.reference or "", "\n".join(CHOICE.choices))
    assert read is CHOICE


def test_what_was_edited_is_a_problem_of_its_own(fields: Fields) -> None:
    read = fields.form.read([STARTER], "Another?", "numeric", "12", "")
    assert (read.question, read.reference, read.source) == ("Another?", "12", "typed")
    assert read == make_problem("Another?", "numeric", "12")


def test_a_right_answer_is_never_taken_for_that_of_another_question(fields: Fields) -> None:
    read = fields.form.read([STARTER], "Another?", STARTER.kind, STARTER.reference or "", "\n".join(STARTER.choices))
    assert (read.kind, read.reference) == ("none", None)


@pytest.mark.parametrize(
    ("question", "kind", "reference", "choices", "sentence"),
    [
        ("", "none", "", "", "The question is empty"),
        ("Which?", "nonsense", "", "", "That kind of answer does not exist"),
        ("Which?", "choice", "", "only one", "A choice needs 2 to"),
        ("How many?", "numeric", "many", "", 'is no number'),
    ],
)  # fmt: skip
def test_what_makes_no_problem_is_a_sentence(
    fields: Fields, question: str, kind: str, reference: str, choices: str, sentence: str
) -> None:
    with pytest.raises(BadRequest, match=sentence):
        fields.form.read([], question, kind, reference, choices)


async def test_typing_another_question_takes_the_right_answer_out_and_says_so(fields: Fields) -> None:
    typed = ("Mine?", STARTER.kind, STARTER.reference, "")
    updates = await fields.actions.type_question(STARTER.id, *NO_UPLOAD, *typed)
    assert updates[fields.form.reference] == "" and updates[fields.form.kind] == "none"
    assert updates[fields.form.picker] is None
    assert updates[fields.notice]["text"] == FORGOTTEN
    assert fields.form.question not in updates


async def test_a_right_answer_of_the_persons_own_stays(fields: Fields) -> None:
    updates = await fields.actions.type_question(STARTER.id, *NO_UPLOAD, "Mine?", "numeric", "99999", "")
    assert fields.form.reference not in updates and updates[fields.form.picker] is None


async def test_typing_without_a_picked_problem_changes_nothing_and_leaves_the_notice(fields: Fields) -> None:
    typed = await fields.actions.type_question(None, *NO_UPLOAD, "Mine?", "numeric", "3", "")
    assert typed == {fields.notice: gr.skip()}


async def test_an_unknown_starter_problem_is_refused(fields: Fields) -> None:
    with pytest.raises(BadRequest, match="none of the starter problems"):
        await fields.actions.pick_starter("typed by hand")


def test_a_stored_problem_fills_the_fields_and_names_no_starter(fields: Fields) -> None:
    updates = fields.form.filled(make_problem("Which one?", "choice", "B", ["red", "blue"]))
    assert updates[fields.form.picker] is None
    assert updates[fields.form.reference] == "B"
    assert updates[fields.form.choices]["value"] == "red\nblue"
    assert fields.form.filled(STARTER)[fields.form.picker] == STARTER.id
