"""Which model answers: loading one in the background, and switching without disturbing the runs that go."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from storage.records import ModelRecord
from webapp.engine.protocol import Engine
from webapp.models import ModelError, PreparationCancelled, Progress, Stage, canonical, load, parse_reference, shown
from webapp.models.keys import Keys
from webapp.models.load import LoadOptions
from webapp.settings import Settings

ModelState: TypeAlias = Literal["waiting", "downloading", "converting", "loading", "ready", "failed"]
Loader: TypeAlias = Callable[[str, LoadOptions, Progress], Engine]

_log = logging.getLogger("second_thoughts.model")


class ModelNotReady(Exception):
    """No model answers at the moment, as a sentence that says what is being waited for."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What the page shows of the model.

    Attributes:
        state: how far `ref` is; `ready` and `failed` are final.
        ref: the model asked for, as the person wrote it.
        name: the same in words.
        detail: a sentence about what is being done.
        fraction: the finished part of this stage, None where it is unknown.
        error: why the last model asked for cannot be had; with `ready`, the earlier model goes on answering.
        active: the name of the model that answers now, empty while none does.

    """

    state: ModelState = "waiting"
    ref: str = ""
    name: str = ""
    detail: str = ""
    fraction: float | None = None
    error: str = ""
    active: str = ""


@dataclass(slots=True, eq=False)
class _Held:
    """An engine, the model asked for, and how many runs work with it."""

    engine: Engine
    ref: str
    users: int = 0
    retired: bool = False


class EngineHub:
    """Holds the model that answers; loads another one in a thread and swaps it in when it is ready.

    All methods are called on the event loop. A run keeps the engine it began with: a replaced engine closes
    when its last run has ended. When a switch fails, the engine before it goes on answering. `keys` are those
    of model servers.
    """

    def __init__(self, settings: Settings, loader: Loader = load) -> None:
        self.keys = _keys(settings)
        self._options = LoadOptions(
            cache=settings.cache_dir / "models",
            device=settings.device,
            dtype=settings.dtype,
            threads=settings.threads,
            max_batch=settings.max_batch,
            memory=int(settings.memory * 1e9),
            keys=self.keys,
        )
        self._loader = loader
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model-loader")
        self._status = ModelStatus()
        self._current: _Held | None = None
        self._retired: set[_Held] = set()
        self._task: asyncio.Task[None] | None = None
        self._abandon = threading.Event()

    def status(self) -> ModelStatus:
        """Return how far the model is."""
        return self._status

    def start(self, ref: str) -> None:
        """Begin to load a model in the background; a load that is under way for another one is given up."""
        self._abandon.set()
        self._abandon = threading.Event()
        self._tell(ModelStatus("waiting", shown(ref), _name(ref), "Waiting to start.", active=self._active()))
        self._task = asyncio.create_task(self._replace(ref, self._abandon, self._task))

    async def switch(self, ref: str) -> ModelStatus:
        """Load a model, swap it in, and return the status; asking for the one that answers changes nothing."""
        held = self._current
        if not (held and held.ref == ref and self._status.state == "ready" and not self._status.error):
            self.start(ref)
        await self._settled()
        return self._status

    def loaded(self) -> str | None:
        """Return the model that answers now, as `canonical` writes it; None while none does."""
        return None if self._current is None else canonical(self._current.ref)

    def engine(self) -> Engine:
        """Return the engine that answers now.

        Raises:
            ModelNotReady: while none does.

        """
        if self._current is None:
            raise ModelNotReady(self._why_not())
        return self._current.engine

    async def ready(self) -> Engine:
        """Wait until an engine answers and return it.

        Raises:
            ModelNotReady: when the model asked for cannot be had.

        """
        if self._current is None:
            await self._settled()
        return self.engine()

    @asynccontextmanager
    async def using(self) -> AsyncIterator[Engine]:
        """Yield the engine that answers now and keep it open until the block ends.

        Raises:
            ModelNotReady: while none does.

        """
        held = self._current
        if held is None:
            raise ModelNotReady(self._why_not())
        held.users += 1
        try:
            yield held.engine
        finally:
            held.users -= 1
            await self._release(held)

    async def close(self) -> None:
        """Give up a load that is under way and close every engine; requests in flight end with EngineError."""
        self._abandon.set()
        await self._settled()
        held, self._current = self._current, None
        engines = {*self._retired, *([held] if held else [])}
        self._retired.clear()
        await asyncio.gather(*(each.engine.close() for each in engines))
        self._thread.shutdown(wait=False)

    async def _settled(self) -> None:
        while (task := self._task) is not None and not task.done():
            await asyncio.wait({task})

    async def _replace(self, ref: str, abandon: threading.Event, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        if abandon.is_set():
            return
        loop = asyncio.get_running_loop()

        def progress(stage: Stage, sentence: str, fraction: float | None = None) -> None:
            if abandon.is_set():
                raise PreparationCancelled
            loop.call_soon_threadsafe(self._progressed, abandon, stage, sentence, fraction)

        try:
            engine = await loop.run_in_executor(self._thread, self._loader, ref, self._options, progress)
        except PreparationCancelled:
            return
        except ModelError as error:
            if not abandon.is_set():
                self._fail(ref, str(error))
        except Exception as error:
            _log.exception("Loading %s failed", shown(ref))
            self._fail(ref, f"{_name(ref)} could not be loaded: {type(error).__name__}: {error}")
        else:
            await self._install(_Held(engine, ref), abandon)

    def _progressed(self, abandon: threading.Event, stage: Stage, sentence: str, fraction: float | None) -> None:
        if not abandon.is_set():
            self._tell(replace(self._status, state=stage, detail=sentence, fraction=fraction))

    async def _install(self, held: _Held, abandon: threading.Event) -> None:
        if abandon.is_set():
            await held.engine.close()
            return
        before, self._current = self._current, held
        name = held.engine.info.name
        detail = f"{name} {_whereabouts(held.engine.info.record)}."
        self._tell(ModelStatus("ready", held.ref, name, detail, active=name))
        if before is not None:
            before.retired = True
            self._retired.add(before)
            await self._release(before)

    async def _release(self, held: _Held) -> None:
        if held.retired and held.users == 0 and held in self._retired:
            self._retired.discard(held)
            await held.engine.close()

    def _fail(self, ref: str, sentence: str) -> None:
        if self._current is None:
            self._tell(ModelStatus("failed", shown(ref), _name(ref), error=sentence))
        else:
            name = self._active()
            detail = f"{name} goes on answering."
            self._tell(ModelStatus("ready", self._current.ref, name, detail, error=sentence, active=name))

    def _active(self) -> str:
        return self._current.engine.info.name if self._current else ""

    def _why_not(self) -> str:
        status = self._status
        if status.state == "failed":
            return f"No model is loaded. {status.error}"
        return f"The model is not ready yet. {status.detail}"

    def _tell(self, status: ModelStatus) -> None:
        before, self._status = self._status, status
        if status.error and status.error != before.error:
            _log.error(status.error)
        elif _step(status) != _step(before):
            percent = "" if status.fraction is None else f" {status.fraction:.0%}"
            _log.info("%s%s", status.detail, percent)


def _keys(settings: Settings) -> Keys:
    keys = Keys()
    if settings.model_key is not None:
        with suppress(ModelError):  # what is wrong with the address, loading says
            keys.keep(settings.model, settings.model_key)
    return keys


def _name(ref: str) -> str:
    try:
        return parse_reference(ref).name
    except ModelError:
        return shown(ref)


def _whereabouts(record: ModelRecord) -> str:
    """Return where a model is: on this machine in a number format, or at an address."""
    return f"at {record.source}" if record.device == "server" else f"on {record.device}, {record.dtype}"


def _step(status: ModelStatus) -> tuple[object, ...]:
    """Return what has to change before the terminal is told again: every tenth of a stage."""
    return status.ref, status.state, status.detail, int((status.fraction or 0) * 10)
