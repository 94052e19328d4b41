"""Internal consistency: what layers, decoders and responses say, and how far each depth agrees with itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from storage.records import Problem, StoredRun
from tests.methods.playing import SUM, Judge, Play, first_drafts, said_to
from tests.methods.real import engine_of, played
from tests.methods.signalled import score_of
from tests.runs.puppet import LAYERS
from webapp.charts.evidence import evidence_of
from webapp.engine.local import LocalEngine
from webapp.methods.internal_consistency import DIGITS, DIRECTLY, directly
from webapp.runs.request import typed_problem
from webapp.tasks.question import Question
from webapp.tasks.starter import starter_problems

BIRD = typed_problem("Which is a bird?", "choice", "B", ("cat", "owl", "cow"))


def saying(model: Judge, *responses: str, direct: str = "Answer: 4") -> None:
    model.script = lambda prompt, sample: direct if DIRECTLY in said_to(prompt) else responses[sample]


def pointing(*digits: int) -> list[float]:
    """Return masses of the ten digits; the named ones share 0.8."""
    return [0.8 / len(digits) if digit in digits else 0.0 for digit in range(10)]


async def test_responses_reason_and_four_decoders_answer_directly(play: Play, model: Judge) -> None:
    stored = await play("internal_consistency", samples=2, direct_tokens=9, min_p=0.1)
    settings = ("temperature", "top_p", "top_k", "min_p", "max_tokens")
    drawn = {g.label: tuple(g.sampling[key] for key in settings) for g in stored.generations}
    assert drawn == {
        "draft": (0.55, 0.8, 0, 0.1, 200),
        "greedy": (0.0, 1.0, 0, 0.0, 9),
        "pure sampling": (1.0, 1.0, 0, 0.0, 9),
        "top-k 50": (1.0, 1.0, 50, 0.0, 9),
        "top-p 0.95": (1.0, 0.95, 0, 0.0, 9),
    }
    decoders = stored.generations[2:]
    assert [(g.branch, g.round) for g in decoders] == [(2, 1), (3, 1), (4, 1), (5, 1)]
    assert all(g.messages == (("user", f"{SUM.question}\n\n{DIRECTLY}"),) for g in decoders)


async def test_responses_and_decoders_are_measured_apart(play: Play, model: Judge) -> None:
    saying(model, *(f"Answer: {n}" for n in (5, 3, "3.0", 3)), "Hm.", direct="Answer: 4")
    stored = await play("internal_consistency", samples=5)
    responses, decoders = (score_of(stored, name) for name in ("response_consistency", "decoding_consistency"))
    assert responses.details["values"] == ["5", "3", "3", "3", None]
    assert responses.value == responses.details["neg_entropy"] == pytest.approx(-0.811278124459)
    assert responses.details["neg_variance"] == pytest.approx(-0.75)
    assert (responses.details["majority_share"], responses.details["missing"]) == (0.75, 1)
    assert (decoders.value, decoders.details["values"]) == (0.0, ["4"] * 4)
    assert stored.run.outcome.answer == "3"


async def test_the_layers_are_read_as_they_are_and_with_one_head_each(play: Play, model: Judge) -> None:
    model.masses = lambda layer, alone: pointing(3, 5) if layer < LAYERS else pointing(7) if alone else pointing(4)
    saying(model, "Answer: 4", "Answer: 4", "Answer: 3")
    stored = await play("internal_consistency", samples=3, head_layers=3, head=2)
    details = score_of(stored, "latent_consistency").details
    assert details["layers"] == [1, 2, 3, 4] and details["says"] == ["3", "3", "3", "4"]
    assert details["agreement"] == pytest.approx([0.5, 0.5, 0.5, 1.0])
    assert details["entropy"] == pytest.approx([0.6931471805599453] * 3 + [0.0])
    assert details["captured"] == pytest.approx([0.8] * 4)
    assert details["heads"] == [{"layer": n, "head": 2, "says": "7"} for n in (1, 3, 4)]
    assert (details["samples"], details["decoding"]) == (["4", "4", "3"], ["4"] * 4)
    begun = directly(Question.of(SUM)).continuing(tuple(b"Answer: "))
    assert model.looked == [(begun, None), (begun, (0, 2)), (begun, (2, 2)), (begun, (3, 2))]


async def test_the_value_is_that_of_the_heads(play: Play, model: Judge) -> None:
    answers = iter([0, 0, 5, 4])

    def masses(layer: int, alone: bool) -> list[float]:
        return pointing(next(answers)) if alone and layer == LAYERS else pointing(1)

    model.masses = masses
    latent = score_of(await play("internal_consistency", samples=1, head_layers=4), "latent_consistency")
    assert latent.details["values"] == ["0", "0", "5", "4"]
    assert (latent.value, latent.details["neg_variance"]) == (-1.5, pytest.approx(-5.1875))


async def test_letters_are_the_candidates_of_a_choice_and_have_no_variance(play: Play, model: Judge) -> None:
    model.masses = lambda layer, alone: [0.1, 0.5, 0.2]
    saying(model, "Answer: B", "Answer: C", direct="Answer: B")
    stored = await play("internal_consistency", BIRD, samples=2)
    latent = score_of(stored, "latent_consistency").details
    assert latent["options"] == ["A", "B", "C"] and set(latent["says"]) == {"B"}
    responses = score_of(stored, "response_consistency").details
    assert (responses["neg_entropy"], responses["neg_variance"]) == (-1.0, None)
    assert "single letter" in said_to(directly(Question.of(BIRD)))


@pytest.mark.parametrize(
    ("problem", "said", "why"),
    [
        (SUM, "Answer: 42", "the samples answer 42"),
        (typed_problem("What is the capital of Spain?", "text", "Madrid"), "Answer: Rome", "are free texts"),
        (typed_problem("Is water wet?", "yesno", "yes"), "Answer: yes", "in several tokens"),
    ],
)
async def test_where_an_answer_is_no_single_token_the_layers_are_not_read(
    play: Play, model: Judge, problem: Problem, said: str, why: str
) -> None:
    saying(model, said, direct=said)
    stored = await play("internal_consistency", problem, samples=1)
    assert why in stored.run.outcome.note and stored.run.outcome.note.startswith("The layers were not read: ")
    assert [score.name for score in stored.scores] == ["response_consistency", "decoding_consistency"]
    assert model.looked == []


async def test_texts_without_an_answer_have_no_consistency(play: Play, model: Judge) -> None:
    saying(model, "Hm.", direct="Hm.")
    stored = await play("internal_consistency", samples=1)
    details = score_of(stored, "response_consistency").details
    assert (details["neg_entropy"], details["neg_variance"], details["missing"]) == (None, None, 1)
    assert score_of(stored, "latent_consistency").details["options"] == list(DIGITS)


def test_on_the_real_model_every_layer_is_read(embedded_model: Path, tmp_path: Path) -> None:
    problems = [next(s.problem for s in starter_problems() if s.problem.kind == kind) for kind in ("yesno", "choice")]
    engine = engine_of(embedded_model)
    runs: list[StoredRun] = []

    async def scenes(play: Play) -> None:
        for problem in problems:
            runs.append(
                await play("internal_consistency", problem, samples=2, max_tokens=6, direct_tokens=4, head_layers=2)
            )
        await check_last_layer(engine, runs)

    asyncio.run(played(engine, f"sqlite:///{tmp_path / 'runs.db'}", scenes))
    asyncio.run(engine.close())
    for run in runs:
        details = score_of(run, "latent_consistency").details
        assert details["layers"] == list(range(1, 31)) and [h["layer"] for h in details["heads"]] == [1, 30]
        assert len(first_drafts(run)) == 2 and len(run.generations) == 6
        found = {each.title: each for each in evidence_of(run.run, run.generations, run.scores)}
        assert found["Agreement by depth"].figure is not None
        table = found["Consistency by depth"].table
        assert table is not None and len(table.rows) == 3


async def check_last_layer(engine: LocalEngine, runs: list[StoredRun]) -> None:
    """The last layer says what the model itself chooses among the same spellings."""
    for run in runs:
        details = score_of(run, "latent_consistency").details
        prompt = directly(Question.of(run.run.problem)).continuing(engine.tokenize("Answer:"))
        spellings = [
            [
                each
                for each in (f" {name}", f" {name.capitalize()}", f" {name.upper()}")
                if len(engine.tokenize(each)) == 1
            ]
            for name in details["options"]
        ]
        [chosen] = await engine.choose([prompt], spellings)
        assert details["captured"][-1] == pytest.approx(chosen.captured, rel=1e-3)
        assert details["agreement"][-1] == pytest.approx(max(chosen.probabilities), rel=1e-3)
        assert chosen.masses.index(max(chosen.masses)) == details["options"].index(details["says"][-1])
