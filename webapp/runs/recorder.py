"""Streams and stores the generations of one live run: what a viewer is told is finished is in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.ids import new_id
from storage.records import Cost, FinishReason, Generation, Origin, Run, Score
from storage.repositories import generations as generation_store
from storage.repositories import scores as score_store
from storage.trace import TokenTrace
from webapp.engine.protocol import Generated
from webapp.events import GenerationFinished
from webapp.runs import announce
from webapp.runs.budget import Budget
from webapp.runs.earlier import earlier_scores
from webapp.runs.grading import graded
from webapp.runs.log import RunLog
from webapp.runs.progress import Progress
from webapp.runs.rows import at
from webapp.runs.spans import origins_of
from webapp.runs.writing import Writing


class Recorder:
    """Keeps what one run makes, in its log for those who watch and in the database for afterwards."""

    def __init__(self, database: Database, run: Run, log: RunLog, budget: Budget, progress: Progress) -> None:
        self.generations: dict[str, Generation] = {}
        self.traces: dict[str, TokenTrace] = {}
        self.scores: list[Score] = []
        self._database = database
        self._run = run
        self._log = log
        self._budget = budget
        self._progress = progress
        self._open: dict[str, Writing] = {}
        self._ordinal = 0

    def begin(self, generation: Generation, *, tokens: int, calls: int = 1) -> Writing:
        """Begin a generation of at most `tokens` new ones; its id, ordinal and times are given here."""
        writing = Writing(self._placed(generation), tokens, calls)
        self._open[writing.generation.id] = writing
        self._log.append(announce.started(writing.generation))
        return writing

    def give(self, writing: Writing, rows: TokenTrace, origins: Sequence[Origin]) -> None:
        """Begin a text with rows that the model does not draw now."""
        self._log.append(*writing.give(rows, origins))

    def add(self, writing: Writing, rows: TokenTrace, origins: Sequence[Origin] = ()) -> None:
        """Add rows that the model drew, or with `origins` a policy put in."""
        self._log.append(*writing.add(rows, self._progress.now(), origins))
        self._progress.drew(len(rows))

    async def finish(self, writing: Writing, result: Generated, *, prompt_tokens: int) -> Generation:
        """Grade and store a finished text, then say so."""
        writing.done = True  # from here on autosave leaves it alone
        if unseen := len(result.trace) - writing.drawn:
            self.add(writing, result.trace.slice(len(result.trace) - unseen))
        self._log.append(*writing.flush())
        seconds = self._progress.now() - writing.generation.started
        finished, trace = writing.finished(result, prompt_tokens=prompt_tokens, seconds=seconds)
        return await self._keep(writing, await graded(self._run.problem, finished), trace)

    async def prune(self, writing: Writing, result: Generated, *, prompt_tokens: int) -> Generation:
        """Store a text that a policy dropped: it is no answer."""
        writing.done = True
        self._log.append(*writing.flush())
        dropped, trace = writing.partial(self._progress.now(), result.finish_reason)
        cost = replace(dropped.cost, prompt_tokens=prompt_tokens)
        return await self._keep(writing, dropped.with_(cost=cost, status="finished"), trace)

    async def copy(
        self, generation: Generation, trace: TokenTrace | None, parents: Sequence[Generation] = ()
    ) -> Generation:
        """Repeat a generation of an earlier run in this one, at no cost, below copies of its parents."""
        above = tuple(parent.id for parent in parents)
        copied = generation.with_(copied_from=generation.id, parents=above, cost=Cost(), finish_reason="given")
        writing = self.begin(copied, tokens=0)
        if trace is not None:
            trace = at(trace, self._progress.now())
            self.give(writing, trace, origins_of(trace, generation.spans))
            self._log.append(*writing.flush())
        writing.done = True
        return await self._keep(writing, writing.generation, trace)

    async def restate(self, generation: Generation, trace: TokenTrace) -> Generation:
        """Store a text of this run once more, as the generation says; all of it is given, so it costs nothing."""
        writing = self.begin(generation.with_(prefix=tuple(trace.ids.tolist()), cost=Cost()), tokens=0, calls=0)
        trace = at(trace, self._progress.now())
        self.give(writing, trace, origins_of(trace, generation.spans))
        self._log.append(*writing.flush())
        writing.done = True
        return await self._keep(writing, await graded(self._run.problem, writing.generation), trace)

    async def write(self, generation: Generation, rows: TokenTrace | None, origins: Sequence[Origin]) -> Generation:
        """Store a text that a person wrote, with its tokens where they are known."""
        writing = self.begin(generation, tokens=0, calls=0)
        if rows is not None:
            rows = at(rows, self._progress.now())
            self.give(writing, rows, origins)
            self._log.append(*writing.flush())
        writing.done = True
        return await self._keep(writing, await graded(self._run.problem, writing.generation), rows)

    async def earlier(self, name: str) -> list[float]:
        """Return the values of a score in earlier runs of the same method and model on other problems."""
        return await self._database.read(lambda s: earlier_scores(s, self._run, name))

    async def score(self, score: Score) -> None:
        """Store a score, then say so."""
        await self._database.write(lambda s: score_store.add(s, score))
        self.scores.append(score)
        self._log.append(announce.scored(score))

    async def autosave(self) -> None:
        """Store the unfinished texts that changed since they were last stored."""
        changed = [writing for writing in self._open.values() if writing.changed and not writing.done]
        for writing in changed:
            writing.changed = False
        await self._save([writing.partial(self._progress.now()) for writing in changed])

    async def abandon(self, reason: FinishReason, writings: Sequence[Writing] | None = None) -> None:
        """Store unfinished texts as they are, say why they end, and count what they cost.

        By default these are all; of `writings`, those that are complete are left to whoever is storing them.
        """
        which = [w for w in self._open.values() if writings is None or (w in writings and not w.done)]
        left = [(writing, *writing.partial(self._progress.now(), reason)) for writing in which]
        for writing in which:
            del self._open[writing.generation.id]
        await self._save([(generation, trace) for _, generation, trace in left])
        for writing, generation, _ in left:
            self._log.append(*writing.flush())
            self._tell(writing, generation, announce.finished(generation, self.generations))

    async def _keep(self, writing: Writing, generation: Generation, trace: TokenTrace | None) -> Generation:
        await self._save([(generation, trace)])
        del self._open[generation.id]
        if trace is not None:
            self.traces[generation.id] = trace
        # a word diff of two long texts takes a while
        event = await asyncio.to_thread(announce.finished, generation, self.generations)
        self._tell(writing, generation, event)
        return generation

    def _tell(self, writing: Writing, generation: Generation, event: GenerationFinished) -> None:
        self.generations[generation.id] = generation
        self._budget.settle(writing.reserved, generation.cost)
        self._progress.drew(-writing.drawn)
        self._log.append(event)

    async def _save(self, texts: Sequence[tuple[Generation, TokenTrace | None]]) -> None:
        def save(session: OrmSession) -> None:
            for generation, trace in texts:
                generation_store.save(session, generation, trace)

        if texts:
            await self._database.write(save)

    def _placed(self, generation: Generation) -> Generation:
        self._ordinal += 1
        return generation.with_(
            id=new_id(),
            run_id=self._run.id,
            ordinal=self._ordinal - 1,
            created_at=datetime.now(UTC),
            started=self._progress.now(),
        )
