"""The numbers that a method decides by: fixed by the seed, and different for every name."""

from __future__ import annotations

from storage.database import Database
from storage.repositories import runs as run_store
from tests.runs.following import asked
from webapp.engine.noise import uniform
from webapp.engine.protocol import Sampling
from webapp.runs.service import RunService


async def decisions(service: RunService, database: Database, seed: int) -> list[float | None]:
    [run_id] = await service.launch([asked("scene_decide", seed=seed)], person="local")
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    return [score.value for score in stored.scores]


async def test_they_depend_on_seed_and_names_alone(service: RunService, database: Database) -> None:
    first, again, other = [await decisions(service, database, seed) for seed in (1, 1, 2)]
    assert first == again
    assert len({*first, *other}) == 10 and all(value is not None and 0 <= value < 1 for value in first)


async def test_no_token_is_drawn_with_the_same_number(service: RunService, database: Database) -> None:
    *_, named_like_a_text = await decisions(service, database, seed=1)
    problem = asked("scene_decide").problem.id
    assert named_like_a_text != uniform(Sampling(seed=1, problem=problem, label="draft"), 0, 0)
