"""Procedural problems: the same from a seed everywhere, judged by their own verifier, in a process of their own."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.records import Problem
from webapp.paths import user_cache_folder
from webapp.tasks import procedural
from webapp.tasks.graders import grade
from webapp.tasks.procedural import Gym
from webapp.tasks.procedural_item import RELEASE, Item
from webapp.tasks.readers import ReadError
from webapp.tasks.readers.procedural import generators, procedural_problems


@pytest.fixture(scope="module")
def own() -> Iterator[Gym]:
    """Return the program's own: the package is fetched by the first test that needs it, and kept."""
    yield procedural.gym()
    procedural.gym().close()


def test_a_seed_makes_the_same_different_problems(own: Gym) -> None:
    first, again = [procedural_problems("chain_sum", {"min_terms": 2, "max_terms": 3}, 12, 5) for _ in range(2)]
    assert first == again and len({problem.id for problem in first}) == 12
    assert [p.question for p in procedural_problems("chain_sum", {"min_terms": 2, "max_terms": 3}, 4, 5)] == [
        p.question for p in first[:4]
    ]
    assert procedural_problems("chain_sum", {}, 12, 6)[0].question != first[0].question
    assert (
        first[3].source == f'reasoning-gym {RELEASE}: chain_sum, seed 5, item 3, {{"max_terms": 3, "min_terms": 2}}'
    )
    assert all(problem.kind == "procedural" and problem.reference for problem in first)


def test_known_items_stay_what_they_are(own: Gym) -> None:
    """Guards what a stored seed means: computed once with the pinned release."""
    found = procedural_problems("leg_counting", {}, 3, 42)
    digest = hashlib.sha256(json.dumps([[p.question, p.reference] for p in found]).encode()).hexdigest()
    assert digest == "e9e1929021ad1a8a74402d7ff159debfc745027977fdb0ec189085a8188fd877"


def test_the_verifier_accepts_what_the_reference_does_not_say(own: Gym) -> None:
    """Some problems have many solutions, and some no reference at all."""
    [jugs] = procedural_problems("jugs", {}, 1, 3)
    assert jugs.reference is not None
    plan = json.loads(jugs.reference)
    assert grade(jugs, f"Answer: {json.dumps([plan[0], *plan])}").verdict == "correct", (
        "a detour is a solution as well"
    )
    assert grade(jugs, "Answer: []").verdict == "incorrect"
    [colours] = procedural_problems("graph_color", {"min_num_vertices": 3, "max_num_vertices": 3}, 1, 3)
    assert colours.reference is None
    assert grade(colours, 'Answer: {"0": 1, "1": 2, "2": 3}').verdict == "correct"
    assert grade(colours, "I do not know where to begin. " * 40).verdict == "unparsed"


@pytest.mark.parametrize("generator", ["mini_sudoku", "basic_arithmetic", "word_sorting", "tower_of_hanoi"])
def test_references_are_right_whatever_lines_they_take(own: Gym, generator: str) -> None:
    for problem in procedural_problems(generator, {}, 3, 11):
        assert grade(problem, f"Let me think.\nAnswer:\n{problem.reference}").verdict == "correct"
        assert grade(problem, "Answer: no").verdict == "incorrect"


def test_what_would_run_a_model_s_text_is_left_out(own: Gym) -> None:
    found = generators()
    runs = {"countdown", "puzzle24", "n_queens", "spiral_matrix", "binary_matrix", "string_insertion",
            "simple_integration", "intermediate_integration", "polynomial_multiplication"}  # fmt: skip
    assert not runs & set(found.known) and runs <= set(found.left_out)
    assert len(found.known) > 70 and found.known["chain_sum"]["max_terms"] == 6
    with pytest.raises(ReadError, match="countdown: its check would run what a model writes as code"):
        procedural_problems("countdown", {}, 1, 0)


def test_wrong_names_and_settings_are_refused_in_a_sentence(own: Gym) -> None:
    with pytest.raises(ReadError, match="nothing: there is no such generator"):
        procedural_problems("nothing", {}, 1, 0)
    with pytest.raises(ReadError, match=r"chain_sum: TypeError: .*min_term\b"):
        procedural_problems("chain_sum", {"min_term": 1}, 1, 0)
    with pytest.raises(ReadError, match="chain_sum: AssertionError"):
        procedural_problems("chain_sum", {"min_terms": 9, "max_terms": 2}, 1, 0)
    with pytest.raises(ReadError, match=r"coin_flip: it makes only [0-9]+ different problems"):
        procedural_problems("coin_flip", {"min_trials": 1, "max_trials": 1}, 200, 0)


def test_what_cannot_be_verified_is_not_called_wrong(own: Gym) -> None:
    [problem] = procedural_problems("chain_sum", {}, 1, 1)
    other = replace(problem, question="What is 1 + 1?")
    old = replace(problem, source=problem.source.replace(RELEASE, "0.0.1"))
    for odd in (other, old):
        assert grade(odd, f"Answer: {problem.reference}").verdict == "unparsed"
    assert procedural.missing(old) and not procedural.missing(problem)
    assert not procedural.missing(Problem("p", "q", "procedural", "1")) and not procedural.missing(Problem("p", "q"))


def test_a_worker_that_dies_is_started_again(own: Gym) -> None:
    [problem] = procedural_problems("chain_sum", {}, 1, 1)
    process = own._worker.process
    assert process is not None
    process.kill()
    process.wait()
    assert grade(problem, f"Answer: {problem.reference}").verdict == "correct"


@pytest.mark.parametrize(
    "source", ["gsm8k:3", "reasoning-gym 1: x, seed 1, item 2, {no", "reasoning-gym 1: x, seed -1, item 2"]
)
def test_other_sources_name_no_item(source: str) -> None:
    assert Item.read(source) is None


def test_an_item_is_read_from_its_own_words() -> None:
    item = Item("chain_sum", 2**40, 7, {"a": 1, "b": "ä, {x}"})
    assert Item.read(item.source) == item and Item.read(Item("x", 1, 2).source) == Item("x", 1, 2)


def test_a_damaged_download_is_not_used(own: Gym, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generators()
    index = tmp_path / "index"
    index.mkdir()
    wheel = index / f"reasoning_gym-{RELEASE}-py3-none-any.whl"
    shutil.copy(user_cache_folder() / f"reasoning-gym-{RELEASE}" / "reasoning_gym.whl", wheel)
    with wheel.open("ab") as file:
        file.write(b"more")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    fresh = Gym(tmp_path / "cache")
    monkeypatch.setattr(procedural, "_gym", fresh)
    with pytest.raises(ReadError, match="arrived damaged or changed"):
        generators()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ReadError, match=r"reasoning-gym: reasoning-gym .* could not be downloaded"):
        generators()
    assert not fresh.ready
