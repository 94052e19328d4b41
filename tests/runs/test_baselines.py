from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from storage.records import Cost, Generation, ModelRecord, Problem, Role, Run
from storage.trace import TraceSummary
from webapp.runs.baselines import MOST_SAMPLES, Baseline, baselines, spent, stored

NOW = datetime(2026, 1, 2, tzinfo=UTC)
MODEL = ModelRecord("m", "test", "1", "cpu", "float32", "none", 1e-4, 10, 100)
PARAMS = {"samples": 1, "temperature": 0.7, "top_p": 0.9, "top_k": 0, "min_p": 0.0, "max_tokens": 50, "max_rounds": 2}
RUN = Run(
    "run", "session", "launch", 0, Problem("p", "How many?"), "self_refine", "1", PARAMS, 7, MODEL, NOW,
    status="finished",
)  # fmt: skip


def generation(role: Role, tokens: int, round: int = 0, copied_from: str | None = None) -> Generation:
    cost = Cost() if copied_from else Cost(tokens)
    summary = TraceSummary(tokens)
    return Generation(
        f"{role}{round}", "run", 0, role, role, NOW, round=round, cost=cost, summary=summary, copied_from=copied_from
    )


def refined(*generations: Generation) -> Run:
    return replace(RUN, cost=sum((g.cost for g in generations), Cost()))


def vote(run: Run, *generations: Generation) -> Baseline:
    return baselines(run, generations)[1]


def test_the_vote_has_as_many_samples_as_the_tokens_pay_for() -> None:
    texts = (generation("draft", 20), generation("critique", 50, 1), generation("revision", 30, 1))
    greedy, votes = baselines(refined(*texts), texts)
    assert (greedy.params["samples"], greedy.params["temperature"], greedy.tokens) == (1, 0.0, 20)
    assert (votes.params["samples"], votes.tokens) == (5, 100)
    assert {name: votes.params[name] for name in ("temperature", "top_p", "max_tokens")} == {
        "temperature": 0.7, "top_p": 0.9, "max_tokens": 50,
    }  # fmt: skip
    assert "max_rounds" not in votes.params


def test_drafts_of_an_earlier_run_are_part_of_what_a_result_took() -> None:
    texts = (generation("draft", 20, copied_from="other"), generation("revision", 40, 1))
    run = refined(*texts)
    assert run.cost.generated_tokens == 40
    assert spent(run, texts) == 60
    assert vote(run, *texts).params["samples"] == 3


def test_ideas_of_later_rounds_are_no_first_drafts() -> None:
    texts = (generation("draft", 10), generation("draft", 90, 1))
    assert vote(refined(*texts), *texts).params["samples"] == 10


def test_a_vote_has_at_least_one_sample_and_is_bounded() -> None:
    short = (generation("draft", 10),)
    assert vote(refined(*short), *short).params["samples"] == 1
    long = (generation("draft", 1), generation("revision", 5000, 1))
    assert vote(refined(*long), *long).params["samples"] == MOST_SAMPLES


def test_a_run_without_first_drafts_has_none() -> None:
    texts = (generation("revision", 10, 1),)
    assert baselines(refined(*texts), texts) == []


@pytest.mark.parametrize(
    "changes",
    [{"seed": 8}, {"model": replace(MODEL, dtype="bfloat16")}, {"problem": Problem("q", "Other?")},
     {"status": "cancelled"}, {"method": "p_true"}, {"input_run": "x"}, {"params": {"samples": 4}}],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
def test_only_the_very_same_run_is_taken_for_a_stored_baseline(changes: dict[str, object]) -> None:
    texts = (generation("draft", 20), generation("revision", 80, 1))
    run = refined(*texts)
    wanted = vote(run, *texts)
    match = replace(RUN, id="other", method="self_consistency", params={**wanted.params})
    assert stored(wanted, run, [replace(match, **changes), match]) is match  # type: ignore[arg-type]
    assert stored(wanted, run, [replace(match, **changes)]) is None  # type: ignore[arg-type]
