"""Decoding rules: the same noise under one rule after another, a vote for each, and what each kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import Judge, Play, first_drafts
from tests.methods.signalled import score_of
from tests.runs.puppet import EOS
from webapp.charts.evidence import evidence_of
from webapp.engine.protocol import Prompt, Sampling
from webapp.methods.decoding_rules import DecodingRulesParams, rules

ALL = ("top-H 0.4", "top-H by code 0.4", "top-p 0.9", "min-p 0.1", "top-k 20", "eta 0.0002")
RULES: dict[str, dict[str, Any]] = {
    "draft": {},
    "top-H 0.4": {"top_h": 0.4},
    "top-H by code 0.4": {"top_h": 0.4, "top_h_variant": "repo"},
    "top-p 0.9": {"top_p": 0.9},
    "min-p 0.1": {"min_p": 0.1},
    "top-k 20": {"top_k": 20},
    "eta 0.0002": {"eta": 0.0002},
}
OFF = {"top_p": 1.0, "top_k": 0, "min_p": 0.0, "top_h": 0.0, "top_h_variant": "paper", "eta": 0.0}
FEW: dict[str, Any] = {"repo": False, "base": 0.0, "most": 0, "epsilon": 0.0}  # top-H and top-p are left


@dataclass
class ByRule(Judge):
    """Says what the rule that a text is drawn by lets it say."""

    says: Callable[[Sampling, int], str] = lambda sampling, sample: f"Answer: {sample}"

    def _rest(self, prompt: Prompt, sampling: Sampling, sample: int) -> list[int]:
        said = self.says(sampling, sampling.first_sample + sample)
        return [*said.encode(), EOS][: sampling.max_tokens]


@pytest.fixture
def model() -> ByRule:
    return ByRule()


def told(stored: StoredRun) -> dict[str, dict[str, Any]]:
    return {each["rule"]: dict(each) for each in score_of(stored, "rules_agree").details["rules"]}


async def test_every_rule_draws_every_sample_with_the_noise_of_its_draft(play: Play, model: ByRule) -> None:
    stored = await play("decoding_rules", samples=2, seed=3, temperature=1.5)
    drawn = {(g.label, g.branch): g.sampling for g in stored.generations}
    assert list(drawn) == [
        ("draft", 0),
        ("draft", 1),
        *((rule, 2 * k + i) for k, rule in enumerate(ALL, 1) for i in (0, 1)),
    ]
    for (label, branch), sampling in drawn.items():
        assert {name: sampling[name] for name in OFF} == OFF | RULES[label]
        key = tuple(sampling[name] for name in ("seed", "label", "first_sample", "redraw", "temperature"))
        assert key == (3, "draft", branch % 2, 0, 1.5)


async def test_the_runs_own_settings_truncate_the_first_drafts_alone(play: Play, model: ByRule) -> None:
    stored = await play("decoding_rules", top_p=0.5, min_p=0.2, **FEW)
    draft, *others = stored.generations
    assert (draft.sampling["top_p"], draft.sampling["min_p"]) == (0.5, 0.2)
    assert [(g.sampling["top_h"], g.sampling["top_p"], g.sampling["min_p"]) for g in others] == [
        (0.4, 1.0, 0.0), (0.0, 0.9, 0.0),
    ]  # fmt: skip


async def test_texts_by_a_rule_are_no_first_attempts(play: Play, model: ByRule) -> None:
    stored = await play("decoding_rules", samples=2)
    assert [g.branch for g in first_drafts(stored)] == [0, 1]
    assert {(g.role, g.round) for g in stored.generations[2:]} == {("draft", 1)}


async def test_each_rule_votes_and_the_vote_by_top_h_is_the_answer(play: Play, model: ByRule) -> None:
    answers = {"top_h": ["4", "4", "9"], "top_p": ["5", "6", "6"], "draft": ["4", "5", "5"]}

    def says(sampling: Sampling, sample: int) -> str:
        rule = "top_h" if sampling.top_h else "top_p" if sampling.top_p < 1 else "draft"
        return f"Answer: {answers[rule][sample]}"

    model.says = says
    stored = await play("decoding_rules", samples=3, **FEW)
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.verdict) == ("4", "correct")
    assert (outcome.first_answer, outcome.first_verdict) == ("5", "incorrect")
    assert [(v.answer, v.branches) for v in outcome.votes] == [("4", (3, 4)), ("9", (5,))]
    rows = told(stored)
    assert {name: (row["answer"], row["agreeing"]) for name, row in rows.items()} == {
        "own settings": ("5", 2), "top-H 0.4": ("4", 2), "top-p 0.9": ("6", 2),
    }  # fmt: skip
    assert score_of(stored, "rules_agree").value == pytest.approx(1 / 3)
    assert rows["top-p 0.9"]["branches"] == [6, 7, 8]


async def test_a_tie_goes_to_the_earlier_sample_and_is_told(play: Play, model: ByRule) -> None:
    stored = await play("decoding_rules", samples=2, **FEW)
    assert stored.run.outcome.answer == "0" and "2 answers tie" in stored.run.outcome.note


async def test_texts_without_an_answer_are_counted_apart(play: Play, model: ByRule) -> None:
    model.says = lambda sampling, sample: "Hm." if sampling.top_h or sample else "Answer: 4"
    stored = await play("decoding_rules", samples=2, **FEW)
    assert (stored.run.outcome.answer, stored.run.outcome.verdict) == (None, "unparsed")
    assert {name: (row["answer"], row["missing"]) for name, row in told(stored).items()} == {
        "own settings": ("4", 1), "top-H 0.4": (None, 2), "top-p 0.9": ("4", 1),
    }  # fmt: skip
    assert score_of(stored, "rules_agree").value is None


async def test_what_was_kept_is_read_from_the_traces(play: Play, model: ByRule) -> None:
    stored = await play("decoding_rules", temperature=1.0, **FEW)
    row = told(stored)["top-H 0.4"]
    assert (row["tokens"], row["entropy"]) == (3.0, 0.5)
    assert row["mass"] == pytest.approx(0.8824969)  # exp(-0.25 + 0.125)
    assert row["along"] == [3] * len("Answer: 0 ")


async def test_its_evidence_is_a_row_and_a_line_a_rule(play: Play, model: ByRule) -> None:
    stored = await play("decoding_rules", samples=2)
    [found] = [
        e for e in evidence_of(stored.run, stored.generations, stored.scores) if e.title.startswith("The same")
    ]
    assert found.table is not None and found.figure is not None
    assert [row[0] for row in found.table.rows] == ["own settings", *ALL]
    assert (found.table.chosen, found.table.rows[1][-1]) == (1, 2.0)
    assert [line.name for line in found.figure.data] == ["own settings", *ALL]


def test_a_rule_that_would_keep_everything_is_left_out() -> None:
    names = [rule.name for rule in rules(DecodingRulesParams(alpha=0.25, nucleus=1.0, most=0, repo=False))]
    assert names == ["top-H 0.25", "min-p 0.1", "eta 0.0002"]
    defaults = DecodingRulesParams()
    assert tuple(rule.name for rule in rules(defaults)) == ALL
    assert (defaults.alpha, defaults.temperature, defaults.nucleus, defaults.base) == (0.4, 1.0, 0.9, 0.1)
