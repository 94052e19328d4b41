"""Imported texts scored token by token by a model of ours: teacher-forced, nothing is sampled.

The tokens are those of the scoring model's tokenizer, whatever the text was drawn in: every text scored here carries
a score `imported:retokenised` that says which model read it and after which prompt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple, cast, get_args

from sqlalchemy.orm import Session as OrmSession

from storage.codec import encode
from storage.database import Database
from storage.ids import new_id
from storage.records import Generation, Problem, Score
from storage.repositories import generations, runs, scores
from storage.trace import TokenTrace, summarise
from webapp.engine.protocol import Caller, ChatRole, Engine, EngineError, Message, Prompt
from webapp.export.foreign import FOREIGN

RETOKENISED = FOREIGN + "retokenised"
AT_ONCE = 16  # texts that the engine is given together, and stored in one transaction
_CALLER = Caller(background=True)


@dataclass(slots=True)
class Scored:
    """How many texts were scored, and why others were not, with their numbers."""

    texts: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, why: str) -> None:
        """Count a text that was not scored."""
        self.skipped[why] = self.skipped.get(why, 0) + 1


class Reading(NamedTuple):
    """A text with its tokens as a model of ours reads them."""

    generation: Generation
    trace: TokenTrace
    stated: bool  # whether its prompt stood in the file


class NotScored(Exception):
    """A text that cannot be scored, with the reason."""


async def score_session(database: Database, engine: Engine, session_id: str) -> Scored:
    """Score the texts of a session that a model wrote and that have no tokens yet, and store their traces.

    Raises:
        DatabaseError: with a sentence; what was scored before stays.

    """
    done = Scored()
    for run in await database.read(lambda s: runs.of_session(s, session_id)):
        texts = await database.read(lambda s, id=run.id: generations.of_run(s, id))  # type: ignore[misc]
        wanted = [text for text in texts if _wanted(text)]
        for start in range(0, len(wanted), AT_ONCE):
            few = wanted[start : start + AT_ONCE]
            answers = await asyncio.gather(*(_read(engine, run.problem, text, done) for text in few))
            readings = [reading for reading in answers if reading is not None]
            await database.write(lambda s, readings=readings: _store(s, readings, engine))  # type: ignore[misc]
            done.texts += len(readings)
    return done


def prompt_of(problem: Problem, generation: Generation) -> Prompt:
    """Return what a text answered: as the file states it, else, for a first draft, the question.

    Raises:
        NotScored: where nobody knows.

    """
    if not generation.messages:
        if generation.role != "draft" or generation.round or generation.parents:
            raise NotScored("what it answered is not in the file")
        return Prompt((Message("user", problem.question),))
    if any(role not in get_args(ChatRole) for role, _ in generation.messages):
        raise NotScored("it answered a message that is neither of a person nor of an assistant")
    return Prompt(tuple(Message(cast(ChatRole, role), content) for role, content in generation.messages))


async def _read(engine: Engine, problem: Problem, generation: Generation, done: Scored) -> Reading | None:
    try:
        prompt = prompt_of(problem, generation)
        ids = await asyncio.to_thread(engine.tokenize, generation.text)
        [trace] = await engine.score([prompt], [ids], caller=_CALLER)
        # Nobody drew these tokens from this model, so what would say how they were drawn is unknown.
        trace = replace(trace, sampled_logprob=None, sampled_entropy=None, candidates=None, seconds=None)
        if trace.text()[0] != generation.text:
            raise NotScored("the model's tokenizer does not give the text back")
    except (NotScored, EngineError) as error:
        done.skip(str(error))
        return None
    return Reading(generation, trace, bool(generation.messages))


def _wanted(text: Generation) -> bool:
    by_a_model = any(span.origin == "model" for span in text.spans)
    return by_a_model and bool(text.text) and text.summary is None


def _store(s: OrmSession, readings: Sequence[Reading], engine: Engine) -> None:
    record = engine.info.record
    now = datetime.now(UTC)
    for generation, trace, stated in readings:
        summary = summarise(trace)
        generations.put(s, generation.with_(summary=summary), encode(trace))
        after = "the prompt in the file" if stated else "the question alone, as the file has no prompt"
        how = f"mean log-probability by {record.id} of its own tokens for this text, teacher-forced after {after}"
        details = {"model": asdict(record), "prompt": "stated" if stated else "question"}
        scores.add(
            s,
            Score(new_id(), generation.run_id, generation.id, RETOKENISED, summary.mean_logprob, how, now, details),
        )
