"""What a comparison reads: the right runs, texts and scores, by an index that holds all of it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import event
from sqlalchemy.orm import Session

from storage.connect import connect
from storage.database import Database
from storage.repositories import runs, scores, selected, sessions
from storage.repositories.selected import Kind, Wanted
from tests.reports import made
from tests.storage import grids, making


def kind(s: Session, method: str = "self_consistency") -> Kind:
    """Return what the runs of a method share."""
    found = next(run for run in selected.runs(s, Wanted(sessions=("s1",))) if run.method == method)
    return Kind(found.method, found.version, found.model, frozenset({found.params}))


async def test_runs_are_found_by_id_session_and_experiment(database: Database) -> None:
    def look(s: Session) -> None:
        made.store(s, 2)
        listed = selected.runs(s, Wanted(sessions=("s1",)))
        assert len(listed) == 6 and {run.method for run in listed} == set(made.METHODS)
        ids = (listed[4].id, listed[1].id)
        assert [run.id for run in selected.runs(s, Wanted(runs=ids))] == list(ids)
        assert selected.runs(s, Wanted(sessions=("s2",))) == []

    await database.write(look)


async def test_cells_lead_to_the_runs_they_became_in_the_order_of_the_grid(database: Database) -> None:
    def look(s: Session) -> None:
        grids.store(s, 4)
        claimed = grids.step(s, 3).claimed
        for cell in claimed:
            grids.finish(s, cell)
        found = selected.runs(s, Wanted(experiment="e1"))
        assert [run.id for run in found] == [cell.run_id for cell in claimed]
        assert selected.names(s, Wanted(experiment="e1")) == ["A grid"]
        assert selected.unfinished_cells(s, "e1") == 4  # done is what a step has settled

    await database.write(look)


async def test_what_is_deleted_is_not_compared(database: Database) -> None:
    def look(s: Session) -> None:
        made.store(s, 1)
        runs.delete(s, "rci-0-0")
        assert {run.method for run in selected.runs(s, Wanted(sessions=("s1",)))} == {
            "self_consistency",
            "self_refine",
        }
        assert selected.runs(s, Wanted(runs=("rci-0-0",))) == []
        sessions.delete(s, "s1")
        assert selected.runs(s, Wanted(sessions=("s1",))) == []
        assert selected.names(s, Wanted(sessions=("s1",))) == []

    await database.write(look)


async def test_facts_of_a_run_are_those_that_were_stored(database: Database) -> None:
    def look(s: Session) -> None:
        made.store(s, 1)
        (fact,) = selected.runs(s, Wanted(runs=("self_refine-0-0",)))
        run = runs.get(s, "self_refine-0-0")
        assert run is not None
        assert (fact.first, fact.last) == (run.outcome.first_verdict, run.outcome.verdict)
        assert (fact.generated_tokens, fact.calls) == (run.cost.generated_tokens, run.cost.calls)
        assert not fact.branched and selected.asked(s, [fact.problem])[fact.problem] == run.problem
        assert selected.used(s, [fact.model])[fact.model] == making.MODEL
        answers = selected.answers(s, [fact.id])[fact.id]
        assert (answers.first, answers.last) == (run.outcome.first_answer, run.outcome.answer)

    await database.write(look)


async def test_texts_and_scores_are_those_of_one_kind_that_have_a_verdict(database: Database) -> None:
    def look(s: Session) -> None:
        made.store(s, 2)
        scores.add(s, replace(making.score("more"), run_id="self_consistency-0-0", generation_id=None))
        found = selected.texts(s, Wanted(sessions=("s1",)), kind(s))
        assert len(found.id) == 2 * made.SAMPLES and set(found.role) == {"draft"}
        assert len(found.signals) == len(selected.SIGNALS) and set(found.signals[-1]) == {40}
        told = selected.scores(s, Wanted(sessions=("s1",)), kind(s))
        assert set(told.text) == set(found.id) and set(told.name) == {"p_true"} and len(told.value) == len(found.id)
        refined = selected.texts(s, Wanted(sessions=("s1",)), kind(s, "self_refine"))
        assert set(refined.role) == {"draft", "revision"}
        assert not selected.texts(s, Wanted(sessions=("s2",)), kind(s)).id

    await database.write(look)


async def test_texts_are_read_from_the_index_alone(database: Database) -> None:
    await database.write(lambda s: made.store(s, 2))
    server = database.url.get_backend_name() == "postgresql"
    explain, wanted = "EXPLAIN QUERY PLAN", "USING COVERING INDEX ix_generations_summary"
    if server:
        explain, wanted = "EXPLAIN", "Index Only Scan using ix_generations_summary"
        engine = connect(database.url, "migrate").execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:  # rows that were just written are looked up until this was done
            connection.exec_driver_sql("VACUUM ANALYZE generations")

    def look(s: Session) -> list[str]:
        asked: list[tuple[str, object]] = []
        bind = s.connection()
        if server:  # so small a table is read whole
            bind.exec_driver_sql("SET LOCAL enable_seqscan = off")

        def hear(_: object, __: object, statement: str, values: object, *___: object) -> None:
            asked.append((statement, values))

        event.listen(bind.engine, "before_cursor_execute", hear)
        selected.texts(s, Wanted(sessions=("s1",)), kind(s))
        event.remove(bind.engine, "before_cursor_execute", hear)
        statement, values = asked[-1]
        plan = bind.exec_driver_sql(f"{explain} {statement}", values)  # type: ignore[arg-type]
        return [row[-1] for row in plan]

    plan = await database.read(look)
    assert any(wanted in line for line in plan), plan
