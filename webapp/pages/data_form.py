"""The data set of an experiment: where its problems come from, and which slice of them is taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from storage.records import Problem
from webapp.components.problem_preview import ProblemPreview
from webapp.experiments.problems import read_problems, sliced
from webapp.experiments.spec import checked_data
from webapp.pages.notices import Updates
from webapp.pages.upload_form import UploadForm, takes_columns
from webapp.runs.request import BadRequest
from webapp.tasks.readers import FORMATS, ReadError
from webapp.tasks.readers.procedural import generators

SOURCES = (
    ("the starter problems", "starter"),
    ("a data file", "file"),
    ("a generator (reasoning-gym)", "reasoning_gym"),
    ("the Hugging Face Hub", "hub"),
)
FIRST_GENERATOR = "chain_sum"
PREVIEWED = 5
LONGEST = 1_000  # characters of a question in the preview


class DataForm:
    """Lays out the fields and reads them back."""

    def __init__(self) -> None:
        self.source = gr.Radio(label="Problems from", choices=list(SOURCES), value="starter", elem_id="data-source")
        with gr.Group(visible=False, elem_id="data-file") as self.of_file:
            self.upload = UploadForm(opened=True)
        with gr.Group(visible=False, elem_id="data-generator") as self.of_generator, gr.Row():
            self.generator = gr.Dropdown(
                label="Generator", choices=[], value=None, allow_custom_value=True, elem_id="generator",
                info="Procedural problems with their own verifier; fetched once (7 MB).",
            )  # fmt: skip
            self.config = gr.Textbox(
                label="Its settings (JSON, optional)", placeholder='{"max_terms": 3}', elem_id="generator-config",
                info="Pick a generator to see its settings with their defaults.",
            )  # fmt: skip
        with gr.Group(visible=False, elem_id="data-hub") as self.of_hub:
            self._lay_out_hub()
        with gr.Row():
            self.n = gr.Number(label="Problems", value=20, precision=0, minimum=1, elem_id="data-n", min_width=110)
            self.seed = gr.Number(label="Chosen by seed", value=0, precision=0, elem_id="data-seed", min_width=110)
            self.first = gr.Checkbox(label="Simply the first ones", value=False, elem_id="data-first", min_width=150)
            self.preview_button = gr.Button("Preview", size="sm", elem_id="data-preview", min_width=110)
        self.preview = ProblemPreview(elem_id="preview")

    def _lay_out_hub(self) -> None:
        with gr.Row():
            self.hub_id = gr.Textbox(label="Data set", placeholder="openai/gsm8k", elem_id="hub-id", min_width=140)
            self.hub_config = gr.Textbox(label="Subset (optional)", placeholder="main", min_width=110)
            self.hub_split = gr.Textbox(label="Split", value="test", min_width=110)
            formats = [(known.title, name) for name, known in FORMATS.items() if name != "csv"]
            self.hub_format = gr.Dropdown(label="Rows like those of", choices=formats, value="jsonl", min_width=140)
        self.hub_columns = gr.Textbox(
            label="Columns (JSON)", value='{"question": "question", "reference": "answer"}', elem_id="hub-columns",
            info="question, reference, kind (or a kind for all), choices, tags; for rows of no known format.",
        )  # fmt: skip

    @property
    def inputs(self) -> list[gr.components.Component]:
        """The components whose values `read` takes, in order."""
        return [
            self.source, *self.upload.inputs[:-1], self.generator, self.config, self.hub_id, self.hub_config,
            self.hub_split, self.hub_format, self.hub_columns, self.n, self.seed, self.first,
        ]  # fmt: skip

    @property
    def chosen(self) -> list[Block]:
        """What `choose` changes."""
        return [self.of_file, self.of_generator, self.of_hub, self.first, self.generator, self.preview]

    async def choose(self, source: str | None, generator: str | None) -> Updates:
        """Show the fields of a source; the generators are listed the first time somebody asks for them."""
        updates: Updates = {
            self.of_file: gr.update(visible=source == "file"),
            self.of_generator: gr.update(visible=source == "reasoning_gym"),
            self.of_hub: gr.update(visible=source == "hub"),
            self.first: gr.update(visible=source != "reasoning_gym"),
            self.preview: {"total": 0, "problems": []},
        }
        if source == "reasoning_gym":
            names = list((await _listed()).keys())
            updates[self.generator] = gr.update(choices=names, value=generator or FIRST_GENERATOR)
        return updates

    async def describe(self, generator: str | None) -> Updates:
        """Say which settings a generator has."""
        settings = (await _listed()).get(generator or "", {})
        told = json.dumps(settings) if settings else "This generator has no settings of its own."
        return {self.config: gr.update(info=told)}

    async def show(self, *values: Any) -> Updates:
        """Show the first problems of the slice."""
        _, problems = await self.read(*values)
        shown = [
            {
                "question": problem.question[:LONGEST], "reference": (problem.reference or "")[:LONGEST],
                "kind": problem.kind, "choices": [choice[:LONGEST] for choice in problem.choices[:8]],
            }
            for problem in problems[:PREVIEWED]
        ]  # fmt: skip
        return {self.preview: {"total": len(problems), "problems": shown}}

    async def read(self, *values: Any) -> tuple[Mapping[str, Any], Sequence[Problem]]:
        """Return what the fields say as the `data` of a spec, and the problems of it.

        Raises:
            BadRequest: with a sentence about the first thing that is wrong.

        """
        source, file, format, *columns = values[:7]
        generator, config, hub_id, hub_config, hub_split, hub_format, hub_columns, n, seed, first = values[7:]
        part: dict[str, Any] = {"n": _whole(n), "seed": _whole(seed) or 0}
        if source == "file":
            return await self._of_file(file, format, columns, part | {"first": bool(first)})
        if source == "reasoning_gym":
            data = {"generator": generator or "", "config": _object("settings of the generator", config), **part}
        elif source == "hub":
            if not (hub_id or "").strip():
                raise BadRequest("Name a data set of the Hub, such as openai/gsm8k.")
            data = {
                "id": (hub_id or "").strip(), "config": (hub_config or "").strip() or None,
                "split": (hub_split or "").strip() or "test", "format": hub_format,
                "columns": _object("columns", hub_columns) if takes_columns(hub_format) else None,
                **part, "first": bool(first),
            }  # fmt: skip
        else:
            data = part | {"first": bool(first)}
        data = {name: value for name, value in data.items() if value is not None} | {"source": source or "starter"}
        return data, await asyncio.to_thread(read_problems, checked_data(data))

    async def _of_file(
        self, file: str | None, format: str | None, columns: Sequence[str | None], part: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Sequence[Problem]]:
        """Read an upload; the spec keeps its name, as the file itself is gone tomorrow."""
        found = await self.upload.problems(file, format, *columns)
        different = list({problem.id: problem for problem in found}.values())
        problems = sliced(different, part["n"], part["seed"], first=part["first"])
        names = ("question", "reference", "kind", "choices")
        mapping = dict(zip(names, columns, strict=True)) if takes_columns(format) else {}
        kept = {"columns": {name: column for name, column in mapping.items() if column} or None, **part}
        data = {"source": "file", "path": Path(file or "").name, "format": format, **kept}
        return {name: value for name, value in data.items() if value is not None}, problems


async def _listed() -> Mapping[str, Mapping[str, Any]]:
    try:
        return (await asyncio.to_thread(generators)).known
    except ReadError as error:
        raise BadRequest(str(error)) from None


def _whole(value: object) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise BadRequest("The number of problems and the seed are whole numbers.")
    return int(value)


def _object(what: str, text: str | None) -> dict[str, Any]:
    try:
        value = json.loads((text or "").strip() or "{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadRequest(f'The {what} have to be a JSON object, such as {{"name": 3}}.')
    return value
