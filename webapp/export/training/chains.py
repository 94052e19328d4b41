"""First attempts with what became of them in their run."""

from __future__ import annotations

from typing import NamedTuple

from storage.records import Generation
from webapp.export.training.material import Case, Told, cut
from webapp.methods.registry import methods


class Chain(NamedTuple):
    """A first attempt of a run, the last attempt that corrects it, and whether that goes on in the same reply."""

    told: Told
    draft: Generation
    last: Generation
    within: bool


def chains(case: Case) -> list[Chain]:
    """Return the corrections of all runs: of every first draft the last attempt of its branch.

    An attempt that was cut off is none. Answers put together from several samples correct no single one of them, and
    a text that is only drawn in another way has not seen the draft beside it.
    """
    return [chain for told in case.told for chain in _chains(told)]


def _chains(told: Told) -> list[Chain]:
    whole = [text for text in told.texts if text.text.strip() and not cut(text)]
    drafts = [text for text in whole if text.role == "draft" and text.round == 0]
    rereads = not _redraws(told.run.method)
    found = []
    for draft in drafts:
        later = [text for text in whole if _corrects(text, draft) and (rereads or text.text.startswith(draft.text))]
        if later:
            last = max(later, key=lambda text: (text.round, text.ordinal))
            found.append(Chain(told, draft, last, last.text.startswith(draft.text)))
    return found


def _redraws(method: str) -> bool:
    spec = methods().get(method)  # another program's, or of an earlier release: as it says
    return spec is not None and spec.family == "decode"


def _corrects(text: Generation, draft: Generation) -> bool:
    # A draft of a later round is another sample (a particle, an idea), whose branch may have the same number.
    return text.branch == draft.branch and text.role == "revision"
