"""Where problems come from: sliced by seed, without repetitions, or the first ones if that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from webapp.experiments.problems import read_problems
from webapp.experiments.spec import FileData, HubData, ProceduralData, StarterData
from webapp.runs.request import BadRequest
from webapp.tasks.starter import starter_problems


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Return a data file of twenty rows, two of them the same."""
    rows = [{"question": f"{i} + 1?", "answer": f"#### {i + 1}"} for i in [*range(19), 3]]
    path = tmp_path / "gsm8k.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


def data(file: str, **changes: object) -> FileData:
    return FileData.model_validate({"source": "file", "path": file, "format": "gsm8k"} | changes)


def test_a_slice_is_chosen_by_seed_and_a_larger_one_contains_it(file: str) -> None:
    small, large, other = (read_problems(data(file, n=n, seed=seed)) for n, seed in ((5, 1), (10, 1), (5, 2)))
    assert len(small) == 5 and set(small) < set(large) and set(small) != set(other)
    assert small == read_problems(data(file, n=5, seed=1))
    assert small != read_problems(data(file))[:5], "never simply the first"
    assert read_problems(data(file, n=5, first=True)) == read_problems(data(file))[:5]


def test_repetitions_count_once(file: str) -> None:
    assert len(read_problems(data(file))) == 19
    with pytest.raises(BadRequest, match="20 problems were asked for, but there are 19 different ones"):
        read_problems(data(file, n=20))


def test_starter_and_procedural_problems_are_read(file: str) -> None:
    assert len(read_problems(StarterData(source="starter"))) == len(starter_problems())
    made = ProceduralData(source="reasoning_gym", generator="chain_sum", n=4, seed=9, config={"max_terms": 3})
    found = read_problems(made)
    assert len(found) == 4 and "chain_sum, seed 9, item 0" in found[0].source


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (FileData(source="file", path="/nowhere/x.jsonl", format="gsm8k"), "x.jsonl: the file cannot be opened"),
        (FileData(source="file", path="x", format="moon"), 'there is no format "moon"'),
        (HubData(source="hub", id="no id at all"), "is no id of a data set"),
        (ProceduralData(source="reasoning_gym", generator="moon"), "moon: there is no such generator"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(wrong: FileData, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        read_problems(wrong)
