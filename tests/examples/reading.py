"""A stored run, sample by sample: first drafts, what became of them, and what the judge gave them."""

from __future__ import annotations

from collections import Counter

from storage.records import Generation, Score, StoredRun
from webapp.analysis.transitions import Transition, transition


def attempts(stored: StoredRun) -> list[Generation]:
    """Return the first drafts of a run in the order of their samples."""
    firsts = [g for g in stored.generations if g.role == "draft" and g.round == 0]
    return sorted(firsts, key=lambda g: g.branch)


def corrections(stored: StoredRun) -> list[tuple[Generation, Generation]]:
    """Return the first and the last answer of every sample that was revised."""
    lasts = {g.branch: g for g in sorted(stored.generations, key=lambda g: g.round) if g.role == "revision"}
    return [(first, lasts[first.branch]) for first in attempts(stored) if first.branch in lasts]


def latest(stored: StoredRun) -> list[Generation]:
    """Return the last answer of every sample: its revision, or its first draft where there is none."""
    revised = {first.branch: last for first, last in corrections(stored)}
    return [revised.get(first.branch, first) for first in attempts(stored)]


def moves(stored: StoredRun) -> Counter[Transition | None]:
    """Count what correction did to the samples of a run."""
    return Counter(transition(first.verdict, last.verdict) for first, last in corrections(stored))


def judged(stored: StoredRun) -> list[tuple[Generation, Score]]:
    """Return the first drafts with their P(True)."""
    scores = {s.generation_id: s for s in stored.scores if s.name == "p_true"}
    return [(g, scores[g.id]) for g in attempts(stored) if g.id in scores]
