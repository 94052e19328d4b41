"""A small stored comparison, made by a seed: three methods on the same problems, with texts, scores and votes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from storage.records import Cost, Generation, Outcome, Problem, Score, VerdictValue, Vote
from storage.repositories import generations, runs, scores, sessions
from storage.trace import TraceSummary
from tests.storage.making import NOON, run, session

SAMPLES = 4
TOKENS = 40  # of a text: four samples are dearer than a draft and its revision, two are cheaper
METHODS = ("self_consistency", "self_refine", "rci")
SKILL = {"self_consistency": 0.45, "self_refine": 0.55, "rci": 0.7}


def problem(number: int, question: str = "") -> Problem:
    return Problem(f"p{number}", question or f"How many legs have {number} cats?", "numeric", str(4 * number))


def store(s: Session, problems: int = 30, seeds: Sequence[int] = (0,), question: str = "", answer: str = "") -> None:
    """Store a session `s1` with a run of every method on every problem with every seed.

    `question` and `answer` replace what is asked and answered; answers stay different where verdicts are.
    """
    sessions.create(s, session(name=question or "Cats and legs"))
    random_ = random.Random(5)
    for method in METHODS:
        for number in range(problems):
            for seed in seeds:
                _store_run(s, random_, method, number, seed, question, answer)


def _store_run(
    s: Session, random_: random.Random, method: str, number: int, seed: int, question: str, answer: str
) -> None:
    key = f"{method}-{number}-{seed}"
    samples = SAMPLES if method == "self_consistency" else 1
    texts = list(_texts(random_, key, method, samples, answer))
    last = texts[-1] if samples == 1 else texts[0]
    votes = tuple(_votes(texts)) if samples > 1 else ()
    made = run(
        key, method=method, method_version=f"{method}-1", launch_id=f"l-{number}-{seed}", seed=seed,
        problem=problem(number, question and f"{number} {question}"), params={"samples": samples, "temperature": 0.7},
        created_at=NOON + timedelta(seconds=number), oracle=method == "rci" and number == 0, input_run=None,
        branch_of=None, name="", notes="", tags=(),
        cost=Cost(random_.randrange(50, 60) * len(texts), 100, len(texts), random_.random() * len(texts)),
        outcome=Outcome(last.answer, last.verdict, texts[0].answer, texts[0].verdict, votes, last.id),
    )  # fmt: skip
    runs.add(s, made)
    generations.add_all(s, [(text, None) for text in texts])
    scores.add_all(s, [_p_true(random_, text) for text in texts if text.role == "draft"])


def _texts(random_: random.Random, key: str, method: str, samples: int, answer: str) -> Iterator[Generation]:
    skill = SKILL[method]
    for branch in range(samples):
        yield _text(random_, key, branch, "draft", 0, random_.random() < 0.5, answer)
    if samples == 1:
        yield _text(random_, key, 0, "revision", 1, random_.random() < skill, answer, ordinal=1)


def _text(
    random_: random.Random, key: str, branch: int, role: Any, round_: int, right: bool, answer: str, ordinal: int = 0
) -> Generation:
    verdict: VerdictValue = "correct" if right else random_.choice(("incorrect", "incorrect", "unparsed"))
    said = None if verdict == "unparsed" else answer + ("right" if right else f"wrong {random_.randrange(2)}")
    doubt = random_.gauss(0.8 if right else 1.1, 0.3)
    mean = -random_.random() * doubt
    return Generation(
        f"{key}-{role}-{branch}", key, ordinal or branch, role, f"{role}-{round_}", NOON, branch, round_,
        status="finished", finish_reason="eos", text=f"{answer} It is {said}.", answer=said, verdict=verdict,
        grader="numeric", cost=Cost(TOKENS, 50, 1, 0.5),
        summary=TraceSummary(TOKENS, doubt, 2 * doubt, doubt / 2, mean, TOKENS * mean, 12 - 3 * doubt),
    )  # fmt: skip


def _votes(texts: Sequence[Generation]) -> Iterator[Vote]:
    for said in dict.fromkeys(text.answer for text in texts):
        if said is not None:
            branches = tuple(text.branch for text in texts if text.answer == said)
            yield Vote(said, branches, float(len(branches)))


def _p_true(random_: random.Random, text: Generation) -> Score:
    value = min(1.0, max(0.0, random_.gauss(0.65 if text.verdict == "correct" else 0.45, 0.2)))
    return Score(f"score-{text.id}", text.run_id, text.id, "p_true", value, "choose", NOON)
