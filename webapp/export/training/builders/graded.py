"""Answers with their outcome, as unpaired preferences (KTO, arXiv 2402.01306) and as rejection-sampled replies."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from webapp.export.training.builder import Builder
from webapp.export.training.examples import Graded, Made, Refusal, Reply
from webapp.export.training.material import Case, asked, meta, pieces_of
from webapp.export.training.settings import TrainingSettings


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Every complete first answer with whether it is right; the right ones alone where replies are learnt."""
    for told, text in case.firsts():
        good = case.right(text)
        if good is None:
            yield Refusal("the answer has no verdict")
            continue
        about = meta(case, [(told, text)], "right" if good else "wrong", "its verdict")
        yield Graded(about, asked(case, text), pieces_of(text), good)
        if good:
            yield Reply(about, asked(case, text), pieces_of(text))


GRADED = Builder(
    "graded", "Answers with their outcome", "arXiv 2402.01306; methods document, section 0",
    frozenset({Graded, Reply}), build,
)  # fmt: skip
