"""Run a method as a page would, with scripted answers, and read back what the database keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from storage.database import Database
from storage.records import Cost, Generation, Problem, Role, StoredRun
from storage.repositories import runs as run_store
from tests.runs.puppet import Puppet
from webapp.engine.protocol import OptionProbabilities, Prompt
from webapp.runs.request import RunRequest, typed_problem
from webapp.runs.service import RunService

REFERENCE = "424242"  # no script says it, so where it turns up it has leaked
SUM = typed_problem("What is 2 + 2?", "numeric", "4")
# Settings with which a method that may draw fewer samples, or at other temperatures, draws what all others draw.
ALL_DRAWN: dict[str, dict[str, Any]] = {
    "adaptive_sampling": {"threshold": 1.0, "schedule": "constant"},
    "early_pruning": {"pruned": 0.0},
    "soft_thinking": {"top_k": 0},
}
# Methods that ask for a format of their own and correct within it: such a message begins with their first attempt.
IN_ONE_MESSAGE = {"spoc", "isc", "dcot", "super_correct"}
Odds = Callable[[str], tuple[float, float]]  # the masses of both options, by what the judge is asked


@dataclass
class Judge(Puppet):
    """A puppet whose odds are scripted too; keeps what it was asked to choose between."""

    capabilities: frozenset[str] = Puppet().capabilities | {"vectors", "gradient"}
    odds: Odds = lambda asked: (0.6, 0.3)
    judged: list[tuple[str, str]] = field(default_factory=list)  # the request, and the begun reply
    options: list[Sequence[Sequence[str]]] = field(default_factory=list)

    def limit(self, tokens: int) -> None:
        """Let its context have so many tokens."""
        self.context_length = tokens
        self.__post_init__()

    async def choose(
        self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]], **_: object
    ) -> list[OptionProbabilities]:
        [prompt] = prompts
        request, begun = prompt.messages[-1].content, bytes(prompt.prefix).decode()
        self.judged.append((request, begun))
        self.options.append(options)
        masses = self.odds(request)
        variants = tuple(((option[0], mass),) for option, mass in zip(options, masses, strict=True))
        names = tuple(option[0] for option in options)
        return [OptionProbabilities(names, masses, variants, self.count_tokens(prompt), 0.01)]


@dataclass
class Play:
    """Runs methods to their end and returns them as stored."""

    service: RunService
    database: Database

    async def __call__(
        self, method: str, problem: Problem = SUM, *, seed: int = 0, source: StoredRun | None = None, **params: Any
    ) -> StoredRun:
        """Run one method; `source` is an earlier run whose samples it takes."""
        given = None if source is None else source.run.id
        return (await self.together(RunRequest(problem, method, params, seed, input_run=given)))[0]

    async def together(self, *requests: RunRequest) -> list[StoredRun]:
        """Run several side by side."""
        ids = await self.service.launch(requests, person="local")
        for run_id in ids:
            await self.service.wait(run_id)
        found = [await self.database.read(lambda s, i=run_id: run_store.load(s, i)) for run_id in ids]  # type: ignore[misc]
        stored = [run for run in found if run is not None]
        assert [run.run.error for run in stored] == [""] * len(ids)
        assert {run.run.status for run in stored} == {"finished"}
        return stored


def of_role(stored: StoredRun, role: Role) -> list[Generation]:
    """Return the texts of one role in the order in which they were begun."""
    return [g for g in stored.generations if g.role == role]


def first_drafts(stored: StoredRun) -> list[Generation]:
    return [g for g in of_role(stored, "draft") if g.round == 0]


def turns(generation: Generation) -> list[str]:
    """Return what was said before a text, turn by turn."""
    return [content for _, content in generation.messages]


def said_to(prompt: Prompt) -> str:
    """Return what the user said last."""
    return prompt.messages[-1].content


def placed(stored: StoredRun) -> list[tuple[Role, int, int, list[tuple[Role, int, int]]]]:
    """Return the role, branch and round of every text with those of its parents, ordered by branch and round."""
    known = {g.id: (g.role, g.branch, g.round) for g in stored.generations}
    order: list[Role] = ["draft", "critique", "revision"]
    rows = [(*known[g.id], [known[parent] for parent in g.parents]) for g in stored.generations]
    return sorted(rows, key=lambda row: (row[1], row[2], order.index(row[0])))


def counted(stored: StoredRun) -> Cost:
    """Return what the stored parts of a run cost: its texts, and the questions put to the judge."""
    texts = sum((g.cost for g in stored.generations), Cost())
    asked = [
        Cost(0, int(s.details["prompt_tokens"]), int(s.details.get("calls", 1)))
        for s in stored.scores if "prompt_tokens" in s.details
    ]  # fmt: skip
    return sum(asked, texts)
