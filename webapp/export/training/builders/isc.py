"""ISC with partial answer masking (arXiv 2401.07301): answer, verdict and a new answer in one reply."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from storage.records import Generation
from webapp.export.training.builder import Builder
from webapp.export.training.chains import Chain, chains
from webapp.export.training.examples import Made, Pieces, Refusal, Reply, joint
from webapp.export.training.material import Case, Told, asked, cut, meta, pieces_of
from webapp.export.training.settings import TrainingSettings
from webapp.methods.isc import VERIFY, read

HOLDS = f"\n\n{VERIFY} correct"
FAILS = f"\n\n{VERIFY} incorrect. Solving it again:\n\n"


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Learn to verify an answer within the reply that gives it, and to answer again where it is wrong.

    A wrong first answer is masked: its characters carry no loss (weight exactly 0), verdict and new answer do. Where
    the first answer is right everything is learnt. Replies of the self-verified reply method are taken as they are
    if their verdict is the true one; with "join turns" two-turn corrections become such replies, with a verdict
    sentence of ours.
    """
    found = chains(case)
    for chain in found:
        yield _bad(case, settings, chain)
    corrected = {chain.draft.id for chain in found if chain.within}
    for told, text in case.answers():
        if text.role == "draft" and text.round == 0 and text.id not in corrected and case.right(text):
            yield from _good(case, settings, told, text)


def _bad(case: Case, settings: TrainingSettings, chain: Chain) -> Made:
    before, after = case.right(chain.draft), case.right(chain.last)
    if before is None or after is None:
        return Refusal("an answer of the correction has no verdict")
    if chain.within and before and after and _verdict(chain.last, chain.draft) is True:
        return _made(case, chain, "good", pieces_of(chain.last))
    if before or not after:
        return Refusal("the correction does not lead from a wrong answer to a right one")
    size = len(chain.draft.text.encode())
    masked = pieces_of(chain.draft, trained=False)
    if not chain.within:
        if not settings.join:
            return Refusal("first and corrected answer are turns of their own, and turns are not joined")
        return _made(case, chain, "bad", (*masked, joint(FAILS), *pieces_of(chain.last)))
    if _verdict(chain.last, chain.draft) is not False:
        return Refusal("the verdict within the reply is not the true one")
    return _made(case, chain, "bad", (*masked, *pieces_of(chain.last, size)))


def _good(case: Case, settings: TrainingSettings, told: Told, text: Generation) -> Iterator[Made]:
    if settings.join and not text.prefix and (told, text) in case.firsts():
        kept = (*pieces_of(text), joint(HOLDS))
        yield Reply(meta(case, [(told, text)], "good", "a right answer, verified"), asked(case, text), kept)


def _made(case: Case, chain: Chain, kind: str, pieces: Pieces) -> Reply:
    used = [(chain.told, chain.draft), (chain.told, chain.last)]
    reason = "a wrong answer, masked, and what corrects it" if kind == "bad" else "a right answer, verified"
    return Reply(meta(case, used, kind, reason), asked(case, chain.draft), pieces, ends=not cut(chain.last))


def _verdict(reply: Generation, draft: Generation) -> bool | None:
    """Return the first verdict of a reply after its first answer, None where it states none."""
    verdicts = read(reply.text[len(draft.text) :]).verdicts
    return verdicts[0] if verdicts else None


ISC = Builder(
    "isc", "Masked correction in one reply (ISC)", "arXiv 2401.07301; methods document, section 10",
    frozenset({Reply}), build, uses=("join",), masks=True,
)  # fmt: skip
