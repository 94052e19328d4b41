"""Specs: what may be left out, and sentences with the file and the line for everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from webapp.experiments.spec import FileData, SpecError, checked
from webapp.experiments.spec_file import LARGEST, SpecFileError, read_spec

GOOD = """\
name: Ask again on grade-school maths
methods:
  - method: self_consistency
    params: {samples: 3}
  - method: ask_again
    title: Are you sure?
models: [embedded, Qwen/Qwen3-1.7B]
data:
  source: file
  path: gsm8k.jsonl
  format: gsm8k
  n: 200
  seed: 7
seeds: [0, 1]
budget: {tokens: 2000000, hours: 8, run_tokens: 20000}
"""
DATA = "data: {source: starter}"
ARMS = "methods: [{method: ask_again}]"


def written(folder: Path, text: str, name: str = "grid.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_spec_is_read_with_its_data_file_beside_it(tmp_path: Path) -> None:
    spec = read_spec(written(tmp_path, GOOD))
    assert [arm.method for arm in spec.methods] == ["self_consistency", "ask_again"]
    assert spec.params(0).samples == 3 and spec.params(1).temperature == 0.7
    assert isinstance(spec.data, FileData)
    assert spec.data.path == str(tmp_path / "gsm8k.jsonl") and (spec.data.n, spec.data.seed) == (200, 7)
    assert (spec.seeds, spec.models, spec.budget.hours) == ((0, 1), ("embedded", "Qwen/Qwen3-1.7B"), 8)


def test_json_is_read_as_well_and_most_can_be_left_out(tmp_path: Path) -> None:
    data = {"methods": [{"method": "ask_again"}], "data": {"source": "starter"}, "seeds": 3, "models": "embedded"}
    spec = read_spec(written(tmp_path, json.dumps(data, indent="\t"), "grid.json"))
    assert (spec.name, spec.seeds, spec.models) == ("Experiment", (3,), ("embedded",))
    assert spec.model_validate(spec.model_dump(mode="json")) == spec


WRONG = {
    "no methods": (f"name: x\n{DATA}\n", "line 1: methods is missing."),
    "a typo": (f"methods:\n  - method: ask_again\n{DATA}\nsed: [1]\n", "line 4: sed is not a field"),
    "an unknown method": (f"methods:\n  - method: nothing\n{DATA}\n", "line 2: There is no method called 'nothing'."),
    "a wrong setting": (
        f"methods:\n  - method: ask_again\n  - method: self_consistency\n    params: {{samples: 0}}\n{DATA}\n",
        "line 3: Sample and vote: Samples must be at least 1, not 0.",
    ),
    "an unknown setting": (
        f"methods:\n  - {{method: ask_again, params: {{sample: 2}}}}\n{DATA}\n",
        "line 2: Ask again: sample is not a setting of this method.",
    ),
    "a method twice": (
        f"methods:\n  - method: ask_again\n  - {{method: ask_again, params: {{samples: 1}}}}\n{DATA}\n",
        "line 3: ask_again is listed twice with the same settings.",
    ),
    "an unknown source": (f"{ARMS}\ndata:\n  source: moon\n", "line 2: data.source must be one of"),
    "no format": (
        f"{ARMS}\ndata:\n  source: file\n  path: x\n",
        "line 2: data.format is missing.",
    ),
    "no problems": (
        f"{ARMS}\ndata:\n  source: starter\n  n: 0\n",
        "line 4: data.n must be at least 1.",
    ),
    "a wrong seed": (f"{ARMS}\n{DATA}\nseeds:\n  - 1\n  - -2\n", "line 5: seeds.1 must be at least 0."),
    "a seed twice": (f"{ARMS}\n{DATA}\nseeds: [1, 1]\n", "one of the seeds is listed twice."),
    "endless hours": (f"{ARMS}\n{DATA}\nbudget: {{hours: .inf}}\n", "line 3: budget.hours must be a finite number"),
    "an odd model": (
        f"{ARMS}\nmodels:\n  - a model!\n{DATA}\n",
        "line 3: 'a model!' is not a model",
    ),
    "a model twice": (
        f"{ARMS}\nmodels: [embedded, ' embedded']\n{DATA}\n",
        "one of the models is listed twice.",
    ),
    "a field twice": (f"{ARMS}\n{DATA}\n{DATA}\n", 'line 3: "data" is given twice.'),
    "no yaml": ("methods: [\n", "line 2, column 1: "),
    "a list": ("- method: ask_again\n", "line 1: An experiment is described by fields"),
    "nothing": ("", "the file is empty."),
    "a date that is none": (f"name: 2026-13-01\n{ARMS}\n{DATA}\n", "a value in it cannot be read (month must be in"),
    "too many digits": (f"{ARMS}\n{DATA}\nseeds: {'1' * 5_000}\n", "a value in it cannot be read (Exceeds the limit"),
    "itself": ("a: &a [*a]\n", "line 1: methods is missing."),
    "depth": ("[" * 5_000, "nested too deeply"),
    "an object": ("methods: !!python/object:os.system {}\n", "line 1, column 10: could not determine a constructor"),
}


@pytest.mark.parametrize(("text", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_the_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SpecFileError) as refused:
        read_spec(written(tmp_path, text))
    assert sentence in str(refused.value) and str(refused.value).startswith("grid.yaml")
    assert "\n" not in str(refused.value)


def test_files_that_are_no_spec_at_all_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecFileError, match=r"nowhere.yaml cannot be read \(no such file or directory\)"):
        read_spec(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: Größe".encode("latin-1"))
    with pytest.raises(SpecFileError, match="not UTF-8"):
        read_spec(tmp_path / "latin.yaml")
    with pytest.raises(SpecFileError, match="more than a megabyte"):
        read_spec(written(tmp_path, "#" * (LARGEST + 1)))


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_data_that_has_no_fields_is_refused(data: Any) -> None:
    with pytest.raises(SpecError, match="described by fields"):
        checked(data)
