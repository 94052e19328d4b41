"""EvoScale: generations of answers, each written with the best of the last one in view."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.engine.protocol import Prompt
from webapp.methods._common import asked, plain_majority
from webapp.methods._self_score import OUTCOME, outcome_scores
from webapp.methods._shown import fitted, listed, shuffled
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Mode: TypeAlias = Literal["selector", "self-evolve"]

INTRODUCE = "Here are earlier attempts at this question. Each of them may be flawed."
MUTATE = "Write an improved solution to the question: keep what is right in these attempts and mend what is not."
COUNTED = "texts of all generations together: the N of Best@N"


class EvoScaleParams(MethodParams):
    """How many generations there are, how large they are, and what the next one is written from."""

    samples: int = Field(
        5, ge=1, le=64, title="Texts a generation",
        description="The first generation are the first drafts. The paper's batches are not known to us.",
    )  # fmt: skip
    generations: int = Field(
        3, ge=1, le=10, title="Generations",
        description="The first one included. The paper's number is not known to us (from memory: 4).",
    )  # fmt: skip
    parents: int = Field(
        3, ge=1, le=16, title="Attempts shown",
        description="Texts of the last generation that the next is written from. The paper's number is not known to "
        "us (from memory: 5).",
    )  # fmt: skip
    mode: Mode = Field(
        "selector", title="Selection",
        description="selector: the attempts shown are those with the best self-scores, and the best text of all "
        "generations is the answer. self-evolve: nothing is scored; any attempts are shown, and the last generation "
        "answers.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bred:
    """One generation: its texts, their self-scores (none in self-evolve), and what it was written from.

    `cut_to` is how many characters each attempt was cut to, None where all of them fit.
    """

    texts: Sequence[Generation]
    scores: Sequence[float]
    shown: Sequence[Generation] = ()
    cut_to: int | None = None


@method(
    title="EvoScale",
    family="revise",
    paper="2505.23604",
    needs={"generate", "choose", "continue"},
    faithful="prompted emulation",
    faithful_note="The paper trains the model to improve on its own earlier outputs; here it is only asked to, in "
    "our wording, on any question instead of software issues. The authors found that a model without reinforcement "
    "learning does not improve reliably, so no gain is claimed. The selector is the model's own score of each text, "
    "where the paper has a reward model or unit tests. Self-evolve scores nothing: the first text of its last "
    "generation is drawn greedily and is the answer.",
    takes_inputs=True,
    cost="M texts in each of T generations: N = M T calls; with the selector N questions more that generate nothing. "
    "From the second generation on every prompt holds K attempts.",
    reported="Trained, SWE-bench Verified: greedy 35.8 %, best of 10 texts 38.9, of 25 40.2, of 50 41.6; "
    "Llama-3-SWE-RL-70B 37.0 of 80 and 41.0 of 500. Selecting takes 16.6 seconds, with unit tests 92.8.",
    unverified="How many attempts are shown, how many generations and texts there are and at which temperature, for "
    "any of these numbers; there is no public code. The times are from notes.",
)
async def evo_scale(run: RunContext, question: Question, p: EvoScaleParams) -> Answer:
    """Draw answers, show the best of them and have improved ones written, generation by generation.

    With the selector the texts with the best self-scores are shown to the next generation, and of all texts of all
    generations the best is the answer, the earliest of equals. In self-evolve nothing is scored, neither to select
    nor to choose. Every new text is written in a fresh conversation that holds the question and the attempts.

    Copies are counted: a model that only repeats what it is shown evolves nothing. Compare it with as many samples
    drawn at once.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    bred = [Bred(drafts, await _scores(run, question, p, drafts))]
    for number in range(2, p.generations + 1):
        run.doing(f"Generation {number}")
        bred.append(await _next(run, question, p, bred[-1], number))
    await _record(run, p, bred)
    chosen = _best(bred) if p.mode == "selector" else bred[-1].texts[0]
    note = f"{_told(p, bred)} {await plain_majority(run, drafts)}".strip()
    return Answer(await asyncio.to_thread(run.extract, chosen.text), chosen, note=note)


def mutation(question: Question, attempts: Sequence[str]) -> Prompt:
    """Return the request for an improved solution, with earlier attempts in view."""
    parts = (question.stated(), INTRODUCE, listed("Attempt", attempts), asked(question, MUTATE))
    return Prompt.user("\n\n".join(parts))


async def _next(run: RunContext, question: Question, p: EvoScaleParams, last: Bred, number: int) -> Bred:
    shown = selected(question, p, last, number)
    prompt, cut_to = await fitted(run, [t.text for t in shown], p.max_tokens, lambda texts: mutation(question, texts))
    texts = await asyncio.gather(
        *(_mutated(run, p, prompt, parent.branch, shown, number, first=not i) for i, parent in enumerate(last.texts))
    )
    return Bred(texts, await _scores(run, question, p, texts), shown, cut_to)


def selected(question: Question, p: EvoScaleParams, last: Bred, number: int) -> list[Generation]:
    """Return what the next generation is shown: the best first, or in self-evolve any, in an order that is fixed."""
    if p.mode == "selector":
        order = sorted(range(len(last.texts)), key=lambda i: -last.scores[i])
    else:
        order = shuffled(len(last.texts), question.problem_id, number)
    return [last.texts[i] for i in order[: p.parents]]


async def _mutated(
    run: RunContext,
    p: EvoScaleParams,
    prompt: Prompt,
    branch: int,
    shown: Sequence[Generation],
    number: int,
    *,
    first: bool,
) -> Generation:
    greedy = p.mode == "self-evolve" and number == p.generations and first
    return await run.sample(
        prompt, role="revision", label="greedy-mutation" if greedy else f"mutation-{number}", branch=branch,
        round=number - 1, parents=shown, temperature=0.0 if greedy else None,
    )  # fmt: skip


async def _scores(run: RunContext, question: Question, p: EvoScaleParams, texts: Sequence[Generation]) -> list[float]:
    return await outcome_scores(run, question, texts, OUTCOME, "selector_score") if p.mode == "selector" else []


def _best(bred: Sequence[Bred]) -> Generation:
    texts = [text for each in bred for text in each.texts]
    scores = [score for each in bred for score in each.scores]
    return texts[scores.index(max(scores))]


def _told(p: EvoScaleParams, bred: Sequence[Bred]) -> str:
    texts = sum(len(each.texts) for each in bred)
    notes = [f"Best of {texts} texts of {len(bred)} generations by self-score."]
    if p.mode == "self-evolve":
        notes = [f"The last of {len(bred)} generations answers; nothing was scored."]
    if any(len(each.shown) == 1 for each in bred):
        notes.append("Every new text was written from a single earlier one.")
    return " ".join(notes)


async def _record(run: RunContext, p: EvoScaleParams, bred: Sequence[Bred]) -> None:
    seen: dict[str, str] = {}
    generations = [_data(each, seen) for each in bred]
    details = {"mode": p.mode, "parents": p.parents, "generations": generations}
    await run.record_score("evolution", sum(len(each.texts) for each in bred), how=COUNTED, details=details)


def _data(bred: Bred, seen: dict[str, str]) -> dict[str, Any]:
    """Return a generation as plain data; a text that was there before, but for its spaces, is a copy of that."""
    texts = []
    for i, text in enumerate(bred.texts):
        first = seen.setdefault(" ".join(text.text.split()), text.id)
        score = bred.scores[i] if bred.scores else None
        texts.append({"text": text.id, "score": score, "copy_of": None if first == text.id else first})
    return {"shown": [each.id for each in bred.shown], "cut_to": bred.cut_to, "texts": texts}
