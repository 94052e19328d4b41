"""What happens in the problem fields of Explore: picking, and reading a data file."""

from __future__ import annotations

from typing import Any

import gradio as gr

from webapp.pages.notices import Updates
from webapp.pages.problem_form import ProblemForm
from webapp.pages.upload_form import UploadForm, offered, takes_columns
from webapp.runs.request import BadRequest


class ProblemActions:
    """Handlers of the problem fields; what they show is read back when Run is pressed."""

    def __init__(self, problem: ProblemForm, upload: UploadForm) -> None:
        self._problem = problem
        self._upload = upload

    async def pick_starter(self, picked: str | None) -> Updates:
        """Fill in a starter problem."""
        starter = self._problem.starters.get(picked or "")
        if starter is None:
            raise BadRequest(
                "That is none of the starter problems. Pick one from the list, or type a question below."
            )
        return self._problem.filled(starter.problem)

    async def choose_kind(self, kind: str | None) -> Updates:
        """Ask for choices where the answer is one of them."""
        return {self._problem.choices: gr.update(visible=kind == "choice")}

    async def choose_format(self, format: str | None) -> Updates:
        """Ask for column names where the file has its own."""
        return {self._upload.columns: gr.update(visible=takes_columns(format))}

    async def read_file(self, *upload: Any) -> Updates:
        """Read the data file and offer its rows."""
        problems = await self._upload.problems(*upload[:-1])
        return {
            self._upload.rows: gr.update(choices=offered(problems), value=problems[0].id, visible=True),
            **self._problem.filled(problems[0]),
        }

    async def pick_row(self, *upload: Any) -> Updates:
        """Fill in a row of the data file."""
        problem = await self._upload.picked(*upload)
        if problem is None:
            raise BadRequest("Upload the file again: it is not on the server any more.")
        return self._problem.filled(problem)
