"""An item as it is shown: texts cut into tokens and steps; in a blind queue nothing that tells whose they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import isfinite

from sqlalchemy.orm import Session as OrmSession

from storage.annotations import Queue, QueueItem, Step
from storage.records import Generation, Run, Score
from storage.repositories import generations, runs, scores
from storage.trace import TokenTrace
from webapp.analysis.steps import step_places
from webapp.annotation.answers import ContextAnswer, Revealed, Signals, Suggested, TextAnswer
from webapp.annotation.checking import TOO_MANY
from webapp.annotation.suggestions import suggestions
from webapp.runs.request import BadRequest
from webapp.runs.wire import column

_WORD = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, slots=True)
class Material:
    """What an item is about: its run, all texts of that, and of the labelled ones traces and scores."""

    run: Run
    texts: tuple[Generation, ...]
    others: Mapping[str, Generation]
    traces: Mapping[str, TokenTrace]
    scores: Mapping[str, Sequence[Score]]


def material(s: OrmSession, item: QueueItem) -> Material:
    """Read what an item is about.

    Raises:
        BadRequest: if its run is gone for good.

    """
    run, all_texts = runs.get(s, item.run_id), {text.id: text for text in generations.of_run(s, item.run_id)}
    if run is None or not all_texts.keys() >= set(item.texts):
        raise BadRequest("What this item is about has been removed.")
    said = scores.of_run(s, item.run_id)
    return Material(
        run,
        tuple(all_texts[key] for key in item.texts),
        all_texts,
        generations.traces(s, item.texts),
        {key: [score for score in said if score.generation_id == key] for key in item.texts},
    )


def text_answer(of: Material, place: int, *, shown: bool) -> TextAnswer:
    """Return one of the labelled texts; what it is and its signals only if they may be shown."""
    text = of.texts[place]
    tokens = tokens_of(text.text, of.traces.get(text.id))
    return TextAnswer(
        role=text.role if shown else None,
        text=text.text,
        tokens=[token for token, _ in tokens.rows],
        tokenised=tokens.stored,
        steps=own_steps(text.text),
        signals=_signals(of, text, tokens) if shown else None,
    )


def context(of: Material) -> list[ContextAnswer]:
    """Return the texts that the labelled ones were written from, in order."""
    wanted, seen = [parent for text in of.texts for parent in text.parents], {text.id for text in of.texts}
    found: list[Generation] = []
    while wanted:
        key = wanted.pop()
        if key not in seen and key in of.others:
            seen.add(key)
            found.append(of.others[key])
            wanted += of.others[key].parents
    return [ContextAnswer(role=text.role, text=text.text) for text in sorted(found, key=lambda text: text.ordinal)]


def revealed(of: Material) -> Revealed:
    """Return what a blind queue hides."""
    run = of.run
    return Revealed(
        run_id=run.id, session_id=run.session_id, method=run.method, model=run.model.id, seed=run.seed,
        verdict=run.outcome.verdict, first_verdict=run.outcome.first_verdict, answer=run.outcome.answer,
        reference=run.problem.reference,
    )  # fmt: skip


def suggested(of: Material, queue: Queue) -> list[Suggested]:
    """Return what the signals of an item's texts suggest, if the queue wants that."""
    if not queue.suggestions:
        return []
    found: list[Suggested] = []
    for place, text in enumerate(of.texts):
        rows = tokens_of(text.text, of.traces.get(text.id)).rows
        starts = accumulate((len(token.encode()) for token, _ in rows), initial=0)
        entropy = [_entropy(of, text, row) for _, row in rows]
        known = [(start, value) for start, value in zip(starts, entropy, strict=False) if value is not None]
        found += suggestions(queue.schema, text.text, own_steps(text.text), known, of.scores[text.id], place)
    return found


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a text is made of, each with its row in the trace; words without rows where no trace is stored."""

    rows: Sequence[tuple[str, int | None]]
    stored: bool


def tokens_of(text: str, trace: TokenTrace | None) -> Tokens:
    """Return the tokens that make up a text; those that add nothing to it are left out."""
    if trace is not None:
        rows = [(token, row) for row, token in enumerate(trace.token_texts()) if token]
        if "".join(token for token, _ in rows) == text:
            return Tokens(rows, stored=True)
    return Tokens([(word, None) for word in _WORD.findall(text)], stored=False)


def own_steps(text: str) -> list[Step]:
    """Return the steps of a text as they are before a person merges or splits any, as UTF-8 offsets.

    Of more than can be kept, the last one holds the rest.
    """
    places = step_places(text)
    if len(places) > TOO_MANY:
        places = [*places[: TOO_MANY - 1], (places[TOO_MANY - 1][0], places[-1][1])]
    edges = sorted({0, *(edge for place in places for edge in place)})
    sizes = accumulate((len(text[start:end].encode()) for start, end in pairwise(edges)), initial=0)
    at = dict(zip(edges, sizes, strict=True))
    return [Step(at[start], at[end]) for start, end in places]


def _entropy(of: Material, text: Generation, row: int | None) -> float | None:
    trace = of.traces.get(text.id)
    if trace is None or trace.entropy is None or row is None:
        return None
    value = float(trace.entropy[row])
    return value if isfinite(value) else None


def _signals(of: Material, text: Generation, tokens: Tokens) -> Signals:
    trace = of.traces.get(text.id) if tokens.stored else None
    kept = [row for _, row in tokens.rows if row is not None]
    entropy = None if trace is None else column(trace.entropy)
    logprob = None if trace is None else column(trace.logprob)
    return Signals(
        generation_id=text.id, answer=text.answer, verdict=text.verdict,
        entropy=None if entropy is None else [entropy[row] for row in kept],
        logprob=None if logprob is None else [logprob[row] for row in kept],
        scores={score.name: score.value for score in of.scores[text.id]},
    )  # fmt: skip
