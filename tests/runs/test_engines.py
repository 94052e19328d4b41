from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.models import tiny
from webapp.engine.protocol import Engine, Prompt, Sampling
from webapp.models import LoadOptions, ModelError, PreparationCancelled, Progress, load
from webapp.runs.engines import EngineHub, ModelNotReady
from webapp.settings import Settings


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three folders with real, tiny models: one, two and broken."""
    folder = tmp_path_factory.mktemp("models")
    tiny.write_folder(folder / "one", seed=1)
    tiny.write_folder(folder / "two", seed=2)
    broken = tiny.write_folder(folder / "broken")
    (broken / "model.safetensors").write_bytes(b"no weights at all")
    return folder


CLOSED = re.compile("closed|stopped|shut")


class Gate:
    """A loader that does what the real one does, once a test lets it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.asked: list[str] = []

    def __call__(self, ref: str, options: LoadOptions, progress: Progress) -> Engine:
        self.asked.append(ref)
        self.entered.set()
        while not self.open.wait(0.01):
            progress("downloading", "Downloading.", 0.5)
        return load(ref, options, progress)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", device="cpu", threads=1)


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[EngineHub]:
    hub = EngineHub(settings)
    yield hub
    await hub.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  (another thread makes it true)
            await asyncio.sleep(0.005)


async def words(engine: Engine) -> str:
    """Greedy text of a model; raises EngineError when it is closed."""
    text = ""
    async for event in engine.generate([Prompt.user("hi")], Sampling(temperature=0, max_tokens=8)):
        text = getattr(event, "text", text)
    return text


async def test_loads_in_the_background_and_answers(hub: EngineHub, models: Path) -> None:
    hub.start(f"{models}/./one")
    assert (hub.status().state, hub.loaded()) == ("waiting", None)
    with pytest.raises(ModelNotReady, match="The model is not ready yet"):
        hub.engine()
    engine = await hub.ready()
    status = hub.status()
    assert (status.state, status.active, status.error) == ("ready", "one", "")
    assert hub.engine() is engine
    assert hub.loaded() == str(models / "one")
    assert isinstance(await words(engine), str)


async def test_the_loop_goes_on_while_a_model_loads(settings: Settings, models: Path) -> None:
    gate = Gate()
    hub = EngineHub(settings, gate)
    hub.start(str(models / "one"))
    await until(lambda: hub.status().state == "downloading")
    assert hub.status().fraction == 0.5
    gate.open.set()
    await hub.ready()
    await hub.close()


async def test_a_run_keeps_its_engine_over_a_switch(hub: EngineHub, models: Path) -> None:
    await hub.switch(str(models / "one"))
    async with hub.using() as first:
        before = await words(first)
        assert (await hub.switch(str(models / "two"))).active == "two"
        assert hub.engine() is not first
        assert await words(first) == before
    with pytest.raises(Exception, match=CLOSED):
        await words(first)


async def test_an_unused_engine_closes_at_the_switch(hub: EngineHub, models: Path) -> None:
    await hub.switch(str(models / "one"))
    first = hub.engine()
    await hub.switch(str(models / "two"))
    with pytest.raises(Exception, match=CLOSED):
        await words(first)


async def test_a_failed_switch_keeps_the_old_model(hub: EngineHub, models: Path) -> None:
    await hub.switch(str(models / "one"))
    engine = hub.engine()
    for ref in (str(models / "broken"), "http://localhost:1/v1", "no model at all"):
        status = await hub.switch(ref)
        assert (status.state, status.active) == ("ready", "one")
        assert status.error and "\n" not in status.error
        assert hub.engine() is engine
    assert await words(engine) is not None
    assert (await hub.switch(str(models / "one"))).error == ""


async def test_a_first_model_that_fails_is_told_and_can_be_replaced(hub: EngineHub, models: Path) -> None:
    hub.start(str(models / "nowhere"))
    with pytest.raises(ModelNotReady, match="is not a model"):
        await hub.ready()
    assert hub.status().state == "failed"
    assert (await hub.switch(str(models / "two"))).state == "ready"


async def test_asking_again_for_the_same_model_loads_nothing(hub: EngineHub, models: Path) -> None:
    await hub.switch(str(models / "one"))
    engine = hub.engine()
    await hub.switch(str(models / "one"))
    assert hub.engine() is engine


async def test_the_last_of_several_switches_wins(settings: Settings, models: Path) -> None:
    gate = Gate()
    hub = EngineHub(settings, gate)
    hub.start(str(models / "one"))
    await until(gate.entered.is_set)
    first = asyncio.create_task(hub.switch(str(models / "broken")))
    second = asyncio.create_task(hub.switch(str(models / "two")))
    await asyncio.sleep(0)
    gate.open.set()
    assert [(await task).active for task in (first, second)] == ["two", "two"]
    # the first was given up while it loaded, the one between never began
    assert gate.asked == [str(models / "one"), str(models / "two")]
    await hub.close()


async def test_close_gives_up_a_load_under_way(settings: Settings, models: Path) -> None:
    gate = Gate()
    hub = EngineHub(settings, gate)
    hub.start(str(models / "one"))
    await until(gate.entered.is_set)
    async with asyncio.timeout(5):
        await hub.close()
    with pytest.raises(ModelNotReady):
        hub.engine()


async def test_close_closes_engines_still_in_use(settings: Settings, models: Path) -> None:
    hub = EngineHub(settings)
    await hub.switch(str(models / "one"))
    async with hub.using() as engine:
        await hub.close()
        with pytest.raises(Exception, match=CLOSED):
            await words(engine)


async def test_an_unexpected_failure_is_told_and_logged(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    def fail(ref: str, options: LoadOptions, progress: Progress) -> Engine:
        raise ZeroDivisionError("of all things")

    hub = EngineHub(settings, fail)
    with caplog.at_level(logging.ERROR, "second_thoughts"):
        status = await hub.switch("embedded")
    assert "ZeroDivisionError: of all things" in status.error
    assert any(record.exc_info for record in caplog.records)
    await hub.close()


async def test_tells_the_terminal_every_tenth_only(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    def slow(ref: str, options: LoadOptions, progress: Progress) -> Engine:
        for percent in range(101):
            progress("downloading", "Downloading.", percent / 100)
        raise ModelError("Enough.")

    hub = EngineHub(settings, slow)
    with caplog.at_level(logging.INFO, "second_thoughts"):
        await hub.switch("embedded")
    told = [record.getMessage() for record in caplog.records if "Downloading" in record.getMessage()]
    assert len(told) == 11 and told[0] == "Downloading. 0%" and told[-1] == "Downloading. 100%"
    await hub.close()


async def test_a_cancelled_load_leaves_the_status_of_its_successor(settings: Settings, models: Path) -> None:
    def loader(ref: str, options: LoadOptions, progress: Progress) -> Engine:
        if ref == "embedded":
            raise PreparationCancelled
        return load(ref, options, progress)

    hub = EngineHub(settings, loader)
    hub.start("embedded")
    assert (await hub.switch(str(models / "one"))).active == "one"
    await hub.close()
