"""What the engines are asked: everyday work of the program, with prompts that nobody has read before.

Every prompt begins with a number that no other repetition uses, so that neither vLLM's prefix cache nor our own
remembers it from earlier. What shares a number, shares it on purpose.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from tests.bench.model import QUESTION
from tests.bench.peers.ours import Ours
from tests.bench.peers.side import Side, Spelling, Step, Texts
from webapp.engine.protocol import Message, Prompt
from webapp.methods._common import asked, few_shot
from webapp.methods.p_true import judgement
from webapp.methods.self_refine import FEEDBACK, FEEDBACK_EXAMPLES, REFINE, REFINE_EXAMPLES
from webapp.tasks.question import Question

Ask: TypeAlias = Callable[[int], Awaitable[Any]]  # given the number of the repetition

SUBJECTS = (
    "how bread rises", "why the sea is salt", "how a lock works", "what makes a rainbow", "why leaves turn red",
    "how a vaccine works", "why ice floats on water", "how birds find their way",
)  # fmt: skip
PROBLEM = Question(
    "bench",
    "A farm packs 12 eggs in a box and 15 boxes in a crate. It sells 7 crates and 4 boxes at 3 dollars a box. "
    "How many dollars does it take?",
    "numeric",
)
JUDGED, IDEAS, IDEA_TOKENS, ANSWER_TOKENS = 16, 5, 128, 48
BRANCHES, ROUND_TOKENS = 8, 64
FIRST_TOKENS = 5  # as many times as often as the others, since one is over in a moment


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work and who does it; `key` names it in the ratios."""

    key: str
    title: str
    asks: Mapping[str, tuple[Side, Ask]]
    tokens: int = 0  # drawn in all; 0 where something else takes the time
    times: int = 1
    compared: bool = False  # whether what is returned are numbers that should agree


def works(
    kinds: Sequence[str], sides: Sequence[Side], spelling: Spelling, samples: Sequence[int], tokens: int
) -> list[Work]:
    """Return the work of some kinds; texts have that many tokens."""
    ids, bench = count(1), _Bench(sides, spelling, tokens)
    return [work for kind in kinds for work in _MAKE[kind](bench, ids, samples)]


@dataclass(frozen=True, slots=True)
class _Bench:
    """Makes the work of each kind; `id` sets the numbers of one piece of work apart from those of the others."""

    sides: Sequence[Side]
    spelling: Spelling
    tokens: int

    def samples(self, id: int, n: int) -> Work:
        def ask(side: Side, r: int) -> Awaitable[Texts]:
            return side.texts([numbered(QUESTION, id, r)], n, self.tokens)

        return Work(f"n{n}", f"{n} x {self.tokens} tokens of one prompt", self._all(ask), n * self.tokens)

    def prompts(self, id: int) -> Work:
        def ask(side: Side, r: int) -> Awaitable[Texts]:
            asked_for = [Prompt.user(f"Explain in a few paragraphs {subject}.") for subject in SUBJECTS]
            return side.texts([numbered(p, id, r, i) for i, p in enumerate(asked_for)], 4, self.tokens)

        title = f"8 prompts x 4 samples x {self.tokens} tokens"
        return Work("prompts", title, self._all(ask), 8 * 4 * self.tokens)

    def p_true(self, id: int, ideas: int) -> Work:
        texts = [self._passage(i, IDEA_TOKENS) for i in range(ideas)]
        answers = [self._passage(100 + i, ANSWER_TOKENS) for i in range(JUDGED)]
        judged = [self._judgement(answer, texts) for answer in answers]
        asks = self._all(lambda side, r: side.judge([numbered(p, id, r) for p in judged]))
        ours = next(side for side in self.sides if isinstance(side, Ours))
        apart = lambda r: ours.judge_apart([numbered(p, id, r, 1 + i) for i, p in enumerate(judged)])  # noqa: E731
        length = len(self.spelling.ids(numbered(judged[0], id, 0)))
        shown = f"{ideas} shared ideas of {IDEA_TOKENS} tokens" if ideas else "no ideas"
        return Work(
            "p_true" if ideas else "p_true_bare",
            f"P(True) of {JUDGED} answers, {shown}, {length} tokens a prompt",
            {**asks, "separate": (ours, apart)},
            compared=True,
        )

    def method(self, id: int) -> Work:
        tokens = min(self.tokens, ROUND_TOKENS)

        def ask(side: Side, r: int) -> Awaitable[None]:
            steps: list[Step] = [
                lambda said: numbered(critique(PROBLEM, said), id, r),
                lambda said: numbered(revision(PROBLEM, said), id, r),
            ]
            return side.chains(numbered(PROBLEM.prompt(), id, r), BRANCHES, tokens, steps)

        title = f"Self-Refine of {BRANCHES} branches, {tokens} tokens each of draft, critique and revision"
        return Work("method", title, self._all(ask), BRANCHES * 3 * tokens)

    def first_token(self, id: int) -> Work:
        asks = self._all(lambda side, r: side.first_token(numbered(QUESTION, id, r)))
        return Work("first_token", "first token, idle", asks, times=FIRST_TOKENS)

    def two_people(self, id: int) -> Work:
        other = Prompt.user(f"Explain in a few paragraphs {SUBJECTS[0]}.")

        def ask(side: Side, r: int) -> Awaitable[None]:
            return side.two_people(numbered(QUESTION, id, r), numbered(other, id, r, 1), 4, self.tokens)

        title = f"two people at once, 4 x {self.tokens} tokens each"
        return Work("two_people", title, self._all(ask), 2 * 4 * self.tokens)

    def _all(self, ask: Callable[[Side, int], Awaitable[Any]]) -> dict[str, tuple[Side, Ask]]:
        return {side.name: (side, lambda r, side=side: ask(side, r)) for side in self.sides}  # type: ignore[misc]

    def _judgement(self, answer: str, ideas: Sequence[str]) -> Prompt:
        prompt, prefix = judgement(PROBLEM, answer, ideas)
        return prompt.continuing(self.spelling.chat.text_ids(prefix))

    def _passage(self, seed: int, tokens: int) -> str:
        """Return something like an answer, about that many tokens long."""
        drawn = random.Random(seed)
        steps = " ".join(
            f"{drawn.choice(('Then', 'Next', 'So', 'After that'))} {(a := drawn.randint(2, 99))} boxes of "
            f"{(b := drawn.randint(2, 20))} eggs are {a} * {b} = {a * b}."
            for _ in range(tokens // 8)
        )
        return self.spelling.text(self.spelling.chat.text_ids(steps)[:tokens])


def numbered(prompt: Prompt, work: int, repetition: int, part: int = 0) -> Prompt:
    """Return a prompt that begins with its number; the digits that change most come first."""
    number = f"{work:02d}{repetition:04d}{part:02d}"[::-1]
    return Prompt((Message("system", f"{number}. You are a helpful assistant."), *prompt.messages), prompt.prefix)


def critique(question: Question, said: Texts) -> Prompt:
    """Return what Self-Refine asks after a draft."""
    return few_shot(FEEDBACK_EXAMPLES, f"{_attempt(question, said[0])}\n\n{FEEDBACK}")


def revision(question: Question, said: Texts) -> Prompt:
    """Return what Self-Refine asks after a draft and its critique."""
    history = f"{_attempt(question, said[0])}\n\nFeedback 1:\n{said[1]}"
    return few_shot(REFINE_EXAMPLES, f"{history}\n\n{asked(question, REFINE)}")


def _attempt(question: Question, draft: str) -> str:
    return f"Question: {question.stated()}\n\nAttempt 1:\n{draft}"


_MAKE: Mapping[str, Callable[[_Bench, Iterator[int], Sequence[int]], list[Work]]] = {
    "samples": lambda bench, ids, samples: [bench.samples(next(ids), n) for n in samples],
    "prompts": lambda bench, ids, _: [bench.prompts(next(ids))],
    "p_true": lambda bench, ids, _: [bench.p_true(next(ids), ideas) for ideas in (IDEAS, 0)],
    "method": lambda bench, ids, _: [bench.method(next(ids))],
    "first_token": lambda bench, ids, _: [bench.first_token(next(ids))],
    "two_people": lambda bench, ids, _: [bench.two_people(next(ids))],
}
KINDS = tuple(_MAKE)
