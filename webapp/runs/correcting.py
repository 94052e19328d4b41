"""What a correction by hand does: repeats what led there, writes the person's text down, and lets the model go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from storage.records import Generation, Origin
from storage.trace import TokenTrace, concatenate
from webapp.engine.protocol import Engine, EngineError
from webapp.methods.interface import Answer
from webapp.runs.branch import same_model
from webapp.runs.by_hand import Desk, after_critique, conversation, said
from webapp.runs.calls import Calls, Given, Text
from webapp.runs.context import MethodContext
from webapp.runs.request import BadRequest
from webapp.runs.rows import teach, unscored
from webapp.runs.spans import origins_of

LABEL: Final = "by-hand"
READ: Final = ("logprob", "entropy", "logsumexp", "mean_logit", "sum_p2", "top_ids", "top_logprobs")


def correcting(placed: Desk, engine: Engine) -> Callable[[MethodContext, Calls], Awaitable[Answer]]:
    """Return what the run of a correction does.

    Raises:
        BadRequest: when the model cannot read what was written.

    """
    try:
        rows = written_rows(placed, engine)
    except EngineError as error:
        raise BadRequest(str(error)) from None

    async def perform(context: MethodContext, calls: Calls) -> Answer:
        copies = await _repeated(context, placed)
        source, wish = copies[placed.source.id], placed.correction
        text = Text(wish.role, LABEL, source.branch, source.round + 1, (source.id,))
        context.doing("Writing down")
        given = None if rows is None else await _given(calls, engine, placed, rows)
        if wish.go_on and wish.role == "revision" and given is not None:
            context.doing("Going on from what was written")
            return _answer(await context.go_on(conversation(placed), text, given))
        written = await context.write(conversation(placed), text, said(placed), given)
        if wish.role == "revision":
            return _answer(written)
        if not wish.go_on:
            return _answer(copies[placed.answer.id])
        context.doing("Revising by what was written")
        return _answer(await context.sample(
            after_critique(placed, written.text), role="revision", label=f"{LABEL}-answer", branch=source.branch,
            round=text.round, parents=[copies[placed.answer.id], written],
        ))  # fmt: skip

    return perform


def written_rows(placed: Desk, engine: Engine) -> TokenTrace | None:
    """Return the person's tokens, which nobody drew; None where the text's tokens mean nothing to the model here."""
    if placed.trace is None or not same_model(placed.stored.run.model, engine.info.record):
        return None
    teach(engine, placed.trace)
    return unscored(engine.tokenize(placed.correction.text), engine.piece, placed.trace)


async def _repeated(context: MethodContext, placed: Desk) -> dict[str, Generation]:
    """Copy the texts that led there, at no cost, and return the copies by what they are copies of."""
    copies: dict[str, Generation] = {}
    for each in placed.lineage:
        above = [copies[parent] for parent in each.parents if parent in copies]
        copies[each.id] = await context.repeat(each, placed.stored.traces.get(each.id), above)
    return copies


async def _given(calls: Calls, engine: Engine, placed: Desk, rows: TokenTrace) -> Given:
    """Return all tokens of the text with their origins; the person's as the model would have expected them."""
    assert placed.trace is not None
    kept = placed.kept
    if "score" in engine.info.capabilities:
        ids = [*placed.trace.ids[:kept].tolist(), *rows.ids.tolist()]
        rows = _read(rows, (await calls.score(conversation(placed), ids)).slice(kept))
    persons: list[Origin] = ["person"] * len(rows)
    return Given(
        concatenate([placed.trace.slice(0, kept), rows]),
        [*origins_of(placed.trace, placed.source.spans)[:kept], *persons],
    )


def _read(rows: TokenTrace, scored: TokenTrace) -> TokenTrace:
    """Return tokens with the columns that a teacher-forced pass tells; how they were drawn stays unknown."""
    known = {
        name: column
        for name in READ
        if (column := getattr(scored, name)) is not None and getattr(rows, name) is not None
    }
    return replace(rows, **known, pieces={**rows.pieces, **scored.pieces})


def _answer(generation: Generation) -> Answer:
    return Answer(generation.answer, generation)
