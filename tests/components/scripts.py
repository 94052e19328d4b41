"""Event logs made by hand: what a server would send of a run, in the contract's own types."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from webapp.events import (
    GenerationFinished,
    GenerationStarted,
    RunEvent,
    RunFinished,
    RunOpened,
    RunProgress,
    ScoreAdded,
    Tokens,
)

SENTENCE = "The answer is a small word that the model took from many, and it goes on"
CHUNK = 4  # tokens an event


def opened(run: str, **changes: Any) -> RunOpened:
    fields: dict[str, Any] = {
        "run": run, "session": "s", "launch": "l", "column": 0, "method": "sample_and_vote",
        "title": "Sample and vote", "faithful": "full",
        "params": {"samples": 4, "temperature": 0.7, "max_tokens": 80},
        "seed": 7, "model": "HuggingFaceTB/SmolLM2-135M-Instruct", "model_detail": "float32, cpu",
        "vocab_size": 49152,
        "question": "What is the capital of Australia?", "kind": "text", "choices": [], "reference": "Canberra",
        "created_at": "2026-11-24T02:00:00+00:00",
    }  # fmt: skip
    return RunOpened(**(fields | changes))


def cut(text: str) -> list[str]:
    """Cut a text roughly as a tokenizer would."""
    return re.findall(r" ?\w+|\n+|[^\w\n]", text)


def texts(count: int) -> list[str]:
    words = cut(SENTENCE)
    return [words[i % len(words)] if i % len(words) else (" The" if i else "The") for i in range(count)]


def tokens(generation: str, pieces: Sequence[str], start: int = 0, **changes: Any) -> Tokens:
    """Tokens with made-up but consistent numbers: the chosen token is the second of three alternatives."""
    chosen = [math.log(0.05 + 0.9 * ((7 * (start + i)) % 11) / 11) for i in range(len(pieces))]
    fields: dict[str, Any] = {
        "generation": generation, "start": start, "ids": [1000 + start + i for i in range(len(pieces))],
        "text": list(pieces), "entropy": [((start + i) * 5 % 9) / 2 for i in range(len(pieces))],
        "logprob": chosen, "sampled_logprob": [x / 2 for x in chosen],
        "self_certainty": [float(4 + (start + i) % 12) for i in range(len(pieces))],
        "candidates": [49152] * len(pieces), "seconds": [0.1 * (start + i) for i in range(len(pieces))],
        "alternatives": [
            [(5, " other", math.log(0.04)), (1000 + start + i, piece, chosen[i]), (6, "\n", math.log(0.005))]
            for i, piece in enumerate(pieces)
        ],
    }  # fmt: skip
    return Tokens(**(fields | changes))


def started(generation: str, ordinal: int = 0, **changes: Any) -> GenerationStarted:
    fields: dict[str, Any] = {
        "generation": generation, "ordinal": ordinal, "role": "draft", "branch": 0, "round": 0, "parents": [],
        "label": "draft",
    }  # fmt: skip
    return GenerationStarted(**(fields | changes))


def finished(generation: str, text: str, **changes: Any) -> GenerationFinished:
    fields: dict[str, Any] = {
        "generation": generation, "text": text, "finish_reason": "eos", "replaced": False, "answer": None,
        "verdict": "ungraded", "grader": "none", "spans": [], "generated_tokens": 12, "prompt_tokens": 30,
        "seconds": 1.5,
        "summary": {"tokens": 12, "mean_entropy": 0.81, "mean_logprob": -0.52},
    }  # fmt: skip
    return GenerationFinished(**(fields | changes))


def progress(made: int, expected: int, **changes: Any) -> RunProgress:
    fields: dict[str, Any] = {
        "status": "running", "doing": "Drafting", "generated_tokens": made, "expected_tokens": expected,
        "prompt_tokens": 30, "calls": 1, "seconds": made / 20,
    }  # fmt: skip
    return RunProgress(**(fields | changes))


def ended(status: str = "finished", error: str = "", **outcome: Any) -> RunFinished:
    fields = {
        "answer": None, "verdict": "ungraded", "first_answer": None, "first_verdict": "ungraded", "votes": [],
        "chosen_generation": None, "note": "",
    }  # fmt: skip
    cost = {"generated_tokens": 212, "prompt_tokens": 118, "calls": 4, "seconds": 8.4}
    return RunFinished(status=status, error=error, outcome=fields | outcome, cost=cost, oracle=False)


def written(generation: str, pieces: Sequence[str], ordinal: int = 0, **about: Any) -> list[RunEvent]:
    """A whole generation; `about` may hold fields of its start and its end."""
    ends = {k: about.pop(k) for k in ("answer", "verdict", "diff", "diff_against", "finish_reason") if k in about}
    parts = [tokens(generation, pieces[i : i + CHUNK], i) for i in range(0, len(pieces), CHUNK)]
    return [started(generation, ordinal, **about), *parts, finished(generation, "".join(pieces), **ends)]


def short_run(run: str, pieces: Sequence[str] = ("The", " capital", " is", " Sydney", ".\n")) -> list[RunEvent]:
    return [opened(run), progress(0, 20), *written("g1", pieces), ended()]


def parallel_run(run: str, branches: int, length: int) -> list[RunEvent]:
    """All branches written at once, a token of each at a time."""
    pieces = texts(length)

    def body() -> Iterator[RunEvent]:
        for i in range(0, length, CHUNK):
            for b in range(branches):
                yield tokens(f"g{b}", pieces[i : i + CHUNK], i)
            yield progress((i + CHUNK) * branches, branches * length)

    ends = [finished(f"g{b}", "".join(pieces) + str(b), answer=str(b % 3)) for b in range(branches)]
    starts = [started(f"g{b}", b, branch=b) for b in range(branches)]
    return [opened(run), progress(0, branches * length), *starts, *body(), *ends, ended(answer="0")]


def vote_run(run: str, weights: tuple[float, float] = (2.0, 2.0)) -> list[RunEvent]:
    """Four samples and no answer in a fifth, two of them the same text; two answers with equal numbers of samples."""
    tied = weights[0] == weights[1]
    capital = "The capital of Australia is Canberra.\nAnswer: Canberra"
    drafts = [
        (capital, "Canberra", "correct"),
        ("It is Sydney, the largest city.\nAnswer: Sydney", "Sydney", "incorrect"),
        (capital, "Canberra", "correct"),
        ("Sydney is the capital.\n\nAnswer: Sydney", "Sydney", "incorrect"),
        ("Australia is a country and a continent.", None, "unparsed"),
    ]
    body: list[RunEvent] = []
    for b, (text, answer, verdict) in enumerate(drafts):
        body += written(f"{run}-g{b}", cut(text), b, branch=b, answer=answer, verdict=verdict)
    masses = [(0.52, 0.21), (0.31, 0.44), (0.52, 0.21), (0.12, 0.14), (0.33, 0.4)]
    scores = [
        ScoreAdded(
            generation=f"{run}-g{b}", name="p_true", value=t / (t + f), how="P(A)/(P(A)+P(B)), variants pooled",
            details={"masses": [t, f], "captured": t + f, "format": "without ideas"},
        )
        for b, (t, f) in enumerate(masses)
    ]  # fmt: skip
    votes = [
        {"answer": "Canberra", "branches": [0, 2], "weight": weights[0], "winner": True, "tied": tied},
        {"answer": "Sydney", "branches": [1, 3], "weight": weights[1], "winner": False, "tied": tied},
    ]
    end = ended(
        answer="Canberra", verdict="correct", first_answer="Canberra", first_verdict="correct", votes=votes,
        note="Tie broken by the earlier sample.",
    )  # fmt: skip
    return [opened(run), progress(0, 60), *body, *scores, end]


def refine_run(run: str) -> list[RunEvent]:
    """Two branches: one argued out of a right answer, one corrected."""
    head = opened(
        run, method="self_refine", title="Self-Refine", faithful="prompted emulation", column=1,
        faithful_note="The paper's task-specific few-shot prompts are not used.",
        params={"samples": 2, "max_rounds": 1, "temperature": 0.7},
    )  # fmt: skip
    body = [
        *_refined(run, 0, "Canberra", "Sydney", ("correct", "incorrect")),
        *_refined(run, 1, "Sydney", "Canberra", ("incorrect", "correct")),
    ]
    end = ended(answer="Sydney", verdict="incorrect", first_answer="Canberra", first_verdict="correct")
    return [head, progress(0, 60), *body, end]


def _refined(run: str, branch: int, first: str, last: str, verdicts: tuple[str, str]) -> list[RunEvent]:
    draft, critique, revision = (f"{run}-{part}{branch}" for part in ("d", "c", "r"))
    change = [("=", "The capital is "), ("-", first), ("+", last), ("=", ".\nAnswer: "), ("-", first), ("+", last)]
    doubt = "Is it really so? The biggest city should be checked once more before the answer is given."
    at = {"branch": branch}
    return [
        *written(draft, _statement(first), 3 * branch, answer=first, verdict=verdicts[0], **at),
        *written(critique, cut(doubt), 3 * branch + 1, round=1, role="critique", parents=[draft], **at),
        *written(
            revision, _statement(last), 3 * branch + 2, round=1, role="revision", parents=[draft, critique],
            answer=last, verdict=verdicts[1], diff=change, diff_against=draft, **at,
        ),
    ]  # fmt: skip


def _statement(answer: str) -> list[str]:
    return cut(f"The capital is {answer}.\nAnswer: {answer}")
