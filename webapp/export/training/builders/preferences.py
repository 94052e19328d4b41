"""What people prefer: pairs of texts of one problem that somebody compared."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from webapp.export.training.builder import Builder
from webapp.export.training.examples import Made, Pair, Refusal
from webapp.export.training.material import Case, asked, meta, pieces_of
from webapp.export.training.settings import TrainingSettings


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Prefer what people preferred, of drafts and revisions alike; ties make no row.

    The prompt is that of the first text, so a revision is taken as an answer to the question itself.
    """
    texts = {text.id: (told, text) for told in case.told for text in told.texts}
    for preferred in case.preferred:
        better, worse = texts.get(preferred.better), texts.get(preferred.worse)
        if better is None or worse is None:
            yield Refusal("a text of the comparison is not among the selected runs")
            continue
        about = meta(case, [worse, better], "person", f"preferred by {', '.join(preferred.people)}")
        first = min((better[1], worse[1]), key=lambda text: (text.round, text.ordinal))
        yield Pair(about, asked(case, first), pieces_of(better[1]), pieces_of(worse[1]))


PREFERENCES = Builder("preferences", "What people prefer", "methods document, section 0", frozenset({Pair}), build)
