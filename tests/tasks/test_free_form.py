from __future__ import annotations

import pytest

from webapp.tasks import free_form

GRID = "\n".join(" ".join(str((i * j) % 10) for j in range(9)) for i in range(9))
PROSE = (
    "First I look at the row with the most numbers and write down what is missing from it there.\nThen the columns."
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"Let me see.\nAnswer:\n{GRID}", GRID),
        ("Answer: 4\nNo, wait.\nFinal answer: 5", "5"),
        ("**Answer:** `[1, 2]`", "`[1, 2]`"),
        ("> The answer is: fill A, pour A->B", "fill A, pour A->B"),
        ("Answer:\n```text\n1 2\n3 4\n```", "1 2\n3 4"),
        ("<answer> 7 </answer> I mean <ANSWER>8</ANSWER>.", "8"),
        (GRID, GRID),
        ("42", "42"),
        (PROSE, None),
        ("Answer:", None),
        ("", None),
        ("x" * 501, None),
        ("Answer: " + "x" * 4_001, None),
    ],
)
def test_an_answer_follows_its_mark_or_stands_alone(text: str, answer: str | None) -> None:
    assert free_form.extract(text) == answer


@pytest.mark.parametrize(
    "answer", [GRID, "42", "DRRDLU", "Move disk 1 from Peg 1 to Peg 2\nMove disk 2 from Peg 1 to Peg 3"]
)
def test_what_was_extracted_is_extracted_again(answer: str) -> None:
    assert free_form.extract(f"I think so.\nAnswer: {answer}") == free_form.extract(answer) == answer


def test_spaces_and_line_ends_do_not_count() -> None:
    assert free_form.same("1 2\n3", " 1  2 3\r\n") and not free_form.same("12", "1 2")
