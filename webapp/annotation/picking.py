"""Which texts of a run become an item of a queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from storage.annotations import QueueFilter, Take
from storage.records import Role
from storage.repositories.candidates import Candidate, TextColumns

ANSWERS: frozenset[Role] = frozenset({"draft", "revision", "aggregate"})
CRITIQUES: frozenset[Role] = frozenset({"critique", "verification", "evaluation"})
Texts: TypeAlias = tuple[TextColumns, ...]


@dataclass(frozen=True, slots=True)
class Picked:
    """The one text, or the two, of an item, with what a sample goes by.

    `group` is what makes items alike: method, model and what became of the answer.
    """

    run_id: str
    problem: str
    group: tuple[str, ...]
    texts: tuple[str, ...]
    entropy: float | None


def picked(run: Candidate, wanted: QueueFilter, apart: set[str] | None, labelled: set[str]) -> list[Picked]:
    """Return the items that a run becomes.

    Args:
        run: with its finished texts in order.
        wanted: what the filter says of single texts.
        apart: the texts whose scores differ as the filter wants; None for any.
        labelled: texts to be left out.

    """
    group = (run.method, run.model, run.first_verdict, run.verdict)
    return [
        Picked(run.run_id, run.problem, group, tuple(text.id for text in texts), texts[-1].mean_entropy)
        for texts in _TAKEN[wanted.take](run)
        if _fits(texts, wanted, apart) and not any(text.id in labelled for text in texts)
    ]


def _fits(texts: Texts, wanted: QueueFilter, apart: set[str] | None) -> bool:
    last = texts[-1]
    if wanted.verdict is not None and last.verdict != wanted.verdict:
        return False
    if wanted.entropy is not None and (last.mean_entropy is None or last.mean_entropy < wanted.entropy):
        return False
    return apart is None or any(text.id in apart for text in texts)


def _final(run: Candidate) -> list[Texts]:
    answers = [text for text in run.texts if text.role in ANSWERS]
    chosen = [text for text in run.texts if text.id == run.chosen] or answers[-1:]
    return [(text,) for text in chosen]


def _drafts(run: Candidate) -> list[Texts]:
    return [(text,) for text in run.texts if text.role == "draft" and text.round == 0]


def _critiques(run: Candidate) -> list[Texts]:
    return [(text,) for text in run.texts if text.role in CRITIQUES]


def _revision_pair(run: Candidate) -> list[Texts]:
    """Return a pair for every sample that was revised: its first attempt and its last revision."""
    last = {text.branch: text for text in run.texts if text.role == "revision"}
    drafts = {text.branch: text for (text,) in reversed(_drafts(run))}
    return [(drafts[branch], text) for branch, text in sorted(last.items()) if branch in drafts]


def _sample_pair(run: Candidate) -> list[Texts]:
    drafts = [text for (text,) in _drafts(run)]
    pairs = list(combinations(drafts, 2))
    differing = [pair for pair in pairs if pair[0].verdict != pair[1].verdict]
    return list((differing or pairs)[:1])


_TAKEN: Mapping[Take, Callable[[Candidate], Sequence[Texts]]] = {
    "final": _final,
    "first": lambda run: _drafts(run)[:1],
    "drafts": _drafts,
    "critiques": _critiques,
    "revision_pair": _revision_pair,
    "sample_pair": _sample_pair,
}
