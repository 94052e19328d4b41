from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.tasks.numeric import accepts, extract, same


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("First 3, then 4.\nAnswer: 18 eggs", "18"),
        ("**Answer:** $18", "18"),
        ("Answer:\n\n18 apples\n\nThat took 3 steps.", "18"),
        ("Answer: 5\nWait, no.\nAnswer: 7", "7"),
        ("A: 26", "26"),
        ("#### 2,125", "2125"),
        ("Answer: 5 + 3 = 8", "8"),
        ("Answer: 8 legs (4 pairs)", "8"),
        ("Answer: twenty-one legs", "21"),
        ("Answer: two hundred and five", "205"),
        ("Answer: three thousand forty", "3040"),
        ("So \\boxed{42}, as 7 is 42 / 6.", "42"),
        ("Answer: 12, though \\boxed{13}", "12"),
        ("The answer is 10, not 12.", "10"),
        ('The answer to the question "What is 7 + 5?" is: 15.', "15"),
        ("The answer is not 5. It is 6.", "6"),
        ("7 + 5 = 12", "12"),
        ("A spider has eight legs, which is one of its marvels.", "8"),
        ("end with a line 'Answer: ' followed by the number. 7 + 5 = 12", "12"),
        ("This is one of those questions.", None),
        ("Answer: unknown. I only saw 5 of them leave", "5"),
        ("There were 5. Answer: unknown", None),
        ("There were 5. Answer: it cannot be said", "5"),
        ("Answer: I don't know", None),
        ("", None),
    ],
)
def test_finds_the_number_a_text_states(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("reference", "answer", "right"),
    [
        ("18", "18", True),
        ("18", "18.0", True),
        ("0.5", "50%", True),
        ("50%", "0.5", True),
        ("50", "50%", True),
        ("0.5", "1/2", True),
        ("1/3", "0.3333", True),
        ("18", "-18", False),
        ("0", "0", True),
    ],
)
def test_judges_against_the_reference(reference: str, answer: str, right: bool) -> None:
    assert accepts(reference, extract(answer) or "") is right


def test_a_percent_sign_does_not_split_a_vote_but_a_share_does() -> None:
    assert same("50%", "50")
    assert not same("50%", "0.5")


@given(st.integers(-(10**9), 10**9), st.integers(0, 99))
def test_an_answer_line_beats_whatever_else_the_text_says(value: int, noise: int) -> None:
    assert extract(f"\\boxed{{{noise}}} the answer is {noise}\nAnswer: {value}\nthen {noise}") == str(value)


@given(st.text())
def test_an_extracted_answer_is_extracted_from_itself(text: str) -> None:
    answer = extract(text)
    if answer is not None:
        assert extract(answer) == answer
