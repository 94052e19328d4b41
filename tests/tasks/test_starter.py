from __future__ import annotations

from collections import Counter

import pytest

from webapp.tasks.graders import grade
from webapp.tasks.starter import StarterProblem, measurement, starter_problems

STARTERS = starter_problems()


def test_about_forty_problems_in_four_balanced_kinds() -> None:
    kinds = Counter(starter.problem.kind for starter in STARTERS)
    assert 36 <= len(STARTERS) <= 44
    assert set(kinds) == {"numeric", "choice", "yesno", "text"}
    assert min(kinds.values()) >= 8
    assert len({starter.problem.id for starter in STARTERS}) == len(STARTERS)


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.problem.source)
def test_each_wavers_and_its_reference_is_right(starter: StarterProblem) -> None:
    assert 0.2 <= starter.pass_rate <= 0.8
    assert starter.samples >= 32
    assert starter.category in starter.problem.tags
    reference = (starter.problem.reference or "").split("|")[0]
    assert grade(starter.problem, f"Answer: {reference}").verdict == "correct"


def test_one_problem_is_for_the_first_visit_and_stands_first() -> None:
    assert [starter.first for starter in STARTERS] == [True] + [False] * (len(STARTERS) - 1)
    assert 0.35 <= STARTERS[0].pass_rate <= 0.65


def test_how_they_were_measured_is_known() -> None:
    how = measurement()
    assert how.model == "SmolLM2-135M-Instruct"
    assert how.temperature == 0.7
    assert how.max_tokens <= 200
    assert how.revision and how.date
