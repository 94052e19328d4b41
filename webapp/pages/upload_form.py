"""Problems from a data file: choosing it, its format and columns, and one of its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from storage.records import Problem
from webapp.pages.problem_form import shortened
from webapp.runs.request import BadRequest
from webapp.tasks.readers import FORMATS, ColumnMapping, ReadError, read

ROWS_OFFERED = 2_000


class UploadForm:
    """Lays out the fields and reads them; the file stays where the upload put it."""

    def __init__(self, *, opened: bool = False) -> None:
        with gr.Accordion("From a data file", open=opened, elem_id="upload"):
            self.file = gr.File(label="Data file", type="filepath", height=110, elem_id="upload-file")
            formats = [(known.title, name) for name, known in FORMATS.items()]
            self.format = gr.Dropdown(label="Format", choices=formats, value="gsm8k", elem_id="upload-format")
            with gr.Row(visible=False) as self.columns:
                self.question_column = gr.Textbox(label="Question column", value="question", min_width=110)
                self.answer_column = gr.Textbox(label="Answer column (optional)", value="answer", min_width=110)
                self.kind_column = gr.Textbox(label="Kind, or its column (optional)", min_width=110)
                self.choices_column = gr.Textbox(label="Choices column(s) (optional)", min_width=110)
            self.read = gr.Button("Read the file", size="sm", elem_id="upload-read")
            self.rows = gr.Dropdown(
                label="Problem", choices=[], value=None, visible=False, allow_custom_value=True, elem_id="upload-rows"
            )

    @property
    def inputs(self) -> list[gr.components.Component]:
        """The components whose values `problems` takes, and the row that `picked` takes last."""
        return [
            self.file, self.format, self.question_column, self.answer_column, self.kind_column,
            self.choices_column, self.rows,
        ]  # fmt: skip

    async def problems(self, file: str | None, format: str | None, *columns: str | None) -> Sequence[Problem]:
        """Return the problems in the file.

        Raises:
            BadRequest: without a file, or naming the file and line of a bad row.

        """
        if not file:
            raise BadRequest("Choose a data file first.")
        if not isinstance(format, str) or format not in FORMATS:
            raise BadRequest("Choose the file's format.")
        mapping = _mapping(*columns) if takes_columns(format) else None
        try:
            found: Sequence[Problem] = await asyncio.to_thread(read, Path(file), format, mapping)
        except ReadError as error:
            raise BadRequest(str(error)) from None
        return found

    async def picked(self, *values: str | None) -> Problem | None:
        """Return the chosen row's problem, or None while none is chosen."""
        *upload, row = values
        if not upload[0] or row is None:
            return None
        found = {problem.id: problem for problem in await self.problems(*upload)}
        return found.get(row)


def offered(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    """Return the choices of the row picker: the first rows of the file, numbered."""
    return [(f"{i + 1}. {shortened(p.question)}", p.id) for i, p in enumerate(problems[:ROWS_OFFERED])]


def takes_columns(format: str | None) -> bool:
    """Return whether a format's columns have to be named."""
    return (known := FORMATS.get(format or "")) is not None and known.problem is None


def _mapping(question: str | None, reference: str | None, kind: str | None, choices: str | None) -> ColumnMapping:
    if not (question or "").strip():
        raise BadRequest("Name the column that holds the question.")
    options = [name.strip() for name in (choices or "").split(",") if name.strip()]
    return ColumnMapping((question or "").strip(), _named(reference), _named(kind), tuple(options))


def _named(column: str | None) -> str | None:
    return (column or "").strip() or None
