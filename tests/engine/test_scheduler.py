"""Who gets the next slot, without a model."""

from __future__ import annotations

import pytest

from webapp.engine.jobs import OUT_OF_MEMORY, Job, Jobs
from webapp.engine.protocol import Caller, EngineError, OutOfMemory, Sampling
from webapp.engine.request import PromptIds, Request, Row
from webapp.engine.scheduler import Scheduler


def rows(n: int = 1, person: str = "ann", background: bool = False) -> list[Row]:
    request = Request([PromptIds((1, 2), 0)], Sampling(), n, Caller(person, background), lambda event: None)
    return [Row(request, 0, i, None, None, admitted=float(i + 1)) for i in range(n)]  # type: ignore[arg-type]


def fill(scheduler: Scheduler) -> list[Row]:
    running: list[Row] = []
    while (row := scheduler.next(running)) is not None:
        running.append(row)
    return running


def test_rows_run_in_the_order_of_their_arrival() -> None:
    scheduler, waiting = Scheduler(4), rows(6)
    scheduler.add(waiting)
    assert fill(scheduler) == waiting[:4]
    assert scheduler.waiting == waiting[4:]


def test_background_work_holds_at_most_half_of_the_slots() -> None:
    scheduler = Scheduler(8)
    scheduler.add(rows(40, background=True))
    assert len(fill(scheduler)) == 4


def test_with_one_slot_background_work_may_have_it() -> None:
    scheduler = Scheduler(1)
    scheduler.add(rows(2, background=True))
    assert len(fill(scheduler)) == 1


def test_interactive_goes_before_background_that_came_first() -> None:
    scheduler = Scheduler(4)
    scheduler.add(rows(3, background=True))
    scheduler.add(person := rows(1))
    assert fill(scheduler)[0] is person[0]


def test_the_person_with_the_fewest_running_rows_is_next() -> None:
    scheduler = Scheduler(4)
    scheduler.add(rows(8, "ann"))
    scheduler.add(rows(8, "bob"))
    assert [row.request.caller.person for row in fill(scheduler)] == ["ann", "bob", "ann", "bob"]


def test_dropping_a_request_leaves_the_others_waiting() -> None:
    scheduler, first, second = Scheduler(2), rows(2), rows(2)
    scheduler.add(first + second)
    assert scheduler.drop(first[0].request) == first
    assert scheduler.waiting == second


def test_positions_count_the_requests_that_go_before() -> None:
    scheduler, late, soon = Scheduler(1), rows(2, background=True), rows(3)
    scheduler.add(late + soon)
    assert scheduler.positions() == {soon[0].request: 0, late[0].request: 1}


def test_a_shortage_halves_the_batch_until_there_is_nothing_to_do() -> None:
    scheduler = Scheduler(8)
    scheduler.halve(5)
    assert scheduler.slots == 2
    scheduler.halve(1)
    assert scheduler.slots == 1
    scheduler.restore()
    assert scheduler.slots == 8


def test_a_full_batch_gives_up_its_newest_background_row_for_a_person_without_one() -> None:
    scheduler, running = Scheduler(3), [*rows(2, background=True), *rows(1, "bob")]
    assert scheduler.in_the_way(running, None) is None
    scheduler.add(rows(2))
    assert scheduler.in_the_way(running, None) is running[1]


def test_a_person_who_has_a_row_displaces_nobody() -> None:
    scheduler, mine = Scheduler(2), rows(3)
    scheduler.add(mine[1:])
    assert scheduler.in_the_way([mine[0], *rows(1, background=True)], None) is None


def test_a_background_prompt_is_not_read_while_a_person_waits() -> None:
    scheduler, [reading] = Scheduler(4), rows(1, background=True)
    assert scheduler.in_the_way([], reading) is None
    scheduler.add(rows(1))
    assert scheduler.in_the_way([], reading) is reading
    assert scheduler.in_the_way([], rows(1)[0]) is None


class Asked:
    """A job of a few passes that notes when each was made, and what it was answered."""

    def __init__(self, jobs: Jobs, name: str, log: list[str], caller: Caller, passes: int = 2) -> None:
        self.answers: list[object] = []
        self.gone = False
        self.errors: list[Exception] = []

        def make():
            for _ in range(passes):
                yield
                if self.errors:
                    raise self.errors.pop()
                log.append(name)
            return name

        def answer(result: object, error: Exception | None) -> None:
            self.answers.append(error or result)

        jobs.add(Job(make, caller, answer, lambda: self.gone))


def run(jobs: Jobs) -> None:
    while (job := jobs.next()) is not None:
        jobs.advance(job, 8)


def test_scoring_of_a_person_overtakes_background_scoring_between_two_passes() -> None:
    jobs, log = Jobs(), []
    slow = Asked(jobs, "slow", log, Caller(background=True))
    jobs.advance(jobs.next(), 8)  # type: ignore[arg-type]
    quick = Asked(jobs, "quick", log, Caller())
    run(jobs)
    assert log == ["slow", "quick", "quick", "slow"]
    assert (slow.answers, quick.answers) == (["slow"], ["quick"])


def test_people_take_turns_in_scoring() -> None:
    jobs, log = Jobs(), []
    for i in range(2):
        Asked(jobs, f"ann {i}", log, Caller("ann"), 1)
    Asked(jobs, "bob", log, Caller("bob"), 1)
    run(jobs)
    assert log == ["ann 0", "bob", "ann 1"]


def test_a_job_that_nobody_waits_for_is_not_run() -> None:
    jobs, log = Jobs(), []
    Asked(jobs, "gone", log, Caller()).gone = True
    assert jobs.next() is None and not jobs.waiting


@pytest.mark.parametrize("shortages", [1, 2])
def test_a_job_is_tried_twice_when_memory_runs_out(shortages: int) -> None:
    jobs, log = Jobs(), []
    asked = Asked(jobs, "big", log, Caller())
    asked.errors = [MemoryError() for _ in range(shortages)]
    run(jobs)
    [answer] = asked.answers
    if shortages == 1:
        assert answer == "big"
    else:
        assert isinstance(answer, OutOfMemory) and str(answer) == OUT_OF_MEMORY


def test_any_other_failure_of_a_job_is_a_sentence() -> None:
    jobs, log = Jobs(), []
    asked = Asked(jobs, "broken", log, Caller())
    asked.errors = [RuntimeError("a kernel broke")]
    run(jobs)
    [answer] = asked.answers
    assert type(answer) is EngineError and str(answer) == "The model failed: a kernel broke"


def test_closing_fails_the_jobs_that_wait() -> None:
    jobs, log = Jobs(), []
    asked = [Asked(jobs, str(i), log, Caller()) for i in range(3)]
    jobs.fail_all(EngineError("closed"))
    assert [str(a.answers[0]) for a in asked] == ["closed"] * 3 and not jobs.waiting


def settled(scheduler: Scheduler, running: list[Row]) -> list[Row]:
    """Let rows give way and join, as the worker does, until nothing changes any more."""
    for _ in range(50):
        if (row := scheduler.in_the_way(running, None)) is None:
            return running
        running.remove(row)
        scheduler.put_back([row])
        while (joined := scheduler.next(running)) is not None:
            running.append(joined)
    raise AssertionError("rows go in and out for ever")


def test_a_second_person_gets_half_of_full_slots_and_no_more() -> None:
    scheduler = Scheduler(8)
    scheduler.add(rows(20, "ann"))
    running = fill(scheduler)
    scheduler.add(rows(20, "bob"))
    shared = settled(scheduler, running)
    assert [sum(row.request.caller.person == who for row in shared) for who in ("ann", "bob")] == [4, 4]


def test_who_needs_less_than_a_fair_share_gets_it_and_leaves_the_rest() -> None:
    scheduler = Scheduler(8)
    scheduler.add(rows(20, "ann"))
    running = fill(scheduler)
    scheduler.add(rows(1, "bob"))
    shared = settled(scheduler, running)
    assert sum(row.request.caller.person == "ann" for row in shared) == 7


def test_one_person_does_not_interrupt_their_own_rows() -> None:
    scheduler = Scheduler(4)
    scheduler.add(rows(4, "ann"))
    running = fill(scheduler)
    scheduler.add(rows(4, "ann"))
    assert scheduler.in_the_way(running, None) is None


def test_people_share_memory_as_they_share_slots() -> None:
    scheduler = Scheduler(8, fits=lambda members, row: len(members) < 4)
    scheduler.add(rows(20, "ann"))
    running = fill(scheduler)
    scheduler.add(rows(20, "bob"))
    shared = settled(scheduler, running)
    assert [sum(row.request.caller.person == who for row in shared) for who in ("ann", "bob")] == [2, 2]


def test_without_memory_for_a_person_background_gives_way_and_what_is_being_read_counts() -> None:
    scheduler = Scheduler(8, fits=lambda members, row: len(members) < 3)
    running, mine = rows(3, background=True), rows(2)
    assert scheduler.in_the_way(running, None) is None
    scheduler.add(mine)
    assert scheduler.in_the_way(running, None) is running[2]
    reading = scheduler.next(running[:2])
    assert reading is mine[0]
    assert scheduler.in_the_way(running[:2], reading) is None


def test_a_row_without_room_waits_and_nobody_overtakes_it() -> None:
    big, small = rows(1), rows(1)
    scheduler = Scheduler(4, fits=lambda members, row: not members or row is not big[0])
    scheduler.add(running := rows(1))
    assert scheduler.next([]) is running[0]
    scheduler.add(big + small)
    assert scheduler.next(running) is None
    assert scheduler.next([]) is big[0]
