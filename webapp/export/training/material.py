"""What examples are made from: the stored runs of one problem, with what people said about their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from storage.records import Generation, Problem, Run, Score
from webapp.analysis.attempts import ANSWERING
from webapp.analysis.transitions import right
from webapp.export.training.examples import Messages, Meta, Piece, Pieces
from webapp.tasks.question import Question


@dataclass(frozen=True, slots=True)
class Told:
    """A stored run with its finished texts in order and its scores."""

    run: Run
    texts: tuple[Generation, ...]
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What counts of the labels of one text.

    Attributes:
        right: the outcome, None where nobody said.
        steps: [n] the steps that were judged, as UTF-8 byte offsets.
        ratings: [n] 1 good, 0 neutral, -1 bad, None for a step without a label.
        first_error: the index of the first wrong step, None where nobody said or there is none.
        flawless: that somebody said there is no error.
        note: what was written about it.
        people: the annotators who stand behind it.
        seconds: how long they worked on it.
        when: when it was said, in ISO 8601.
        disputed: that annotators differ and nobody decided, so nothing of it counts.

    """

    right: bool | None = None
    steps: tuple[tuple[int, int], ...] = ()
    ratings: tuple[int | None, ...] = ()
    first_error: int | None = None
    flawless: bool = False
    note: str = ""
    people: tuple[str, ...] = ()
    seconds: float = 0.0
    when: str = ""
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Preferred:
    """That people prefer one text to another."""

    better: str
    worse: str
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A text that was drawn for the export: an edit of a step, or an explanation of the answer (`of` "")."""

    kind: Literal["edit", "explanation"]
    of: str
    step: int
    text: str
    model: str
    revision: str


@dataclass(frozen=True, slots=True)
class Case:
    """All stored runs of one problem that were selected, labels by the id of the text."""

    problem: Problem
    told: tuple[Told, ...]
    judged: Mapping[str, Judged] = field(default_factory=dict)
    preferred: tuple[Preferred, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    people_first: bool = True
    unparsed_is_wrong: bool = True

    def right(self, text: Generation) -> bool | None:
        """Say whether a text is right, by people where they said so, else by its grader."""
        label = self.judged.get(text.id)
        if self.people_first and label is not None and label.right is not None:
            return label.right
        if text.verdict == "unparsed" and not self.unparsed_is_wrong:
            return None
        return right(text.verdict)

    def answers(self) -> list[tuple[Told, Generation]]:
        """Return the texts that answer the question, complete ones only, each once in the order of their runs."""
        found = [(told, text) for told in self.told for text in told.texts if text.role in ANSWERING]
        return [(told, text) for told, text in found if text.text.strip() and not cut(text)]

    def firsts(self) -> list[tuple[Told, Generation]]:
        """Return the first drafts that answer in a message of their own, complete ones only.

        The beginning of a reply that goes on to verify itself is none: it was asked for something else.
        """
        found = [(told, text) for told, text in self.answers() if text.role == "draft" and text.round == 0]
        return [(told, text) for told, text in found if len(asked(self, text)) == 1 and not _goes_on(told, text)]


def cut(text: Generation) -> bool:
    """Say whether a text did not come to its end."""
    return text.finish_reason in ("length", "cancelled", "interrupted", "failed", "pruned")


def asked(case: Case, text: Generation) -> Messages:
    """Return what a text answered; the question where a file did not say."""
    return text.messages or plain(case.problem)


def stated(case: Case) -> str:
    """Return the question with its choices, without the form of answer."""
    return Question.of(case.problem).stated()


def plain(problem: Problem) -> Messages:
    """Return the question as every method's first draft is asked it."""
    return tuple((message.role, message.content) for message in Question.of(problem).prompt().messages)


def bare(problem: Problem) -> Messages:
    """Return only the question, without choices and answer format."""
    return (("user", problem.question),)


def pieces_of(text: Generation, start: int = 0, end: int | None = None, *, trained: bool = True) -> Pieces:
    """Return a text, or the bytes [start, end) of it, as pieces by origin."""
    raw = text.text.encode()
    stop = len(raw) if end is None else end
    found: list[Piece] = []
    at = start
    for span in sorted(text.spans, key=lambda each: each.start):
        first, last = max(span.start, at), min(span.end, stop)
        if last > first:
            found += [Piece(_decoded(raw[at:first]), trained)] if first > at else []
            found.append(Piece(_decoded(raw[first:last]), trained, span.origin))
            at = last
    return (*found, Piece(_decoded(raw[at:stop]), trained)) if stop > at else tuple(found)


def meta(case: Case, used: Sequence[tuple[Told, Generation]], kind: str, reason: str) -> Meta:
    """Return where an example comes from; model and settings are those of the last text used."""
    runs = list({told.run.id: told.run for told, _ in used}.values())
    last = used[-1] if used else None
    labels = [case.judged[text.id] for _, text in used if text.id in case.judged]
    return Meta(
        problem=case.problem.id,
        source=case.problem.source,
        kind=kind,
        reason=reason,
        runs=tuple(run.id for run in runs),
        texts=tuple(dict.fromkeys(text.id for _, text in used)),
        methods=tuple(dict.fromkeys(run.method for run in runs)),
        model=last[0].run.model.id if last else "",
        revision=last[0].run.model.revision if last else "",
        seed=last[0].run.seed if last else 0,
        temperature=_temperature(last[1]) if last else None,
        oracle=any(run.oracle for run in runs),
        labelled_by=tuple(dict.fromkeys(name for label in labels for name in label.people)),
    )


def _goes_on(told: Told, text: Generation) -> bool:
    later = (other for other in told.texts if other.branch == text.branch and other.ordinal > text.ordinal)
    return any(other.prefix and other.text.startswith(text.text) for other in later)


def _temperature(text: Generation) -> float | None:
    value = text.sampling.get("temperature")
    return float(value) if isinstance(value, int | float) else None


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
