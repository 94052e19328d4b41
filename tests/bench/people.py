"""Many people on one engine: `python -m tests.bench.people [--people 40] [--rounds 2]`.

Starts the real program with log-ins and the embedded model. Everybody logs in, opens the page, and asks one question
after another over the real routes: a launch as the Explore page sends it, then the events of the run over its
WebSocket, as a browser does. One of them is greedy and launches many runs at once. Printed are, for the runs of the
others and of the greedy one, percentiles of the seconds until a run has its turn, until its first token and until its
end, then what went wrong, whom the wait was longest for, and the memory of the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import websockets

from tests.e2e.program import Program
from webapp.auth.hashes import Cost, hashed
from webapp.auth.people import Member, People, write_people
from webapp.models import embedded
from webapp.models.progress import silent
from webapp.paths import user_cache_folder

PASSWORD = "one for all"
METHOD = "self_consistency"
QUESTION = "A shop has {} boxes with {} pens each and sells {} pens. How many pens are left? Think step by step."
PATIENCE = 3600.0  # seconds until a run must have ended
STARTED = "running"


@dataclass
class Run:
    """A run as its person saw it: seconds after its launch was asked for, the largest queue, how it ended."""

    person: str
    turn: float = float("nan")
    first_token: float = float("nan")
    end: float = float("nan")
    status: str = ""
    error: str = ""
    tokens: int = 0
    before: int = 0
    people: int = 0


@dataclass
class Visitor:
    """One person's browser, without the drawing."""

    url: str
    name: str
    runs: list[Run] = field(default_factory=list)
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=PATIENCE))
    number: int = 0  # of the event that launches
    data: list[Any] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)  # of the inputs, by element id
    shown: int = 0  # which of the answers says what is shown

    async def enter(self) -> None:
        """Log in, open the page, and learn from its configuration how it launches."""
        form = {"name": self.name, "password": PASSWORD}
        assert (await self.http.post(f"{self.url}/login", data=form)).status_code == 303
        (await self.http.get(f"{self.url}/")).raise_for_status()
        config = (await self.http.get(f"{self.url}/config")).json()
        parts = {part["id"]: part["props"] for part in config["components"]}
        self.number, launch = next(
            (place, each) for place, each in enumerate(config["dependencies"]) if each["api_name"] == "run"
        )
        self.data = [parts[each].get("value") for each in launch["inputs"]]
        self.places = {parts[each].get("elem_id") or "": place for place, each in enumerate(launch["inputs"])}
        named = [parts[each].get("elem_id") for each in launch["outputs"]]
        self.shown = named.index("run-view")

    async def ask(self, question: str, samples: int, tokens: int) -> None:
        """Launch one run and watch it to its end; what goes wrong is kept with it."""
        run, begun = Run(self.name), time.monotonic()
        self.runs.append(run)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._watch(await self._launch(question, samples, tokens), run, begun)
        except (httpx.HTTPError, OSError, websockets.WebSocketException, KeyError, ValueError) as error:
            run.status, run.error = "lost", f"{type(error).__name__}: {error}"

    async def _launch(self, question: str, samples: int, tokens: int) -> str:
        params = {"samples": samples, "max_tokens": tokens, "temperature": 0.8}
        values = {
            "question": question, "kind": "none", "count": 1, "problem-picker": None,
            "method-first": {"method": METHOD, "values": params}, "session": None,
        }  # fmt: skip
        data = list(self.data)
        for name, value in values.items():
            data[self.places[name]] = value
        body = {"data": data, "fn_index": self.number, "session_hash": self.name, "event_data": None}
        answer = await self.http.post(f"{self.url}/gradio_api/run/predict", json=body)
        answer.raise_for_status()
        shown = answer.json()["data"]
        if not isinstance(shown[self.shown], dict) or not shown[self.shown].get("runs"):
            raise ValueError(f"nothing was launched: {shown[0]}")
        found: str = shown[self.shown]["runs"][0]
        return found

    async def _watch(self, run_id: str, run: Run, begun: float) -> None:
        address = f"{self.url.replace('http', 'ws')}/api/runs/{run_id}/events"
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        async with websockets.connect(address, additional_headers={"cookie": cookie}, max_size=None) as socket:
            async for message in socket:
                for event in json.loads(message)["events"]:
                    _note(run, event, time.monotonic() - begun)


def _note(run: Run, event: dict[str, Any], now: float) -> None:
    if event["type"] == "run_progress":
        run.before = max(run.before, event["queue_position"] or 0)
        run.people = max(run.people, event["queue_people"] or 0)
        if event["status"] == STARTED and np.isnan(run.turn):
            run.turn = now
    elif event["type"] == "tokens" and np.isnan(run.first_token):
        run.first_token = now
    elif event["type"] == "run_finished":
        run.end, run.status, run.error = now, event["status"], event["error"]
        run.tokens = event["cost"]["generated_tokens"]


async def crowd(url: str, names: Sequence[str], *, rounds: int, many: int, samples: int, tokens: int) -> list[Run]:
    """Let everybody ask so many questions one after another, and the first of them `many` at once."""
    visitors = [Visitor(url, name) for name in names]
    await asyncio.gather(*(visitor.enter() for visitor in visitors))
    greedy, *others = visitors

    async def one_by_one(visitor: Visitor, place: int) -> None:
        for turn in range(rounds):
            await visitor.ask(QUESTION.format(place + 2, turn + 3, turn + 1), samples, tokens)

    at_once = (greedy.ask(QUESTION.format(n + 2, 7, 5), samples, tokens) for n in range(many))
    await asyncio.gather(*at_once, *(one_by_one(each, place) for place, each in enumerate(others)))
    await asyncio.gather(*(visitor.http.aclose() for visitor in visitors))
    return [run for visitor in visitors for run in visitor.runs]


def people_file(path: Path, names: Iterable[str]) -> Path:
    """Write a file of people whose hashes cost little."""
    cheap = hashed(PASSWORD, Cost(16, 1, 1))
    write_people(path, People(members=tuple(Member(id=name, name=name, password=cheap) for name in names)))
    return path


class Guarded(Program):
    """The program that asks for a log-in: it is ready when it says so in its log."""

    def _until_ready(self) -> None:
        deadline = time.monotonic() + 300
        while not self._answers():
            assert time.monotonic() < deadline, self._tail()
            time.sleep(0.2)  # between two looks

    def _answers(self) -> bool:
        try:
            with httpx.Client(base_url=self.url, timeout=20) as http:
                http.post("/login", data={"name": "person-00", "password": PASSWORD})
                return bool(http.get("/api/model").json()["status"]["state"] == "ready")
        except httpx.HTTPError:
            return False

    def memory(self) -> dict[str, float]:
        """Return the largest and the present resident size, in MiB."""
        assert self._process is not None
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        found = {
            line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmHWM", "VmRSS"))
        }
        return {"peak": found["VmHWM"], "now": found["VmRSS"]}


def told(runs: Sequence[Run], name: str) -> str:
    """Return a line a quantity: percentiles and the largest, in seconds."""
    lines = []
    for what in ("turn", "first_token", "end"):
        values = np.array([getattr(run, what) for run in runs])
        values = values[~np.isnan(values)]
        if len(values):
            told = "  ".join(f"p{q} {np.percentile(values, q):6.1f}" for q in (10, 50, 90, 99))
            lines.append(f"{name:10} {what:12} {told}  max {values.max():6.1f}  ({len(values)} runs)")
    return "\n".join(lines)


def main() -> None:
    """Run what the command line asks for and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, default, what in (
        ("people", 40, "people"), ("rounds", 2, "questions each asks one after another"),
        ("many", 10, "runs that the greedy one launches at once"), ("samples", 2, "samples a run"),
        ("tokens", 60, "longest sample"),
    ):  # fmt: skip
        parser.add_argument(f"--{option}", type=int, default=default, help=f"{what} ({default})")
    given = parser.parse_args()
    names = [f"person-{n:02}" for n in range(given.people)]
    model = embedded.prepared(user_cache_folder() / "models", silent)
    with tempfile.TemporaryDirectory() as folder:
        file = people_file(Path(folder) / "people.json", names)
        program = Guarded(Path(folder) / "data", model, "--auth-file", str(file))
        try:
            program.start()
            before, begun = program.memory(), time.monotonic()
            asked = {"rounds": given.rounds, "many": given.many, "samples": given.samples, "tokens": given.tokens}
            runs = asyncio.run(crowd(program.url, names, **asked))
            seconds, after = time.monotonic() - begun, program.memory()
        finally:
            program.stop()
    report(runs, names, seconds, before, after)


def report(
    runs: Sequence[Run], names: Sequence[str], seconds: float, before: dict[str, float], after: dict[str, float]
) -> None:
    """Print the figures."""
    greedy, others = [r for r in runs if r.person == names[0]], [r for r in runs if r.person != names[0]]
    tokens = sum(run.tokens for run in runs)
    print(
        f"{len(names)} people, {len(runs)} runs, {tokens} tokens in {seconds:.0f} s ({tokens / seconds:.0f} tokens/s)"
    )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(told(others, "others"))
    print(told(greedy, "greedy"))
    wrong = [run for run in runs if run.status != "finished"]
    print(f"not finished: {len(wrong)}")
    for run in wrong[:5]:
        print(f"  {run.person}: {run.status} {run.error}")
    longest = max(others, key=lambda run: run.turn)
    means = [np.nanmean([run.turn for run in others if run.person == name]) for name in names[1:]]
    print(f"longest wait for a turn: {longest.turn:.1f} s, {longest.before} runs before it at first")
    print(f"mean wait of a person: {min(means):.1f} to {max(means):.1f} s; most people told of at once: "
          f"{max(run.people for run in runs)}")  # fmt: skip
    print(f"server memory, MiB: {before['now']:.0f} before, {after['now']:.0f} after, {after['peak']:.0f} at most")


if __name__ == "__main__":
    main()
