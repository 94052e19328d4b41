"""What a person asks for, and the sentences that refuse it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from storage.errors import DatabaseError
from storage.records import Problem, ProblemKind
from storage.text import clean
from webapp.engine.protocol import Capability, Engine, ModelInfo
from webapp.methods.describe import lacking
from webapp.methods.interface import MethodParams, MethodSpec
from webapp.methods.registry import methods
from webapp.tasks import procedural
from webapp.tasks.question import Question

# How pydantic's error types read after the name of a setting; what is in braces comes from the error.
COMPLAINTS: Mapping[str, str] = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be yes or no",
    "bool_type": "must be yes or no",
    "string_type": "must be text",
    "literal_error": "must be one of {expected}",
    "missing": "is missing",
    "extra_forbidden": "is not a setting of this method",
}


class BadRequest(Exception):
    """Something was asked for that cannot be done, as a sentence that says what is wrong and what to do."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the database refuses into a BadRequest, so that a page has one thing to tell.

    Raises:
        BadRequest: with the database's sentence.

    """
    try:
        yield
    except DatabaseError as error:
        raise BadRequest(str(error)) from error


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One run to start. Without a session a new one is made, named after the question.

    `run_id` is the id that the run is to have, so that whoever asks can find it whatever happens; by default a new
    one. With `claimed` a cell was claimed for it, and there is no run if that claim is lost meanwhile. `run_tokens`
    bounds what it may generate, where that is less than the program's own bound.
    """

    problem: Problem
    method: str
    params: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    session_id: str | None = None
    input_run: str | None = None
    background: bool = False
    run_id: str | None = None
    claimed: bool = False
    run_tokens: int | None = None


def typed_problem(
    question: str, kind: ProblemKind = "none", reference: str | None = None, choices: tuple[str, ...] = ()
) -> Problem:
    """Return the problem that a person typed; the same question has the same id, so its runs pair up."""
    digest = hashlib.sha256("\0".join((question, kind, *choices)).encode("utf-8", "replace")).hexdigest()
    return Problem(f"typed-{digest[:16]}", question, kind, reference, choices)


def cleaned(problem: Problem) -> Problem:
    """Return the problem as it can be stored and shown: what is no UTF-8 replaced."""
    return replace(
        problem,
        question=clean(problem.question),
        reference=None if problem.reference is None else clean(problem.reference),
        choices=tuple(clean(choice) for choice in problem.choices),
    )


def method_of(name: str) -> MethodSpec:
    """Return a registered method.

    Raises:
        BadRequest: if there is none of that name.

    """
    spec = methods().get(name)
    if spec is None:
        raise BadRequest(f"There is no method called {name!r}. Choose one of {', '.join(sorted(methods()))}.")
    return spec


def checked_params(spec: MethodSpec, params: Mapping[str, Any]) -> MethodParams:
    """Return a method's parameters.

    Raises:
        BadRequest: with what is wrong with the first wrong one.

    """
    try:
        return spec.params.model_validate(dict(params))
    except ValidationError as error:
        raise BadRequest(f"{spec.title}: {_complaint(spec, error.errors()[0])}") from None


async def check(request: RunRequest, engine: Engine, characters: int) -> tuple[MethodSpec, MethodParams]:
    """Check a request against its method and the model that would run it.

    Raises:
        BadRequest: with a sentence about the first thing that is wrong.

    """
    spec = method_of(request.method)
    params = checked_params(spec, request.params)
    check_capabilities(spec, params, engine)
    if request.input_run is not None and not spec.takes_inputs:
        raise BadRequest(f"{spec.title} draws its own samples; it cannot take those of an earlier run.")
    if not 0 <= request.seed < 2**63:
        raise BadRequest(f"The seed must be a whole number from 0 to 2^63 - 1, not {request.seed}.")
    if procedural.missing(request.problem):
        raise BadRequest("What checks this problem, reasoning-gym, is not on this machine. Make such problems first.")
    await _check_question(request.problem, engine, params.max_tokens, characters)
    return spec, params


def check_capabilities(spec: MethodSpec, params: MethodParams, engine: Engine) -> None:
    """Refuse a method, or settings of it, that need what the model cannot do.

    Raises:
        BadRequest: naming what is missing.

    """
    for who, needs in {spec.title: spec.needs, **params.demands()}.items():
        if sentence := lacking(who, needs, engine.info.capabilities):
            raise BadRequest(f"{sentence} {engine.info.name} does not{_because(needs, engine.info)}.")


def _because(needs: Set[Capability], info: ModelInfo) -> str:
    reasons = dict.fromkeys(info.absent[need] for need in sorted(needs - info.capabilities) if need in info.absent)
    return f": {'; '.join(reasons)}" if reasons else ""


async def _check_question(problem: Problem, engine: Engine, new_tokens: int, characters: int) -> None:
    if not problem.question.strip():
        raise BadRequest("The question is empty. Type a question, or pick a problem.")
    if len(problem.question) > characters:
        raise BadRequest(
            f"The question has {len(problem.question):,} characters, more than any model here could read. "
            f"Shorten it to less than {characters:,}."
        )
    tokens = await asyncio.to_thread(engine.count_tokens, Question.of(problem).prompt())
    limit = engine.info.record.context_length
    if tokens + new_tokens > limit:
        raise BadRequest(
            f"The question takes {tokens:,} tokens and the answer may take {new_tokens:,} more, but "
            f"{engine.info.name} reads at most {limit:,} tokens in all. Shorten the question"
            + (" or allow shorter texts." if tokens < limit else ".")
        )


def _complaint(spec: MethodSpec, error: ErrorDetails) -> str:
    name = str(error["loc"][0]) if error["loc"] else "settings"
    known = spec.params.model_fields.get(name)
    title = (known.title if known else None) or name
    template = COMPLAINTS.get(error["type"])
    if template is None:
        return f"{title}: {error['msg'].removeprefix('Value error, ')}."
    given = "" if error["type"] in ("missing", "extra_forbidden") else f", not {_shown(error['input'])}"
    return f"{title} {template.format(**error.get('ctx', {}))}{given}."


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, int | float) else repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
