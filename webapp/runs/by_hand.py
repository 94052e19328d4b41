"""A correction by hand: a person writes a revision or a critique of a stored text; the model may go on from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from storage.records import Generation, StoredRun
from storage.text import clean
from storage.trace import TokenTrace
from webapp.analysis.attempts import ANSWERING
from webapp.engine.protocol import Engine, Prompt
from webapp.runs.branch import same_model
from webapp.runs.calls import prompt_of
from webapp.runs.request import BadRequest
from webapp.tasks.question import Question

LONGEST = 20_000  # characters
CHECK: Final = "Check this answer and say what is wrong with it."
REVISE: Final = "Answer the question again with this in mind."
VERSION = "1"  # of the two prompts

PersonRole: TypeAlias = Literal["revision", "critique"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person writes about a stored text: all of it, or what follows the first `kept` tokens of that text.

    With `go_on` the model continues a revision in the same message, and answers a critique with a revision.
    """

    generation_id: str
    role: PersonRole
    text: str
    kept: int = 0
    go_on: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """A correction with what it is about: its stored run, and in that the text after those it came from."""

    correction: Correction
    stored: StoredRun
    lineage: tuple[Generation, ...]

    @property
    def source(self) -> Generation:
        """The text that the person corrects."""
        return self.lineage[-1]

    @property
    def in_place(self) -> bool:
        """Whether what the person writes stands where the text stood, as another answer or critique."""
        return (self.source.role in ANSWERING) == (self.correction.role == "revision")

    @property
    def answer(self) -> Generation:
        """The answer that a critique is about: the last one in the lineage, which has one."""
        return next(g for g in reversed(self.lineage) if g.role in ANSWERING)

    @property
    def trace(self) -> TokenTrace | None:
        """The tokens of the text that the person corrects."""
        return self.stored.traces.get(self.source.id)

    @property
    def kept(self) -> int:
        """How many of these are kept: those asked for, but none that is only the beginning of a character."""
        kept, trace = self.correction.kept, self.trace
        if trace is None or not 0 < kept <= len(trace):
            return kept
        told = trace.token_texts()
        return next(n for n in range(kept, -1, -1) if trace.slice(0, n).text()[0] == "".join(told[:n]))


def desk(correction: Correction, stored: StoredRun) -> Desk:
    """Return a correction with its place.

    Raises:
        BadRequest: where that text cannot be corrected so.

    """
    texts = {generation.id: generation for generation in stored.generations}
    source = texts.get(correction.generation_id)
    if source is None or source.status != "finished":
        raise BadRequest("That text is not finished yet, so it cannot be corrected.")
    lineage = _lineage(source, texts)
    if not any(generation.role in ANSWERING for generation in lineage):
        raise BadRequest("Nothing that came before that text answers the question, so it cannot be corrected.")
    return Desk(replace(correction, text=clean(correction.text)), stored, lineage)


def _lineage(source: Generation, texts: Mapping[str, Generation]) -> tuple[Generation, ...]:
    found: dict[str, Generation] = {}
    waiting = [source]
    while waiting:
        each = waiting.pop()
        found[each.id] = each
        waiting += [texts[parent] for parent in each.parents if parent in texts and parent not in found]
    return tuple(sorted(found.values(), key=lambda g: g.ordinal))


def check(placed: Desk, engine: Engine) -> None:
    """Refuse what cannot be written down or gone on from.

    Raises:
        BadRequest: with a sentence.

    """
    said, trace = placed.correction, placed.trace
    if not said.text.strip():
        raise BadRequest("Write something first.")
    if len(said.text) > LONGEST:
        raise BadRequest(f"A correction has at most {LONGEST:,} characters; this one has {len(said.text):,}.")
    if said.kept and not placed.in_place:
        raise BadRequest("Only the beginning of an answer can be kept in a revision, and that of a critique in one.")
    if said.kept and not (trace is not None and 0 < said.kept <= len(trace)):
        raise BadRequest("So many tokens of that text cannot be kept; reload the page.")
    continues = said.kept or (said.go_on and said.role == "revision")
    if continues and not (trace is not None and same_model(placed.stored.run.model, engine.info.record)):
        raise BadRequest(
            f"This text was written by {placed.stored.run.model.id}, which is not the model that answers now: its "
            "tokens cannot be gone on from. Switch to that model, or write the whole text."
        )


def said(placed: Desk) -> str:
    """Return the whole text: what is kept of the model's, and what the person wrote."""
    kept = "" if placed.trace is None else placed.trace.slice(0, placed.kept).text()[0]
    return kept + placed.correction.text


def conversation(placed: Desk) -> Prompt:
    """Return what the person's text answers."""
    if placed.in_place:
        return _asked(placed, placed.source)
    if placed.correction.role == "critique":
        return _asked(placed, placed.source).then(placed.source.text, CHECK)
    return after_critique(placed, placed.source.text)


def after_critique(placed: Desk, critique: str) -> Prompt:
    """Return the conversation in which a critique of the answer is followed by a revision."""
    return _asked(placed, placed.answer).then(placed.answer.text, f"{critique}\n\n{REVISE}")


def _asked(placed: Desk, generation: Generation) -> Prompt:
    """Return what a text answered; an imported one does not always say, and then it was the question."""
    return prompt_of(generation) if generation.messages else Question.of(placed.stored.run.problem).prompt()
