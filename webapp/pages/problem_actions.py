"""What happens in the problem fields of Explore: picking, and reading a data file."""

from __future__ import annotations

from typing import Any

import gradio as gr

from storage.records import Problem
from webapp.components.notice import Notice
from webapp.pages.notices import Updates, info
from webapp.pages.problem_form import ProblemForm
from webapp.pages.upload_form import UploadForm, offered, takes_columns
from webapp.runs.request import BadRequest

FORGOTTEN = "This is another question now, so the right answer of the problem you had picked was taken out."


class ProblemActions:
    """Handlers of the problem fields; what they show is read back when Run is pressed."""

    def __init__(self, problem: ProblemForm, upload: UploadForm, notice: Notice) -> None:
        self._problem = problem
        self._notice = notice
        self._upload = upload

    async def pick_starter(self, picked: str | None) -> Updates:
        """Fill in a starter problem."""
        starter = self._problem.starters.get(picked or "")
        if starter is None:
            raise BadRequest(
                "That is none of the starter problems. Pick one from the list, or type a question below."
            )
        return self._problem.filled(starter.problem)

    async def type_question(self, picked: str | None, *fields: Any) -> Updates:
        """Forget the right answer of a picked problem once its question is typed over: it belongs to that one."""
        files = len(self._upload.inputs)
        upload, (question, _, reference, _) = fields[:files], fields[files:]
        source = await self._picked(picked, upload)
        if source is None or question == source.question:
            return {self._notice: gr.skip()}  # what the letter before this one took out is still being told
        updates = {self._problem.picker: None, self._upload.rows: None}
        if (reference or "") != (source.reference or ""):  # the person has given another one
            return updates
        return {**updates, **self._problem.cleared(), **self._told(source)}

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

    async def _picked(self, picked: str | None, upload: tuple[Any, ...]) -> Problem | None:
        if starter := self._problem.starters.get(picked or ""):
            return starter.problem
        return await self._upload.picked(*upload)

    def _told(self, source: Problem) -> Updates:
        return {self._notice: info(FORGOTTEN)} if source.reference else {}
