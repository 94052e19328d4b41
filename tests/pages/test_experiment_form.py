"""The form of a new experiment: what its fields say becomes a spec and problems, or a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from webapp.experiments.spec import FileData, ProceduralData, StarterData
from webapp.pages.experiment_form import ExperimentForm
from webapp.runs.request import BadRequest

GOOD: dict[str, Any] = {
    "name": "", "arms": {"arms": [{"method": "ask_again", "params": {"samples": 2}, "title": "Twice", "odd": 1}]},
    "seeds": "0, 2-4 2", "models": [""], "tokens": None, "hours": None, "run_tokens": None,
    "source": "starter", "file": None, "format": "gsm8k", "question": "question", "answer": "answer", "kind": "",
    "choices": "", "generator": None, "config": "", "hub_id": "", "hub_config": "", "hub_split": "test",
    "hub_format": "jsonl", "hub_columns": "{}", "n": 5, "seed": 1, "first": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def form() -> ExperimentForm:
    with gr.Blocks():
        made = ExperimentForm()
    assert len(made.inputs) == len(GOOD)
    return made


async def read(form: ExperimentForm, loaded: str | None = "owner/model", **changes: Any) -> Any:
    return await form.read(loaded, *(GOOD | changes).values())


async def test_fields_become_a_spec_and_a_slice_by_seed(form: ExperimentForm) -> None:
    spec, problems = await read(form, tokens=1_000, hours=1.5)
    assert spec.name == "Twice on 5 of starter problems" and len(problems) == 5
    assert (spec.seeds, spec.models) == ((0, 2, 3, 4), ("owner/model",))
    assert spec.methods[0].title == "Twice" and spec.params(0).samples == 2
    assert isinstance(spec.data, StarterData) and (spec.data.n, spec.data.seed) == (5, 1)
    assert (spec.budget.tokens, spec.budget.hours, spec.budget.run_tokens) == (1_000, 1.5, None)
    named, others = await read(form, name=" Mine ", seed=2)
    assert named.name == "Mine" and others != problems
    everything, _ = await read(form, n=None)
    assert everything.data.n is None
    none_loaded, _ = await read(form, loaded=None, models=["", "embedded", "a/b"])
    assert none_loaded.models == ("embedded", "a/b")


async def test_an_upload_is_read_and_its_name_kept(form: ExperimentForm, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("Frage;Antwort\n1 + 1?;2\n1 + 1?;2\n2 + 2?;4\n")
    columns = {"question": "Frage", "answer": "Antwort", "kind": "numeric"}
    spec, problems = await read(form, source="file", file=str(file), format="csv", n=2, **columns)
    assert isinstance(spec.data, FileData) and spec.data.path == "mine.csv"
    assert spec.data.columns == {"question": "Frage", "reference": "Antwort", "kind": "numeric"}
    assert [p.reference for p in problems] == ["2", "4"] and spec.name == "Twice on 2 of mine.csv"


async def test_a_generator_is_asked_with_its_settings(form: ExperimentForm) -> None:
    made = {"source": "reasoning_gym", "generator": "chain_sum", "config": '{"max_terms": 3}', "n": 3, "seed": 8}
    spec, problems = await read(form, **made)
    assert isinstance(spec.data, ProceduralData) and spec.data.config == {"max_terms": 3}
    assert len(problems) == 3 and problems[0].kind == "procedural"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no method": ({"arms": {"arms": []}}, "Add at least one method"),
    "no form": ({"arms": "x"}, "Add at least one method"),
    "an odd arm": ({"arms": {"arms": ["x"]}}, "Add at least one method"),
    "a wrong setting": (
        {"arms": {"arms": [{"method": "ask_again", "params": {"samples": 0}}]}}, "Samples must be at least 1, not 0",
    ),
    "no seed": ({"seeds": " "}, "Give at least one seed"),
    "a word as seed": ({"seeds": "1, two"}, "'two' is no seed"),
    "endless seeds": ({"seeds": "0-99999"}, "more than 10,000 seeds"),
    "no model": ({"models": []}, "Pick at least one model"),
    "an odd model": ({"models": ["what is this?"]}, "is not a model"),
    "too many": ({"n": 5_000}, "5,000 problems were asked for"),
    "half a problem": ({"n": 1.5}, "whole numbers"),
    "no file": ({"source": "file"}, "Choose a data file first"),
    "no JSON": ({"source": "reasoning_gym", "generator": "chain_sum", "config": "{"}, "have to be a JSON object"),
    "no generator": ({"source": "reasoning_gym", "generator": "moon"}, "moon: there is no such generator"),
    "no id": ({"source": "hub", "hub_id": " "}, "Name a data set of the Hub"),
    "a path as id": ({"source": "hub", "hub_id": "/etc"}, "is no id of a data set"),
    "an odd source": ({"source": "moon"}, "data.source must be one of"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "sentence"), WRONG.values(), ids=WRONG.keys())
async def test_what_is_wrong_is_a_sentence(form: ExperimentForm, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence.replace("(", r"\(")):
        await read(form, **changes)


async def test_a_preview_shows_a_few_problems_as_they_were_read(form: ExperimentForm) -> None:
    inputs = list(GOOD.values())[7:]
    updates = await form.data.show(*inputs)
    shown = updates[form.data.preview]
    assert shown["total"] == 5 and len(shown["problems"]) == 5
    assert set(shown["problems"][0]) == {"question", "reference", "kind", "choices"}


async def test_generators_are_offered_with_their_settings(form: ExperimentForm) -> None:
    data = form.data
    updates = await data.choose("reasoning_gym", None)
    assert updates[data.of_generator]["visible"] and not updates[data.first]["visible"]
    assert updates[data.generator]["value"] == "chain_sum" and "leg_counting" in updates[data.generator]["choices"]
    kept: Callable[..., Any] = data.choose
    assert (await kept("reasoning_gym", "leg_counting"))[data.generator]["value"] == "leg_counting"
    assert '"max_terms": 6' in (await data.describe("chain_sum"))[data.config]["info"]
    assert not (await data.choose("starter", None))[data.of_generator]["visible"]
