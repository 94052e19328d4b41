from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Problem
from webapp.tasks import math_process, maths
from webapp.tasks.graders import grade, judge
from webapp.tasks.math_process import MathProcess, MathTimeout

FACTORIALS = "1" + "!" * 12
DEEP = "(" * 400 + "x" + ")" * 400


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("So it is \\boxed{\\dfrac{1}{2}}.", "0.5"),
        ("Answer: $\\frac12$", "0.5"),
        ("\\boxed{10,\\!080}", "10080"),
        ("\\boxed{90^\\circ}", "90"),
        ("\\boxed{\\$18.90}", "18.9"),
        ("\\boxed{5\\text{ cm}}", "5"),
        ("\\boxed{\\left( 3, \\frac{\\pi}{2} \\right)}", "(3,\\frac{\\pi}{2})"),
        ("\\boxed{\\text{even}}", "even"),
        ("\\boxed{\\frac{\\sqrt{2}}{2}} or \\boxed{\\sqrt{\\frac{1}{2}}}", "\\sqrt{\\frac{1}{2}}"),
        ("x^2 + 1", "x^2+1"),
        ("\\frac{x}{2}", "\\frac{x}{2}"),
        ("We see that $y = 2$ and hence $x=5$.", "x=5"),
        ("The total is 12", "12"),
        ("Answer: unknown", None),
        ("\\boxed{1", "1"),
        ("no idea at all", None),
        ("\\boxed{" + "x" * 600 + "}", None),
    ],
)
def test_finds_the_conclusion(text: str, answer: str | None) -> None:
    assert maths.extract(text) == answer


@pytest.mark.parametrize(
    ("reference", "text", "right"),
    [
        ("\\frac{3}{2}", "\\boxed{1.5}", True),
        ("\\frac{\\sqrt{2}}{2}", "\\boxed{\\frac{1}{\\sqrt{2}}}", True),
        ("p - q", "\\boxed{-q+p}", True),
        ("(2,3)", "\\boxed{(3,2)}", False),
        ("3, 5, 7", "\\boxed{7,3,5}", True),
        ("x^3+3x-6", "\\boxed{3x + x^3 - 6}", True),
        ("x^3+3x-6", "\\boxed{3x + x^3 + 6}", False),
        ("6 - 5i", "\\boxed{-5i + 6}", True),
        ("\\text{even}", "\\boxed{even}", True),
        ("\\text{even}", "\\boxed{odd}", False),
    ],
)
def test_equivalent_conclusions_are_right(reference: str, text: str, right: bool) -> None:
    verdict = grade(Problem("p", "q", "math", reference), text).verdict
    assert verdict == ("correct" if right else "incorrect")


def test_works_off_the_main_thread() -> None:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(maths.same("2x+2", "2(x+1)")))
    thread.start()
    thread.join()
    assert found == [True]


@pytest.mark.parametrize("hostile", [DEEP, "9^{9^{9^{9}}}", "10^{10^{10}}", FACTORIALS, "\\frac{" * 80, "\\int" * 60])
def test_hostile_latex_is_judged_in_bounded_time(hostile: str) -> None:
    started = time.monotonic()
    grade_ = judge(Problem("p", "q", "math", "x+1"), hostile)
    assert grade_.verdict in ("incorrect", "unparsed")
    assert time.monotonic() - started < math_process.TIME_LIMIT + math_process.START_SECONDS


def test_a_comparison_out_of_time_ends_the_worker_and_the_next_one_works() -> None:
    process = MathProcess(time_limit=0.0)
    try:
        with pytest.raises(MathTimeout):
            process.equivalent("x+1", "1+x")
    finally:
        process.close()
    fresh = MathProcess(time_limit=30.0)
    try:
        assert fresh.equivalent("x+1", "1+x") is True
        assert fresh.equivalent("x+1", "x-1") is False
        first = fresh.worker.process
        assert first is not None
        first.kill()
        first.wait()
        assert fresh.equivalent("2x", "x+x") is True
    finally:
        fresh.close()
    assert fresh.worker.process is None


def test_out_of_time_is_unparsed_not_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(reference: str, answer: str) -> bool | None:
        raise MathTimeout("too long")

    monkeypatch.setattr(math_process, "equivalent", never)
    assert judge(Problem("p", "q", "math", "x+12345"), "y+54321").verdict == "unparsed"


@given(st.text(alphabet="\\frac{}boxed$^_123x+-, ", max_size=60))
def test_the_canonical_spelling_is_stable(latex: str) -> None:
    once = maths.canonical(latex)
    if once is not None:
        assert maths.canonical(once) == once
