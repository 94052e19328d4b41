"""How long an experiment of many cells takes to make, list and sum: python -m tests.bench.cells [--cells 10000]

Makes it in a temporary folder, half of it done, and prints the median of each look that the pages take at it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from storage.database import Database
from tests.storage import grids


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=10_000, help="cells of the experiment (10,000)")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions of each look (5)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder) / "runs.db", asked.cells, asked.repeat))


async def measure(file: Path, count: int, repeat: int) -> None:
    """Make the experiment and time each look."""
    database = Database.open(file)
    begun = time.perf_counter()
    await database.write(lambda s: grids.store_half_done(s, count))
    print(f"{count} cells, made and half of them done: {time.perf_counter() - begun:.2f} s")
    for name, look in grids.looks(count).items():
        took = []
        for _ in range(repeat):
            begun = time.perf_counter()
            await database.read(look)
            took.append(time.perf_counter() - begun)
        print(f"{name}: {statistics.median(took):.3f} s")
    await database.close()


if __name__ == "__main__":
    main()
