"""How long a comparison of many stored texts takes to open: python -m tests.bench.comparison

Makes a database of 100,000 texts (each of some 200 words, with a score and the usual columns) in a temporary folder,
then asks for what the Compare page asks for when it opens. Prints the median wall clock and processor time of each:

- sides: accuracy, transitions, paired statistics and cost of all sides, from their runs;
- texts: signals, reliability, risk and coverage of the first side, from the summary columns of its texts;
- problems: the first page of problems where the sides differ.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from storage import tables
from storage.database import Database
from storage.records import Cost, Outcome, Vote
from storage.repositories import runs, sessions
from tests.reports.made import problem
from tests.storage.making import NOON, run, session
from webapp.methods.registry import methods
from webapp.reports.comparison import Comparing
from webapp.runs.selected.rows import Narrowed
from webapp.runs.selected.service import Comparisons, Wanted

TEXTS = 100_000
WANTED = Wanted(sessions=("s1",))
WORDS = [f"word{i}" for i in range(500)]


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, default=5, help="sides that the texts belong to (5)")
    parser.add_argument("--samples", type=int, default=16, help="samples of a run (16)")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions (5)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder) / "runs.db", asked.sides, asked.samples, asked.repeat))


async def measure(file: Path, sides: int, samples: int, repeat: int) -> None:
    """Make the database and time each request."""
    methods()  # read once when the program starts
    database = Database.open(file)
    await database.write(lambda s: fill(s, sides, samples))
    comparing = Comparing(Comparisons(database, "local"))
    requests: dict[str, Callable[[], Awaitable[Any]]] = {
        "sides": lambda: comparing.opened(WANTED, "generated_tokens"),
        "texts": lambda: comparing.texts(WANTED, 0, None),
        "problems": lambda: comparing.problems(WANTED, Narrowed(differ=True), 0, 25),
    }
    print(f"{TEXTS} texts, {sides} sides, {samples} samples a run")
    for name, request in requests.items():
        clock, processor = zip(*[await timed(request) for _ in range(repeat)], strict=True)
        print(f"{name}: {statistics.median(clock):.2f} s, {statistics.median(processor):.2f} s of processor")
    await database.close()


async def timed(request: Callable[[], Awaitable[Any]]) -> tuple[float, float]:
    """Return seconds on the clock and of processor."""
    clock, processor = time.perf_counter(), time.process_time()
    await request()
    return time.perf_counter() - clock, time.process_time() - processor


def fill(s: Session, sides: int, samples: int) -> None:
    """Store the runs of all sides on the same problems."""
    sessions.create(s, session())
    source = random.Random(1)
    problems = TEXTS // sides // samples
    for side in range(sides):
        for number in range(problems):
            _store(s, source, f"{side}-{number}", side, number, samples)


def _store(s: Session, source: random.Random, key: str, side: int, number: int, samples: int) -> None:
    texts = list(_texts(source, key, samples))
    first, last = texts[0]["verdict"], source.choice(texts)["verdict"]
    votes = tuple(
        Vote(answer, tuple(text["branch"] for text in texts if text["answer"] == answer), 1.0)
        for answer in dict.fromkeys(text["answer"] for text in texts)
    )
    made = run(
        key, problem=problem(number), params={"samples": samples, "temperature": side / 10}, launch_id="l", tags=(),
        method="self_consistency", branch_of=None, input_run=None, oracle=False, seed=0,
        cost=Cost(200 * samples, 100, samples, 1.0), outcome=Outcome("1", last, "1", first, votes),
    )  # fmt: skip
    runs.add(s, made)
    s.execute(insert(tables.Generation), texts)
    s.execute(insert(tables.Score), [_score(source, text) for text in texts])


def _texts(source: random.Random, key: str, samples: int) -> Iterator[dict[str, Any]]:
    for branch in range(samples):
        text = " ".join(source.choices(WORDS, k=200))
        verdict = source.choice(("correct", "incorrect"))
        yield {
            "id": f"{source.getrandbits(64):016x}", "run_id": key, "ordinal": branch, "role": "draft",
            "label": "draft", "branch": branch, "round": 0, "parents": [], "messages": [["user", text[:600]]],
            "prefix": [], "sampling": {"temperature": 0.7, "top_p": 0.9, "max_tokens": 200}, "status": "finished",
            "finish_reason": "eos", "text": text, "folded": text, "replaced": False, "spans": [],
            "answer": verdict if verdict == "correct" else str(source.randrange(5)), "verdict": verdict,
            "grader": "numeric", "created_at": NOON, "started": 0.0, "generated_tokens": 200, "prompt_tokens": 100,
            "calls": 1, "seconds": 1.0, "tokens": 200, "mean_entropy": source.random(),
            "max_entropy": source.random(), "last_entropy": source.random(), "mean_logprob": -source.random(),
            "sum_logprob": -source.random(), "self_certainty": source.random(),
        }  # fmt: skip


def _score(source: random.Random, text: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"s{text['id']}", "run_id": text["run_id"], "generation_id": text["id"], "name": "p_true",
        "value": source.random(), "how": "choose", "details": {"masses": [0.5, 0.1]}, "created_at": NOON,
    }  # fmt: skip


if __name__ == "__main__":
    main()
