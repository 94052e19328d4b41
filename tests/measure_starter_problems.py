"""Measure how often the embedded model is right on the starter problems, and write the rates to their file.

python -m tests.measure_starter_problems            measures the shipped problems again
python -m tests.measure_starter_problems --choose   screens the candidates, keeps those the model wavers on, and
                                                    measures these afresh: the rates shown are free of selection
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from webapp.engine.protocol import Caller, Engine, Generated, Sampling
from webapp.methods.interface import MethodParams
from webapp.models.load import LoadOptions, load
from webapp.models.progress import silent
from webapp.paths import user_cache_folder
from webapp.tasks.graders import grade
from webapp.tasks.problems import make_problem, stable_hash
from webapp.tasks.question import Question
from webapp.tasks.starter import DATA

Row: TypeAlias = dict[str, object]
CANDIDATES = Path(__file__).parent / "tasks" / "starter_candidates.jsonl"
KINDS = ("numeric", "choice", "yesno", "text")
EACH_KIND = 10
WAVERING = (0.2, 0.8)
SCREENING_SAMPLES = 16
SPARE = 1.6
TEMPERATURE = 0.7
# Its answers are short and differ, and with the page's first settings a critique argues the right one away.
FIRST = "What is the capital of Morocco?"


async def count_right(engine: Engine, row: Row, samples: int, seed: int) -> int:
    """Return how many of n samples of the app's own prompt the app's own grader accepts."""
    problem = make_problem(row["question"], row["kind"], row["reference"], row.get("choices", ()))
    sampling = Sampling(TEMPERATURE, max_tokens=longest(), seed=seed, problem=problem.id, alternatives=1)
    texts = [
        event.text
        async for event in engine.generate(
            [Question.of(problem).prompt()], sampling, n=samples, caller=Caller(background=True)
        )
        if isinstance(event, Generated)
    ]
    assert len(texts) == samples
    return sum(grade(problem, text).verdict == "correct" for text in texts)


async def measured(engine: Engine, rows: Sequence[Row], samples: int, seed: int) -> list[Row]:
    """Return the rows with their counts, a few measured at a time to keep the batch full."""
    limit = asyncio.Semaphore(max(1, engine.info.max_batch // samples))

    async def measure(row: Row) -> Row:
        async with limit:
            right = await count_right(engine, row, samples, seed)
        print(f"{right:3d} of {samples}  {row['kind']:8s} {row['question']}", file=sys.stderr, flush=True)
        return {**row, "right": right, "samples": samples}

    return list(await asyncio.gather(*(measure(row) for row in rows)))


def wavers(row: Row) -> bool:
    """Say whether the model is right between 20% and 80% of the time."""
    return WAVERING[0] <= row["right"] / row["samples"] <= WAVERING[1]


def chosen(rows: Sequence[Row], each: int) -> list[Row]:
    """Return up to so many rows a kind, the most undecided first; ties are broken by a hash, not by taste."""

    def undecided(row: Row) -> tuple[float, bytes]:
        return abs(row["right"] / row["samples"] - 0.5), stable_hash(row["question"])

    wavering = sorted((row for row in rows if wavers(row)), key=undecided)
    return [row for kind in KINDS for row in [r for r in wavering if r["kind"] == kind][:each]]


def spread(rows: Sequence[Row], each: int) -> list[Row]:
    """Return up to so many rows a kind, in the order given, no category of a kind taking more than half."""
    kept: list[Row] = []
    for row in rows:
        same_kind = [r for r in kept if r["kind"] == row["kind"]]
        if len(same_kind) < each and sum(r["category"] == row["category"] for r in same_kind) < each / 2:
            kept.append(row)
    return kept


def longest() -> int:
    """Return the longest text the app draws unless told otherwise."""
    return int(MethodParams.model_fields["max_tokens"].default)


def with_first(rows: Sequence[Row]) -> list[Row]:
    """Mark the problem a first visit shows: the one chosen by eye, else the short-text one nearest to half right."""
    texts = [row for row in rows if row["kind"] == "text"]
    chosen_one = next((row for row in texts if row["question"] == FIRST), None)
    first = chosen_one or min(texts, key=lambda row: abs(row["right"] / row["samples"] - 0.5))
    return [{**row, "first": True} if row is first else row for row in rows]


def save(engine: Engine, rows: Sequence[Row], seed: int) -> None:
    """Write the problems with how they were measured."""
    record = engine.info.record
    how = {
        "model": engine.info.name, "revision": record.revision, "dtype": record.dtype, "temperature": TEMPERATURE,
        "max_tokens": longest(), "seed": seed, "date": datetime.now(UTC).date().isoformat(),
    }  # fmt: skip
    text = json.dumps({"measured": how, "problems": list(rows)}, ensure_ascii=False, indent=1)
    DATA.write_text(text + "\n", encoding="utf-8")


async def main(arguments: Sequence[str]) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--choose", action="store_true", help="choose anew among the candidates")
    parser.add_argument("--samples", type=int, default=32, help="samples a problem (32)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the final measurement; screening uses the next")
    parser.add_argument("--model", default="embedded", help="what to measure; only embedded rates belong in the file")
    given = parser.parse_args(arguments)
    engine = await asyncio.to_thread(load, given.model, LoadOptions(user_cache_folder() / "models"), silent)
    try:
        if given.choose:
            candidates = [json.loads(line) for line in CANDIDATES.read_text(encoding="utf-8").split("\n") if line]
            screened = await measured(engine, candidates, SCREENING_SAMPLES, given.seed + 1)
            rows = [strip(row) for row in chosen(screened, round(EACH_KIND * SPARE))]
        else:
            rows = [strip(row) for row in json.loads(DATA.read_text(encoding="utf-8"))["problems"]]
        final = [row for row in await measured(engine, rows, given.samples, given.seed) if wavers(row)]
        save(engine, with_first(spread(final, EACH_KIND)), given.seed)
    finally:
        await engine.close()


def strip(row: Row) -> Row:
    """Return a row without what an earlier measurement found."""
    return {key: value for key, value in row.items() if key not in ("right", "samples", "first")}


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
