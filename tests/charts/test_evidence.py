"""What is shown of a run's scores: the table that all runs have, and charts by the name of a score."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from storage.records import Vote
from tests.charts.evidence_run import run, score, table, text
from webapp.charts import evidence
from webapp.charts.evidence import SHOWN_AT_MOST, Evidence, charted, evidence_for, evidence_of


@pytest.fixture
def put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    charted()
    monkeypatch.setattr(evidence, "_OF_SCORES", dict(evidence._OF_SCORES))
    yield


def column(found: Evidence, head: str) -> list[Any]:
    heads = [each.head for each in table(found).columns]
    return [row[heads.index(head)] for row in table(found).rows]


def test_every_run_has_a_table_of_its_texts_and_scores():
    texts = [text("b", 1, answer=None, verdict="unparsed"), text("a", 0)]
    votes = (Vote("42", (0,), 1.0, winner=True),)
    of_run = run(chosen_generation="a", votes=votes)
    [found] = evidence_of(of_run, texts, [score("vote_weight", "a", 0.25), score("mean_logprob", "b", -2.0)])
    assert (column(found, "Sample"), column(found, "Answer")) == ([0, 1], ["42", None])
    assert column(found, "Verdict") == ["correct", "unparsed"]
    assert column(found, "Votes for it") == [1.0, None]
    assert column(found, "vote weight") == [0.25, None]
    assert column(found, "mean logprob") == [None, -2.0]  # the score, not the summary of the same name
    assert column(found, "self certainty") == [9.5, 9.5]
    assert table(found).chosen == 0
    assert "Text" not in [each.head for each in table(found).columns]


def test_numbers_that_are_never_negative_are_bars():
    texts = [text("a", 0), text("b", 1)]
    scores = [score("vote_weight", "a", 0.25), score("borda_points", "a", 8.0), score("borda_points", "b", 0.0)]
    [found] = evidence_of(run(), texts, scores)
    looks = {each.head: (each.kind, each.whole, each.about) for each in table(found).columns}
    assert looks["vote weight"] == ("bar", 1.0, "how vote_weight is read")
    assert looks["borda points"] == ("bar", 0.0, "how borda_points is read")
    assert looks["mean logprob"][0] == "number"


def test_rounds_and_judged_texts_have_rows_but_ideas_do_not():
    texts = [
        text("draft"), text("critique", role="critique", round=1, ordinal=1, answer=None, verdict="ungraded"),
        text("revision", role="revision", round=1, ordinal=2), text("idea", 1, round=1),
        text("other", 2, role="critique", round=1), text("judged", 2, role="evaluation", round=1),
    ]  # fmt: skip
    [found] = evidence_of(run(chosen_generation="revision"), texts, [score("judge_points", "judged", 3.0)])
    assert column(found, "Text") == ["draft", "revision, round 1", "evaluation, round 1"]
    assert table(found).chosen == 1


def test_a_dropped_text_has_no_part_in_the_vote():
    texts = [text("kept", 0, role="revision"), text("dropped", 0, role="revision", round=1, finish_reason="pruned")]
    votes = (Vote("42", (0,), 0.75, winner=True),)
    [found] = evidence_of(run(votes=votes), texts, [])
    assert column(found, "Votes for it") == [0.75, None]


@pytest.mark.parametrize(("scores", "shown"), [([], 0), ([score("p_true", "a")], 1), ([score("whole")], 0)])
def test_a_single_text_is_only_listed_for_its_scores(scores: list[Any], shown: int):
    assert len(evidence_of(run(), [text("a")], scores)) == shown


def test_the_last_score_of_a_name_counts():
    [found] = evidence_of(run(), [text("a")], [score("p_true", "a", 0.1), score("p_true", "a", 0.9)])
    assert column(found, "p true") == [0.9]


def test_a_chart_is_found_by_the_name_of_its_score(put_back: None):
    @evidence_for("spread")
    def spread(score: Any, generations: Any, scores: Any) -> Evidence | None:
        return Evidence(f"Spread of {score.value}", "Read it.") if score.value else None

    found = evidence_of(run(), [text("a")], [score("spread", None, 2.0), score("spread", None, 0.0), score("other")])
    assert [each.title for each in found] == ["Spread of 2.0"]
    many = evidence_of(run(), [], [score("spread", str(i), 1.0) for i in range(40)])
    assert len(many) == SHOWN_AT_MOST


def test_two_modules_cannot_show_one_score(put_back: None):
    with pytest.raises(ValueError, match="two charts are for the score entropy_similarity"):
        evidence_for("entropy_similarity")(lambda score, generations, scores: None)


@pytest.mark.parametrize("name", sorted(charted()))
@pytest.mark.parametrize("details", [{}, {"points": 3, "first": {"a": "<b>"}, "layers": [[]]}, {"layers": []}])
def test_what_an_imported_file_says_is_not_trusted(name: str, details: dict[str, Any]):
    [found] = evidence_of(run(), [], [score(name, None, 1.0, **details)])
    assert "not drawn" in found.reading and found.figure is None


def test_evidence_is_plain_data():
    first, second = evidence_of(
        run(), [text("a"), text("b", 1)], [score("entropy_similarity", None, 0.5, first=[0.5, None], second=[1.0])]
    )
    told = json.loads(json.dumps([first.as_data(), second.as_data()]))
    assert told[0]["figure"] is None and told[0]["table"]["columns"][0]["kind"] == "sample"
    assert told[1]["table"] is None and told[1]["figure"]["data"][0]["y"] == [0.5, None]
