"""LEMMA (Learning from errors): wrong attempts, cut at their first error, that go on to a right solution."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from storage.records import Generation
from webapp.export.training.builder import Builder
from webapp.export.training.cutting import Cuts, cuts_of, first_error, judged_cuts, same_steps, steps_of
from webapp.export.training.examples import Made, Piece, Pieces, Refusal, Reply, joint
from webapp.export.training.material import Case, Told, asked, meta, pieces_of
from webapp.export.training.settings import TrainingSettings

NAMES = (
    "Wait, that last step is wrong.",
    "Hold on: the step above has a mistake.",
    "That step cannot be right.",
)
FIXES = ("Correcting it:", "It should be:", "The right step is:")
RESTARTS = (
    "This way leads nowhere. Starting over with another approach.",
    "Better to solve it afresh.",
    "Leaving that aside and beginning again from the question.",
)


class Wrong(NamedTuple):
    """A wrong attempt with its steps, the first wrong one of them, and what people wrote about it."""

    told: Told
    text: Generation
    cuts: Cuts
    error: int
    note: str


def build_fix(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Fix and continue: keep a wrong attempt up to and including its first error, name the error, go on correctly.

    The right continuation is that of a stored right solution which shares all steps before the error. There is no
    mask: the method learns the error and its correction as one reply. Which step is wrong has to be labelled.
    """
    for found in wrong_attempts(case):
        yield found if isinstance(found, Refusal) else _fixed(case, found, random)


def build_fresh(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Fresh and restart: keep a wrong attempt up to its first error, give up that way, solve the problem anew.

    The new solution is a random stored right one of the same problem. There is no mask.
    """
    for found in wrong_attempts(case):
        yield found if isinstance(found, Refusal) else _restarted(case, found, random)


def wrong_attempts(case: Case) -> Iterator[Wrong | Refusal]:
    """Yield the wrong first attempts whose first error somebody labelled, and what is missing of the others."""
    for told, text in case.firsts():
        if case.right(text) is not False:
            continue
        label = case.judged.get(text.id)
        if label is not None and label.disputed:
            yield Refusal("its annotators differ and nobody decided")
            continue
        error, cuts = first_error(label), judged_cuts(case, text)
        if label is None or error is None:
            yield Refusal("nobody labelled the first error of the wrong attempt")
        elif error >= len(cuts):
            yield Refusal("the labelled first error is no step of the attempt")
        else:
            yield Wrong(told, text, cuts, error, label.note)


def _fixed(case: Case, wrong: Wrong, random: Random) -> Made:
    own = steps_of(wrong.text.text, wrong.cuts)
    rest = [
        (told, text, cuts)
        for told, text in case.firsts()
        if case.right(text) and len(cuts := cuts_of(text.text)) > wrong.error
        and same_steps(own, steps_of(text.text, cuts)) == wrong.error
    ]  # fmt: skip
    if not rest:
        return Refusal("no stored right solution shares the steps before the error")
    told, text, cuts = random.choice(rest)
    named = _named(wrong, f"{random.choice(FIXES)}\n", random)
    return _spliced(case, wrong, named, (told, text, cuts[wrong.error][0]), "fix")


def _restarted(case: Case, wrong: Wrong, random: Random) -> Made:
    right = [(told, text) for told, text in case.firsts() if case.right(text)]
    if not right:
        return Refusal("no right solution of the problem is stored")
    told, text = random.choice(right)
    named = _named(wrong, f"{random.choice(RESTARTS)}\n\n", random)
    return _spliced(case, wrong, named, (told, text, 0), "fresh")


def _named(wrong: Wrong, then: str, random: Random) -> Pieces:
    """Return what names the error: a sentence of ours, with what a person wrote about it between."""
    name = f"\n\n{random.choice(NAMES)} "
    note = wrong.note.strip()
    return (joint(name), Piece(note, origin="person"), joint(f" {then}")) if note else (joint(name + then),)


def _spliced(case: Case, wrong: Wrong, between: Pieces, rest: tuple[Told, Generation, int], mode: str) -> Made:
    told, text, start = rest
    pieces = (*pieces_of(wrong.text, 0, wrong.cuts[wrong.error][1]), *between, *pieces_of(text, start))
    used = [(wrong.told, wrong.text), (told, text)]
    about = meta(case, used, mode, f"cut after step {wrong.error + 1}")
    return Reply(about, asked(case, wrong.text), pieces, extra={"mode": mode, "error_step": wrong.error})


LEMMA_FIX = Builder(
    "lemma-fix", "Fix and continue (LEMMA)", "pzs19/LEMMA; methods document, section 8",
    frozenset({Reply}), build_fix,
)  # fmt: skip
LEMMA_FRESH = Builder(
    "lemma-fresh", "Fresh and restart (LEMMA)", "pzs19/LEMMA; methods document, section 8",
    frozenset({Reply}), build_fresh,
)  # fmt: skip
