"""Generations, their traces and scores: what is stored comes back, and what is finished stays finished."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.records import Generation
from storage.repositories import generations, scores
from storage.trace import TokenTrace, summarise
from tests.storage import making


@pytest.fixture(autouse=True)
async def run(database: Database) -> None:
    await database.write(lambda s: making.store_session(s, None, making.run("r1"), making.run("r2")))


async def save(database: Database, generation: Generation, trace: TokenTrace | None = None) -> None:
    await database.write(lambda s: generations.save(s, generation, trace))


async def found(database: Database, generation: str = "g1") -> Generation | None:
    return await database.read(lambda s: generations.get(s, generation))


async def traces(database: Database, ids: Sequence[str]) -> dict[str, TokenTrace]:
    return await database.read(lambda s: generations.traces(s, ids))


async def test_every_field_comes_back(database: Database) -> None:
    await save(database, making.generation(), making.trace())
    assert await found(database) == making.generation()
    making.assert_same_trace((await traces(database, ["g1"]))["g1"], making.trace())


async def test_a_text_without_anything_comes_back_as_that(database: Database) -> None:
    bare = Generation("g1", "r1", 0, "draft", "draft", making.NOON)
    await save(database, bare)
    assert await found(database) == bare
    assert await traces(database, ["g1"]) == {}


async def test_a_summary_that_knows_nothing_is_not_the_same_as_none(database: Database) -> None:
    nothing = summarise(making.trace([], logprob=None, entropy=None, logsumexp=None))
    await save(database, making.generation(summary=nothing))
    assert await found(database) == making.generation(summary=nothing)


async def test_an_infinite_summary_comes_back_and_one_that_is_no_number_is_unknown(database: Database) -> None:
    trace = making.trace()
    summary = summarise(trace)
    assert summary.sum_logprob == float("-inf")
    await save(database, making.generation(summary=summary), trace)
    stored = await found(database)
    assert stored is not None and stored.summary == summary


async def test_a_text_grows_and_its_last_state_counts(database: Database) -> None:
    first = making.generation(status="partial", finish_reason=None, text="Tw", spans=(), answer=None)
    await save(database, first, making.trace([b"Tw"]))
    await save(database, first.with_(text="Twel"), making.trace([b"Twel"]))
    await save(database, making.generation(), making.trace())
    assert await found(database) == making.generation()
    making.assert_same_trace((await traces(database, ["g1"]))["g1"], making.trace())


async def test_a_finished_text_is_never_made_partial_again(database: Database) -> None:
    await save(database, making.generation(), making.trace())
    late = making.generation(status="partial", finish_reason="cancelled", text="Tw", spans=())
    await save(database, late, making.trace([b"Tw"]))
    assert await found(database) == making.generation()
    assert len((await traces(database, ["g1"]))["g1"]) == len(making.trace())


async def test_a_save_without_a_trace_keeps_the_one_there_is(database: Database) -> None:
    await save(database, making.generation(), making.trace())
    await save(database, making.generation(verdict="incorrect"))
    assert len((await traces(database, ["g1"]))["g1"]) == len(making.trace())


async def test_text_that_cannot_be_stored_is_replaced_and_flagged(database: Database) -> None:
    await save(database, making.generation(text="a\0b\ud800", spans=(), replaced=False))
    stored = await found(database)
    assert stored is not None and (stored.text, stored.replaced) == ("a\ufffdb\ufffd", True)


async def test_texts_of_a_run_come_in_order(database: Database) -> None:
    for name, ordinal in (("a", 2), ("b", 0), ("c", 1)):
        await save(database, making.generation(name, ordinal=ordinal))
    await save(database, making.generation("d", run_id="r2"))
    of_run = await database.read(lambda s: generations.of_run(s, "r1"))
    assert [(text.id, text.ordinal) for text in of_run] == [("b", 0), ("c", 1), ("a", 2)]
    of_session = await database.read(lambda s: generations.of_session(s, "s1"))
    assert [text.id for text in of_session] == ["b", "c", "a", "d"]


async def test_a_text_of_no_run_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await save(database, making.generation(run_id="nobody"))
    assert await found(database) is None


async def test_many_texts_are_stored_as_one_by_one(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "BATCH", 2)
    monkeypatch.setattr("storage.repositories.shared.PIECE", 2)
    texts = [making.generation(f"g{n}", ordinal=n, text=f"{n}\0", spans=()) for n in range(5)]
    for text in texts:
        await save(database, text.with_(id=f"x{text.id}", run_id="r2"))
    blobs = [None, b"1", None, b"3", b"4"]
    await database.write(lambda s: generations.add_all(s, zip(texts, blobs, strict=True)))

    def of(run: str, s: Session) -> list[Generation]:
        return [text.with_(id=text.id.removeprefix("x"), run_id="") for text in generations.of_run(s, run)]

    assert await database.read(lambda s: of("r1", s)) == await database.read(lambda s: of("r2", s))
    stored = await database.read(lambda s: list(generations.blobs(s, ["g4", "g1", "g0", "g3", "g2"])))
    assert stored == [("g1", b"1"), ("g3", b"3"), ("g4", b"4")]


async def test_scores_come_back_in_the_order_in_which_they_came(database: Database) -> None:
    await save(database, making.generation())
    made = [
        making.score("b", created_at=making.minutes(1)),
        making.score("a", created_at=making.minutes(2), value=float("inf"), generation_id=None),
        making.score("c", created_at=making.minutes(2), value=None, details={}),
    ]
    for score in reversed(made):
        await database.write(lambda s, score=score: scores.add(s, score))
    assert await database.read(lambda s: scores.of_run(s, "r1")) == made
    assert await database.read(lambda s: scores.of_session(s, "s1")) == made


async def test_a_score_that_is_no_number_is_unknown(database: Database) -> None:
    nan = making.score(generation_id=None, value=float("nan"), details={"masses": [float("nan"), 1.0]})
    await database.write(lambda s: scores.add(s, nan))
    (stored,) = await database.read(lambda s: scores.of_run(s, "r1"))
    assert (stored.value, stored.details) == (None, {"masses": [None, 1.0]})


@pytest.mark.parametrize("about", [{"run_id": "nobody"}, {"generation_id": "nobody"}], ids=["run", "generation"])
async def test_a_score_of_nothing_is_refused(database: Database, about: dict[str, str]) -> None:
    await save(database, making.generation())
    with pytest.raises(IntegrityError):
        await database.write(lambda s: scores.add(s, making.score(**about)))


async def test_verdicts_of_first_drafts_are_counted_by_run(database: Database) -> None:
    first = {"role": "draft", "round": 0, "parents": ()}
    texts = [
        making.generation("a", **first), making.generation("b", **first, verdict="incorrect"),
        making.generation("c", **first), making.generation("d", run_id="r2", **first, verdict="ungraded"),
        making.generation("idea", **(first | {"round": 1})),
        making.generation("late", **(first | {"role": "revision"})),
        making.generation("cut", **first, status="partial"),
    ]  # fmt: skip
    for text in texts:
        await save(database, text)
    counted = await database.read(lambda s: generations.first_verdicts(s, ["r1", "r2", "r3"]))
    assert counted == {"r1": {"correct": 2, "incorrect": 1}, "r2": {"ungraded": 1}}


async def test_scores_of_a_name_are_found_for_several_runs(database: Database) -> None:
    made = [
        making.score("c1", generation_id=None), making.score("c2", generation_id=None, name="other"),
        making.score("c3", generation_id=None, run_id="r2"),
    ]  # fmt: skip
    await database.write(lambda s: scores.add_all(s, made))
    assert await database.read(lambda s: scores.named(s, "p_true", ["r1", "r2"])) == [made[0], made[2]]
    assert await database.read(lambda s: scores.named(s, "p_true", ["r2"])) == [made[2]]
