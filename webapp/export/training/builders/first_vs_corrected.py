"""SCL (arXiv 2410.04055): every correction that flipped the outcome is a preference between the two answers."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from webapp.export.training.builder import Builder
from webapp.export.training.chains import Chain, chains
from webapp.export.training.examples import Made, Pair, Refusal
from webapp.export.training.material import Case, asked, bare, meta, pieces_of
from webapp.export.training.settings import TrainingSettings


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Prefer the right one of a first and a corrected answer.

    Right to wrong prefers the first, wrong to right the corrected answer; what did not flip makes no row. The pair
    is single-turn: the draft never stands in the prompt, which teaches to answer directly.
    """
    for chain in chains(case):
        yield _pair(case, settings, chain)


def _pair(case: Case, settings: TrainingSettings, chain: Chain) -> Made:
    before, after = case.right(chain.draft), case.right(chain.last)
    if before is None or after is None:
        return Refusal("an answer of the correction has no verdict")
    if before == after:
        return Refusal("the correction did not flip the outcome")
    if chain.within:
        return Refusal("the corrected answer goes on after the first one in the same reply")
    better, worse = (chain.draft, chain.last) if before else (chain.last, chain.draft)
    used = [(chain.told, chain.draft), (chain.told, chain.last)]
    return Pair(
        meta(case, used, *(("broken", "right to wrong") if before else ("fixed", "wrong to right"))),
        bare(case.problem) if settings.bare_question else asked(case, chain.draft),
        pieces_of(better),
        pieces_of(worse),
        extra={"review": chain.last.label},
    )


FIRST_VS_CORRECTED = Builder(
    "first-vs-corrected", "First against corrected answer (SCL)", "arXiv 2410.04055; methods document, section 1",
    frozenset({Pair}), build, uses=("bare_question",),
)  # fmt: skip
