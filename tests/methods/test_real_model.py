"""Every method on two starter problems with the embedded model, checked as stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from storage.database import Database
from storage.records import Score, StoredRun
from storage.repositories import runs as run_store
from tests.methods.playing import ALL_DRAWN, IN_ONE_MESSAGE, Play, counted, first_drafts
from tests.methods.real import Independent, engine_of, played
from tests.runs.puppet import Stage
from webapp.analysis.truncation import Rules
from webapp.auth import LOCAL
from webapp.engine.local import LocalEngine
from webapp.methods.p_true import judgement
from webapp.methods.registry import methods
from webapp.runs.decoding import Decoding
from webapp.runs.library import Text
from webapp.runs.request import RunRequest
from webapp.tasks.question import Question
from webapp.tasks.starter import starter_problems

METHODS = [name for name, spec in methods().items() if spec.run.__module__.startswith("webapp.")]
PROBLEMS = [
    next(starter.problem for starter in starter_problems() if starter.problem.kind == kind)
    for kind in ("numeric", "choice")
]
SETTINGS = {"samples": 2, "max_tokens": 20, "temperature": 0.8, "top_p": 1.0}
OWN = ALL_DRAWN | {
    "self_refine": {"max_rounds": 1},
    "p_true": {"ideas": 3},
    "early_pruning": {"pruned": 0.0, "checkpoint": 8},
    "self_critique_probe": {"stretch": 1},
    "internal_consistency": {"head_layers": 1, "direct_tokens": 8},
    "spct": {"judgements": 2, "judge_tokens": 20, "examples": False},
    "say_self": {"retries": 0, "examples": False},
    "mixture": {"settings": '[{"most_questions": 1}, {}]'},
    "reflexion": {"trials": 2},
    "evo_scale": {"generations": 2, "parents": 2},
    "magicore": {"rounds": 1, "quality_below": 10.0, "confidence_below": 1.0, "most_steps": 2},
    "decoding_rules": {"nucleus": 1.0, "base": 0.0, "most": 0},
    "power_smc": {"particles": 3, "every": 4, "threshold": 1.0},
    "prompt_product": {"particles": 2, "every": 4, "threshold": 1.0},
    "power_metropolis": {"blocks": 2, "moves": 1},
    "srgen": {"before": 1.0, "steps": 1, "positions": 64, "most": 2},
    "soft_thinking": {"top_k": 0, "answer_tokens": 5},
    "iterative_deepening": {"first_boundary": 6, "trigger": " Wait."},
}


class Stored(NamedTuple):
    """What the database holds: the runs of both problems by method, and a judgement without ideas."""

    engine: LocalEngine
    runs: dict[tuple[int, str], StoredRun]
    bare: StoredRun


@pytest.fixture(scope="module")
def stored(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    engine = engine_of(embedded_model)
    url = f"sqlite:///{tmp_path_factory.mktemp('real') / 'runs.db'}"
    made: list[str] = []

    async def scenes(play: Play) -> None:
        requests = [
            RunRequest(problem, name, SETTINGS | OWN.get(name, {}), seed=5)
            for problem in PROBLEMS
            for name in METHODS
        ]
        runs = await play.together(*requests)
        source = runs[METHODS.index("self_consistency")]
        bare = await play("p_true", PROBLEMS[0], source=source, seed=5, ideas=0)
        made.extend(run.run.id for run in [*runs, bare])

    async def read() -> list[StoredRun]:
        database = Database.open(url)
        found = [await database.read(lambda s, i=i: run_store.load(s, i)) for i in made]  # type: ignore[misc]
        await database.close()
        return [run for run in found if run is not None]

    asyncio.run(played(engine, url, scenes))
    *runs, bare = asyncio.run(read())
    places = [(p, name) for p in range(len(PROBLEMS)) for name in METHODS]
    yield Stored(engine, dict(zip(places, runs, strict=True)), bare)
    asyncio.run(engine.close())


@pytest.fixture(scope="module")
def double(embedded_model: Path) -> Independent:
    return Independent(embedded_model, torch.float64)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("problem", range(len(PROBLEMS)))
def test_it_finishes_with_its_first_attempts_and_its_cost_kept(stored: Stored, problem: int, name: str) -> None:
    run = stored.runs[problem, name]
    assert (run.run.status, run.run.error, run.run.oracle) == ("finished", "", False)
    assert [g.status for g in run.generations] == ["finished"] * len(run.generations)
    drafts = first_drafts(run)
    assert [g.branch for g in drafts] == [0, 1]
    assert all(g.verdict != "ungraded" and g.text and g.cost.generated_tokens <= 20 for g in drafts)
    outcome = run.run.outcome
    assert outcome.chosen_generation in {g.id for g in run.generations}
    assert (outcome.answer is None) is (outcome.verdict == "unparsed")
    assert outcome.first_verdict != "ungraded"
    parts, whole = counted(run), run.run.cost
    assert (parts.generated_tokens, parts.prompt_tokens, parts.calls) == (
        whole.generated_tokens,
        whole.prompt_tokens,
        whole.calls,
    )


@pytest.mark.parametrize("problem", range(len(PROBLEMS)))
def test_one_seed_gives_every_method_the_same_drafts(stored: Stored, problem: int) -> None:
    drafts = [
        [run.traces[g.id].ids.tolist() for g in first_drafts(run)]
        for run in (stored.runs[problem, name] for name in METHODS if name not in IN_ONE_MESSAGE)
    ]
    assert all(ids == drafts[0] for ids in drafts)
    assert drafts[0][0] != drafts[0][1], "two samples are two draws"


@pytest.mark.parametrize("name", ["ask_again", "two_turn", "rci"])
def test_the_correction_follows_a_text_of_the_same_sample(stored: Stored, name: str) -> None:
    run = stored.runs[0, name]
    texts = {g.id: g for g in run.generations}
    for generation in run.generations:
        for parent in generation.parents:
            assert texts[parent].branch == generation.branch
            assert ("assistant", texts[parent].text) in generation.messages


@dataclass
class Shelf:
    """A library of the texts of one run, open to everybody."""

    run: StoredRun

    def of(self, person: object) -> Shelf:
        return self

    async def text(self, text_id: str) -> Text:
        [generation] = [g for g in self.run.generations if g.id == text_id]
        return Text(self.run.run, generation, self.run.traces[text_id])


@pytest.mark.parametrize("problem", range(len(PROBLEMS)))
def test_what_a_rule_kept_while_it_drew_is_what_it_keeps_when_the_text_is_read_again(
    stored: Stored, problem: int
) -> None:
    run = stored.runs[problem, "decoding_rules"]
    decoding = Decoding(Shelf(run), Stage(stored.engine))  # type: ignore[arg-type]
    names = {"top-H 0.4": "top_h", "top-H by code 0.4": "top_h_repo", "eta 0.0002": "eta"}
    for generation in run.generations:
        trace = run.traces[generation.id]
        found = asyncio.run(decoding.along(generation.id, None, Rules(), person=LOCAL))
        assert found.unknown == "" and found.temperature == SETTINGS["temperature"]
        assert trace.candidates is not None and trace.sampled_entropy is not None
        assert found.entropy == pytest.approx(trace.sampled_entropy.tolist(), abs=1e-3)
        if rule := names.get(generation.label):
            # of tens of thousands the last bits of a distribution may decide one
            assert found.kept[rule] == pytest.approx(trace.candidates.tolist(), rel=1e-3)


def judged(stored: Stored) -> list[tuple[StoredRun, Score]]:
    runs = [*(stored.runs[p, "p_true"] for p in range(len(PROBLEMS))), stored.bare]
    return [(run, score) for run in runs for score in run.scores]


def test_p_true_is_the_share_of_the_stored_masses(stored: Stored) -> None:
    assert [score.details["ideas"] for _, score in judged(stored)] == [3, 3, 3, 3, 0, 0]
    for _, score in judged(stored):
        true, false = score.details["masses"]
        assert score.value is not None and 0 <= score.value <= 1
        assert score.value == pytest.approx(true / (true + false), rel=1e-12)
        assert score.details["captured"] == pytest.approx(true + false, rel=1e-12) and true + false <= 1 + 1e-6
        for mass, variants in zip((true, false), score.details["variants"], strict=True):
            assert mass == pytest.approx(sum(each for _, each in variants), rel=1e-12)


def test_p_true_is_that_of_a_float64_pass_over_what_the_judge_was_shown(stored: Stored, double: Independent) -> None:
    for run, score in judged(stored):
        texts = {g.id: g.text for g in run.generations}
        ideas = [texts[shown] for shown in score.details["shown"]]
        prompt, begun = judgement(Question.of(run.run.problem), texts[str(score.generation_id)], ideas)
        ids = stored.engine.chat.ids(prompt.continuing(stored.engine.tokenize(begun)))
        assert len(ids) == score.details["prompt_tokens"]
        spelt = [[stored.engine.tokenize(text) for text, _ in option] for option in score.details["variants"]]
        true, false = double.masses(ids, spelt)
        tolerance = run.run.model.tolerance
        assert score.details["masses"] == [pytest.approx(true, rel=tolerance), pytest.approx(false, rel=tolerance)]
        assert score.value == pytest.approx(true / (true + false), abs=tolerance)


def test_judging_taken_samples_leaves_them_as_they_were(stored: Stored) -> None:
    source = stored.runs[0, "self_consistency"]
    assert [g.copied_from for g in stored.bare.generations] == [g.id for g in source.generations]
    assert [g.text for g in stored.bare.generations] == [g.text for g in source.generations]
    assert stored.bare.run.cost.generated_tokens == 0
    assert {s.generation_id for s in stored.bare.scores} == {g.id for g in stored.bare.generations}
