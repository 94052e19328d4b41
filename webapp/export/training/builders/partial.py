"""Self-sampled right and partially right solutions (ICLR 2023, microsoft/TraceCodegen), adapted to prose.

The paper runs programs and compares the values of their variables. Here a step's state is what it and those before
it computed: the sorted numbers that stand after equals signs. That adaptation is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from storage.records import Generation
from webapp.export.training.builder import Builder
from webapp.export.training.cutting import Cuts, cuts_of, steps_of
from webapp.export.training.examples import Made, Refusal, Reply
from webapp.export.training.material import Case, Told, asked, meta, pieces_of
from webapp.export.training.settings import TrainingSettings

State: TypeAlias = tuple[str, ...]

_COMPUTED = re.compile(r"=\s*[$€£]?\s*(-?\d[\d,]*(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Solution:
    """A text, its steps, and how many of them are taken."""

    told: Told
    text: Generation
    cuts: Cuts
    taken: int

    @property
    def words(self) -> tuple[str, ...]:
        """The steps that are taken, whatever space stands in them."""
        steps = steps_of(self.text.text, self.cuts[: self.taken])
        return tuple(" ".join(step.split()) for step in steps)


@dataclass(slots=True)
class Buffer:
    """The solutions of one problem: [FCS] right ones, [PCS] beginnings of wrong ones, and the states of all."""

    full: dict[tuple[str, ...], Solution] = field(default_factory=dict)
    part: dict[tuple[str, ...], Solution] = field(default_factory=dict)
    states: set[State] = field(default_factory=set)

    def keep_full(self, solution: Solution) -> None:
        """Store a right solution once, with all its states."""
        if self.full.setdefault(solution.words, solution) is solution:
            self._register(solution)

    def keep_part(self, solution: Solution) -> bool:
        """Store a beginning unless something stored begins with it; drop the stored ones that it begins with."""
        words = solution.words
        if any(stored[: len(words)] == words for stored in (*self.full, *self.part)):
            return False
        self.part = {stored: each for stored, each in self.part.items() if words[: len(stored)] != stored}
        self.part[words] = solution
        self._register(solution)
        return True

    def _register(self, solution: Solution) -> None:
        self.states |= set(states_of(steps_of(solution.text.text, solution.cuts[: solution.taken]))) - {()}


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Learn every distinct right solution, and of wrong ones the longest beginning that computed what right ones do.

    Beginnings end in no end-of-text (`append_eos` false). A beginning is dropped where a stored solution begins with
    it. Row-wise fine-tuning on the rows is the paper's MLE-Aug; its MML losses need all rows of a `task_id` at once.
    """
    answers = [(told, text, cuts_of(text.text)) for told, text in case.firsts()]
    right = [each for each in answers if case.right(each[1])]
    if not right:
        yield Refusal("no right solution of the problem is stored")
        return
    shortest = min(len(cuts) for _, _, cuts in right)
    longest = shortest + settings.tolerance if settings.tolerance >= 0 else max(len(cuts) for _, _, cuts in answers)
    buffer = Buffer()
    for told, text, cuts in right:
        if len(cuts) <= longest:
            buffer.keep_full(Solution(told, text, cuts, len(cuts)))
        else:
            yield Refusal("the right solution is longer than the tolerance allows")
    for told, text, cuts in answers:
        if case.right(text) is False and (refusal := _keep_beginning(buffer, told, text, cuts, longest)):
            yield refusal
    yield from (_row(case, solution, "fcs") for solution in buffer.full.values())
    yield from (_row(case, solution, "pcs") for solution in buffer.part.values())


def states_of(steps: Sequence[str]) -> list[State]:
    """Return [n] after each step the sorted numbers that were computed so far."""
    found: list[State] = []
    seen: list[str] = []
    for step in steps:
        seen += [value.replace(",", "") for value in _COMPUTED.findall(step)]
        found.append(tuple(sorted(seen)))
    return found


def _keep_beginning(buffer: Buffer, told: Told, text: Generation, cuts: Cuts, longest: int) -> Refusal | None:
    states = states_of(steps_of(text.text, cuts))[:-1][:longest]  # the last step states the wrong answer
    taken = max((at + 1 for at, state in enumerate(states) if state in buffer.states), default=0)
    if not taken:
        return Refusal("no beginning of the wrong solution computed what a right one does")
    kept = buffer.keep_part(Solution(told, text, cuts, taken))
    return None if kept else Refusal("a stored solution begins with the partial one")


def _row(case: Case, solution: Solution, kind: str) -> Reply:
    whole = kind == "fcs"
    end = None if whole else solution.cuts[solution.taken - 1][1]
    reason = "right" if whole else "computed what a right solution does"
    extra = {"task_id": case.problem.id, "kind": kind, "append_eos": whole, "n_statements": solution.taken}
    return Reply(
        meta(case, [(solution.told, solution.text)], kind, reason),
        asked(case, solution.text),
        pieces_of(solution.text, 0, end),
        ends=whole,
        extra=extra,
    )


PARTIAL = Builder(
    "partial", "Right and partially right solutions", "ICLR 2023 (TraceCodegen); methods document, section 3",
    frozenset({Reply}), build, uses=("tolerance",),
)  # fmt: skip
