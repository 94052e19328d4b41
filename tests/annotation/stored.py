"""A small store of runs to be labelled: samples, a correction, and what must never be found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy.orm import Session as OrmSession

from storage import tables
from storage.records import Generation, Outcome, Person
from storage.repositories import generations, runs, scores, sessions
from storage.trace import TokenTrace, summarise
from tests.storage import making

ME, OTHER = Person("local", "You"), Person("other", "Somebody else")
STEPS = "Step 1: 3 cats — 4 legs.\nStep 2: 3 * 4 = 13.\nStep 3: so 13.\nAnswer: 13"


def traced(text: str, calm: float, then: float, cut: str) -> TokenTrace:
    """Return a trace with a token a word; those from `cut` on have another entropy."""
    words = text.replace(" ", " \0").split("\0")
    place = text.index(cut) if cut else len(text)
    starts = np.cumsum([0, *map(len, words)])[:-1]
    entropy = np.where(starts >= place, then, calm).astype(np.float32)
    ids = np.arange(len(words), dtype=np.int32)
    pieces = {i: word.encode() for i, word in enumerate(words)}
    return TokenTrace(ids=ids, pieces=pieces, vocab_size=100, entropy=entropy, logprob=-entropy)


def _text(id: str, run_id: str, text: str, ordinal: int, trace: TokenTrace | None = None, **more: Any) -> Generation:
    plain: dict[str, Any] = {
        "role": "draft", "round": 0, "branch": 0, "parents": (), "spans": (), "copied_from": None,
        "verdict": "incorrect", "summary": None if trace is None else summarise(trace),
    }  # fmt: skip
    return making.generation(id, run_id=run_id, text=text, ordinal=ordinal, **(plain | more))


def store(s: OrmSession) -> None:
    """Store the runs of two people."""
    s.add(tables.Person(id=OTHER.id, name=OTHER.name))
    s.flush()
    sessions.create(s, making.session())
    sessions.create(s, making.session("s2", person_id=OTHER.id))
    plain = {"input_run": None, "branch_of": None, "oracle": False}
    right = Outcome("12", "correct", "12", "correct", (), "d0")
    mended = Outcome("12", "correct", "13", "incorrect", (), "f2")
    runs.add(s, making.run("samples", method="self_consistency", outcome=right, **plain))
    runs.add(s, making.run("mended", method="self_refine", outcome=mended, created_at=making.minutes(2), **plain))
    runs.add(s, making.queued("live", status="running"))
    runs.add(s, making.run("gone", deleted_at=making.minutes(9), **plain))
    runs.add(s, making.run("theirs", session_id="s2", launch_id="l2", method="secret", **plain))
    steps = traced(STEPS, 0.25, 1.5, "Step 2")
    critique: dict[str, Any] = {"role": "critique", "parents": ("f0",), "verdict": "ungraded"}
    revision: dict[str, Any] = {"role": "revision", "parents": ("f0", "f1"), "round": 1, "verdict": "correct"}
    for text, trace in (
        (_text("d0", "samples", "Answer: 12", 0, traced("Answer: 12", 0.2, 0.2, ""), verdict="correct"), None),
        (_text("d1", "samples", STEPS, 1, steps, branch=1), steps),
        (_text("d2", "samples", "12", 2, None, branch=2, verdict="correct"), None),
        (_text("f0", "mended", STEPS, 0, steps), steps),
        (_text("f1", "mended", "4 * 3 is 12 — not 13.", 1, **critique), None),
        (_text("f2", "mended", "Answer: 12", 2, **revision), None),
        (_text("l0", "live", "12", 0), None),
        (_text("g0", "gone", "12", 0), None),
        (_text("t0", "theirs", "12", 0), None),
    ):  # fmt: skip
        generations.save(s, text, trace)
    for number, (name, about, value) in enumerate(
        [
            ("p_true", "d1", 0.125),
            ("self_certainty", "d1", 0.75),
            ("p_true", "d0", 0.75),
            ("self_certainty", "d0", 0.7),
        ]
    ):
        scores.add(
            s, replace(making.score(f"c{number}"), run_id="samples", name=name, generation_id=about, value=value)
        )
