"""From what a person asks for to stored runs that are ready to start."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.ids import new_id
from storage.records import BY_HAND, BranchPoint, Cost, Outcome, Run, Session, StoredRun
from storage.repositories import cell_work
from storage.repositories import generations as generation_store
from storage.repositories import runs as run_store
from storage.repositories import sessions as session_store
from webapp.analysis.attempts import ANSWERING
from webapp.engine.protocol import Engine
from webapp.methods.interface import Answer, MethodParams, MethodSpec
from webapp.runs.access import may, require
from webapp.runs.branch import Fork, branching, check_fork, params_of, same_model, sampling_of
from webapp.runs.by_hand import VERSION as CORRECTION_VERSION
from webapp.runs.by_hand import Correction, desk
from webapp.runs.by_hand import check as check_correction
from webapp.runs.calls import Calls
from webapp.runs.context import MethodContext
from webapp.runs.correcting import correcting
from webapp.runs.inputs import Input, drew
from webapp.runs.leases import Leases
from webapp.runs.limits import Limits
from webapp.runs.live import Work
from webapp.runs.request import BadRequest, RunRequest, check, cleaned
from webapp.runs.titles import BRANCH
from webapp.tasks.question import Question

NAME_LENGTH = 60  # of a session named after its question
BRANCH_VERSION = "1"


class Prepared(NamedTuple):
    """A stored run that is queued, and what it has to do."""

    run: Run
    work: Work
    background: bool
    run_tokens: int | None = None


class Preparation:
    """Checks what a person asks of an engine and stores the runs of it, queued and leased by this process."""

    def __init__(self, database: Database, engine: Engine, leases: Leases, limits: Limits, person: str) -> None:
        self._database = database
        self._engine = engine
        self._leases = leases
        self._limits = limits
        self._person = person
        self._now = datetime.now(UTC)
        self._launch = new_id()

    async def launch(self, requests: Sequence[RunRequest]) -> list[Prepared]:
        """Check all requests, then store their runs in one go.

        Raises:
            BadRequest: with a sentence; then nothing was stored.

        """
        if not requests:
            raise BadRequest("Nothing to run: choose at least one method.")
        requests = [replace(request, problem=cleaned(request.problem)) for request in requests]
        checked = [await check(request, self._engine, self._limits.question_characters) for request in requests]
        inputs = [await self._inputs(request) for request in requests]
        session = await self._session(requests[0])
        prepared = []
        for column, (request, (spec, params), given) in enumerate(zip(requests, checked, inputs, strict=True)):
            run = self._run(request, spec, params, session.id, column)
            work = _work(run, spec, params, given)
            prepared.append(Prepared(run, work, request.background, request.run_tokens))
        claimed = {run.id for (run, *_), request in zip(prepared, requests, strict=True) if request.claimed}
        await self._database.write(lambda s: self._store(s, session, [p.run for p in prepared], claimed))
        return prepared

    async def branch(self, point: BranchPoint) -> list[Prepared]:
        """Check and store a branch of a stored generation, in the session of its run.

        Raises:
            BadRequest: with a sentence; then nothing was stored.

        """
        fork = await self._fork(point)
        check_fork(fork, self._engine)
        params = params_of(sampling_of(fork.generation))
        source = fork.generation
        run = replace(
            fork.run,
            **self._fresh(),
            column=0,
            method=BRANCH,
            method_version=BRANCH_VERSION,
            params=params.model_dump(mode="json"),
            model=self._engine.info.record,
            branch_of=point,
            input_run=None,
        )
        first = (source.answer, source.verdict) if source.role in ANSWERING else None
        work = Work(params, branching(fork, self._engine), first=first)
        return await self._alone(run, work)

    async def correct(self, correction: Correction) -> list[Prepared]:
        """Check and store a correction by hand of a stored text, in the session of its run.

        Raises:
            BadRequest: with a sentence; then nothing was stored.

        """
        placed = desk(correction, await self._corrected(correction.generation_id))
        check_correction(placed, self._engine)
        source = placed.source
        params = params_of(sampling_of(source)) if source.sampling else MethodParams(samples=1)
        asked = {"role": correction.role, "kept": placed.kept, "go_on": correction.go_on}
        run = replace(
            placed.stored.run,
            **self._fresh(),
            column=0,
            method=BY_HAND,
            method_version=CORRECTION_VERSION,
            params=params.model_dump(mode="json") | asked,
            model=self._engine.info.record,
            branch_of=None,
            input_run=placed.stored.run.id,
        )
        first = (placed.answer.answer, placed.answer.verdict)
        return await self._alone(run, Work(params, correcting(placed, self._engine), first=first))

    async def _alone(self, run: Run, work: Work) -> list[Prepared]:
        """Store a run that a person adds to a session."""
        await self._database.write(lambda s: run_store.add(s, run))
        return [Prepared(run, work, background=False)]

    async def _corrected(self, generation_id: str) -> StoredRun:
        def load(s: OrmSession) -> StoredRun | None:
            if not may(s, "text", generation_id, self._person):
                return None
            require(s, "text", generation_id, self._person, "write")
            generation = generation_store.get(s, generation_id)
            return None if generation is None else run_store.load(s, generation.run_id)

        stored = await self._database.read(load)
        if stored is None:
            raise BadRequest("That text is not stored (yet), so it cannot be corrected.")
        return stored

    def _run(self, request: RunRequest, spec: MethodSpec, params: MethodParams, session: str, column: int) -> Run:
        return Run(
            **self._fresh(request.run_id),
            session_id=session,
            column=column,
            problem=request.problem,
            method=spec.name,
            method_version=spec.version,
            params=params.model_dump(mode="json"),
            seed=request.seed,
            model=self._engine.info.record,
            input_run=request.input_run,
        )

    def _fresh(self, run_id: str | None = None) -> dict[str, Any]:
        """Return the fields of a run that begins now, whatever it does."""
        return {
            "id": run_id or new_id(),
            "launch_id": self._launch,
            "created_at": self._now,
            "status": "queued",
            "error": "",
            "oracle": False,
            "cost": Cost(),
            "outcome": Outcome(),
            "started_at": None,
            "finished_at": None,
            "lease_owner": self._leases.owner,
            "lease_until": self._leases.until(),
            "name": "",
            "notes": "",
            "tags": (),
            "deleted_at": None,
        }

    async def _session(self, request: RunRequest) -> Session:
        wanted = request.session_id
        if wanted is None:
            name = shortened(request.problem.question)
            return Session(new_id(), self._person, name, self._now, self._now)

        def open_to_person(s: OrmSession) -> Session | None:
            session = session_store.get(s, wanted) if may(s, "session", wanted, self._person) else None
            if session is not None and session.deleted_at is None:
                require(s, "session", wanted, self._person, "write")
                return session
            return None

        session = await self._database.read(open_to_person)
        if session is None:
            raise BadRequest("That session no longer exists. Start a new one, or restore it in the Library.")
        return session

    def _store(self, s: OrmSession, session: Session, runs: Sequence[Run], claimed: Set[str]) -> None:
        for run_id in claimed:
            cell_work.confirm(s, run_id)
        if session.created_at is self._now:  # made for this launch
            session_store.create(s, session)
        for run in runs:
            run_store.add(s, run)

    async def _inputs(self, request: RunRequest) -> list[Input]:
        if (source := request.input_run) is None:
            return []

        def load(s: OrmSession) -> tuple[StoredRun | None, Run | None]:
            found = run_store.load(s, source) if may(s, "run", source, self._person) else None
            return found, None if found is None else drew(s, found.run)

        stored, drawn_by = await self._database.read(load)
        if stored is None:
            raise BadRequest("The run whose samples were to be used does not exist (any more). Choose another one.")
        if stored.run.problem.id != request.problem.id:
            raise BadRequest("The run whose samples were to be used answers another question.")
        drafts = [g for g in stored.generations if g.role == "draft" and g.round == 0 and g.status == "finished"]
        if stored.run.live or not drafts:
            state = "is still at work" if stored.run.live else "has no finished samples"
            raise BadRequest(f"The run whose samples were to be used {state}.")
        own = drawn_by is not None and same_model(drawn_by.model, self._engine.info.record)
        return [Input(g, stored.traces.get(g.id), own) for g in sorted(drafts, key=lambda g: g.ordinal)]

    async def _fork(self, point: BranchPoint) -> Fork:
        def load(s: OrmSession) -> Fork | None:
            if not may(s, "text", point.generation_id, self._person):
                return None
            require(s, "text", point.generation_id, self._person, "write")
            generation = generation_store.get(s, point.generation_id)
            run = None if generation is None else run_store.get(s, generation.run_id)
            if generation is None or run is None:
                return None
            trace = generation_store.traces(s, [generation.id]).get(generation.id)
            return None if trace is None else Fork(run, generation, trace, point)

        fork = await self._database.read(load)
        if fork is None:
            raise BadRequest("That text is not stored (yet), so nothing can be branched off it.")
        return fork


def shortened(question: str) -> str:
    """Return the first line of a question, as the name of a session."""
    line = " ".join((question.strip().splitlines() or [""])[0].split())
    return line if len(line) <= NAME_LENGTH else f"{line[: NAME_LENGTH - 1]}…"


def _work(run: Run, spec: MethodSpec, params: MethodParams, inputs: Sequence[Input]) -> Work:
    async def perform(context: MethodContext, calls: Calls) -> Answer:
        return await spec.run(context, Question.of(run.problem), params)

    return Work(params, perform, spec, inputs)
