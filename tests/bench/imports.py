"""How long files of other programs take to import: python -m tests.bench.imports [--traces 20000]

Writes a file of so many runs in each format (our JSON Lines with three texts each, lm-evaluation-harness with one,
Inspect with two) and imports each into an empty database in a temporary folder.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from storage.database import Database
from tests.export.files import LEGS, corrected, write_lines
from tests.export.test_inspect import sample as inspected
from tests.export.test_inspect import write_eval
from tests.export.test_lm_eval import NAME
from tests.export.test_lm_eval import sample as harnessed
from webapp.export.importing import import_file


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=int, default=20_000, help="runs in each file (20,000)")
    asked = parser.parse_args()
    for name, write in FILES.items():
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(measure(name, write(Path(folder), asked.traces), asked.traces))


async def measure(name: str, file: Path, count: int) -> None:
    """Import a file and print how long it took."""
    database = Database.open(file.parent / "runs.db")
    clock, processor = time.perf_counter(), time.process_time()
    report = await import_file(database, file, person="local", kind="numeric")
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    await database.close()
    if report.imported != count:
        raise SystemExit(
            f"{name}: {report.imported} of {count} were imported; the first refusal: {report.refusals[:1]}"
        )
    print(f"{name}: {count} runs in {clock:.1f} s, {processor:.1f} s of processor")


def ours(folder: Path, count: int) -> Path:
    """Write runs of our own schema."""
    rows = [corrected(problem=LEGS | {"question": f"How many legs have {n} cats?"}) for n in range(count)]
    return write_lines(folder / "runs.jsonl", rows)


def harness(folder: Path, count: int) -> Path:
    """Write a sample file of lm-evaluation-harness."""
    docs = [{"question": f"How many legs have {n} cats?", "answer": f"#### {4 * n}"} for n in range(count)]
    rows = [harnessed(doc_id=n, doc=doc, target=doc["answer"], doc_hash=str(n)) for n, doc in enumerate(docs)]
    return write_lines(folder / NAME, rows)


def inspect(folder: Path, count: int) -> Path:
    """Write a log of Inspect."""
    asked = [f"How many legs have {n} cats?" for n in range(count)]
    return write_eval(folder / "log.eval", [inspected(id=f"cat-{n}", input=text) for n, text in enumerate(asked)])


FILES: dict[str, Callable[[Path, int], Path]] = {"JSON Lines": ours, "lm-eval": harness, "Inspect": inspect}


if __name__ == "__main__":
    main()
