"""A branch: a person forces another token, and the model goes on from there inside the same message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from storage.records import BranchPoint, Generation, ModelRecord, Origin, Run
from storage.trace import TokenTrace, concatenate
from webapp.engine.protocol import Engine, EngineError, Sampling
from webapp.methods.interface import Answer, MethodParams
from webapp.runs.calls import Calls, Given, Text, prompt_of
from webapp.runs.context import MethodContext
from webapp.runs.request import BadRequest
from webapp.runs.rows import forced, teach
from webapp.runs.spans import origins_of


@dataclass(frozen=True, slots=True)
class Fork:
    """The stored generation to branch off, its run, and where."""

    run: Run
    generation: Generation
    trace: TokenTrace
    point: BranchPoint


def same_model(made: ModelRecord, now: ModelRecord) -> bool:
    """Say whether the tokens of a text by one model mean the same to another one, and come from the same weights."""
    return (made.id, made.revision, made.vocab_size) == (now.id, now.revision, now.vocab_size)


def check_fork(fork: Fork, engine: Engine) -> None:
    """Refuse what cannot be branched.

    Raises:
        BadRequest: for another model, a token that does not exist, or one after which nothing can come, or one
            before which the model was given something else than tokens.

    """
    made, now = fork.run.model, engine.info.record
    if not same_model(made, now):
        raise BadRequest(
            f"This text was written by {made.id}; its tokens mean nothing to {now.id}. Switch to that model first."
        )
    if not 0 <= fork.point.token_index < len(fork.trace):
        raise BadRequest(f"The text has {len(fork.trace)} tokens; there is no token {fork.point.token_index}.")
    token = fork.point.token_id
    if token < 0 or (now.vocab_size and token >= now.vocab_size):
        raise BadRequest(f"The model has no token {token}; its ids go from 0 to {now.vocab_size - 1}.")
    _check_spelled(token, fork.trace, engine)
    if token in fork.trace.special:
        raise BadRequest("That token ends the text, so nothing can be branched off after it. Choose another one.")
    if "soft" in origins_of(fork.trace, fork.generation.spans)[: fork.point.token_index]:
        raise BadRequest(
            "Before that token the model thought in mixtures, of which the text shows the most probable tokens; it "
            "would not go on from those. Choose a token before the soft ones, or branch off the plain text."
        )


def _check_spelled(token: int, trace: TokenTrace, engine: Engine) -> None:
    """Refuse a token of which the engine does not know what it says, once it was told all that is stored of it."""
    teach(engine, trace)
    try:
        engine.piece(token)
    except EngineError as error:
        raise BadRequest(str(error)) from None


def given_rows(fork: Fork, engine: Engine) -> Given:
    """Return what the branch begins with: the rows before the point, and the forced token's."""
    index, token = fork.point.token_index, fork.point.token_id
    row = forced(fork.trace.slice(index, index + 1), token, engine.piece(token))
    rows = concatenate([fork.trace.slice(0, index), row])
    person: list[Origin] = ["person"]
    return Given(rows, [*origins_of(fork.trace, fork.generation.spans)[:index], *person])


def sampling_of(generation: Generation) -> Sampling:
    """Return the sampling that a stored generation was drawn with; the same noise for the same token index."""
    known = {field.name for field in fields(Sampling)}
    stored: dict[str, Any] = {name: value for name, value in generation.sampling.items() if name in known}
    for name in ("stop", "temperature_grid"):  # JSON has no tuples
        stored[name] = tuple(stored.get(name, ()))
    return Sampling(**stored)


def params_of(sampling: Sampling) -> MethodParams:
    """Return the settings of a branch: those its text was drawn with."""
    return MethodParams(
        samples=1,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        min_p=sampling.min_p,
        top_h=sampling.top_h,
        top_h_variant=sampling.top_h_variant,
        eta=sampling.eta,
        max_tokens=sampling.max_tokens,
    )


def branching(fork: Fork, engine: Engine) -> Callable[[MethodContext, Calls], Awaitable[Answer]]:
    """Return what a branch does: draw the rest of one text.

    Raises:
        BadRequest: when the model's context has no room for it.

    """
    given = given_rows(fork, engine)
    prompt = prompt_of(fork.generation).continuing(given.rows.ids.tolist())
    sampling = sampling_of(fork.generation)
    room = engine.info.record.context_length - engine.count_tokens(prompt)
    if room < 1:
        raise BadRequest("The text fills the model's context up to that token; nothing can follow it.")
    sampling = replace(sampling, max_tokens=min(sampling.max_tokens, room))
    source = fork.generation
    text = Text(source.role, source.label, source.branch, source.round)

    async def perform(context: MethodContext, calls: Calls) -> Answer:
        context.doing("Going on from the chosen token")
        generation = (await calls.draw(prompt, sampling, [text], given))[0]
        return Answer(generation.answer, generation)

    return perform
