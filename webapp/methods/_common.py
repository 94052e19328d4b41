"""What several methods share: correcting branches side by side, the vote at the end, questions as text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from storage.records import Generation, Vote
from webapp.analysis.vote import unparsed, vote, weighed
from webapp.engine.protocol import Message, OptionProbabilities, Prompt
from webapp.methods.interface import Answer, RunContext
from webapp.tasks.question import Question

Example: TypeAlias = tuple[str, str]  # what the user says, what the assistant answers


async def each_corrected(
    run: RunContext, question: Question, correct: Callable[[Generation], Awaitable[Generation]]
) -> Answer:
    """Correct every first draft on its own, all at once, and answer by what came out.

    With one draft that is its answer; with several the majority of the corrected ones (SCoRe's way to spend more).
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    run.doing("Correcting")
    corrected = await asyncio.gather(*(correct(draft) for draft in drafts))
    return await majority(run, corrected)


async def majority(run: RunContext, texts: Sequence[Generation]) -> Answer:
    """Return the answer of a single text, or the vote over several; where none states one, the first text stands."""
    return decided(texts, *await tallied(run, texts))


def decided(
    texts: Sequence[Generation],
    answers: Mapping[int, str | None],
    counted: Sequence[Vote],
    weights: Mapping[int, float] | None = None,
) -> Answer:
    """Return what a tally says: the answer with most votes, or by branch the largest sum of weights.

    It stands in the text with the largest weight among those that give it, or among all where none states an answer.
    """
    if len(texts) == 1:
        return Answer(answers[texts[0].branch], texts[0])
    votes = tuple(counted) if weights is None else weighed(counted, weights)
    if not votes:
        note = f"None of the {len(texts)} texts states an answer to vote on."
        return Answer(None, _heaviest(texts, weights), note=note)
    winner = next(v for v in votes if v.winner)
    chosen = _heaviest([text for text in texts if text.branch in winner.branches], weights)
    notes = []
    if winner.tied:
        notes.append(f"{sum(v.tied for v in votes)} answers tie; the earliest sample among them decides.")
    if missing := len(unparsed(answers)):
        notes.append(f"{missing} of {len(texts)} texts state no answer and vote for none.")
    if weights is not None:
        notes.append(f"Plain majority: {next(v.answer for v in counted if v.winner)}.")
    return Answer(winner.answer, chosen, votes, " ".join(notes))


def _heaviest(texts: Sequence[Generation], weights: Mapping[int, float] | None) -> Generation:
    return texts[0] if weights is None else max(texts, key=lambda text: weights[text.branch])


async def tallied(run: RunContext, texts: Sequence[Generation]) -> tuple[dict[int, str | None], tuple[Vote, ...]]:
    """Return the answer of every text by its branch, None where it states none, and how often each was given."""
    # Reading and comparing formulas can take seconds each, so the event loop does not wait for it.
    answers = {text.branch: await asyncio.to_thread(run.extract, text.text) for text in texts}
    return answers, await asyncio.to_thread(vote, answers, run.same)


async def plain_majority(run: RunContext, drafts: Sequence[Generation]) -> str:
    """Return what a vote over the drafts would have said, as a note; nothing for a single one."""
    if len(drafts) == 1:
        return ""
    voted = await majority(run, drafts)
    return voted.note if voted.value is None else f"Plain majority: {voted.value}. {voted.note}".strip()


def branch_above(texts: Sequence[Generation]) -> int:
    """Return the first branch that no sample has: texts about several samples stand in branches of their own."""
    return max(text.branch for text in texts) + 1


def read_from(chosen: OptionProbabilities) -> dict[str, Any]:
    """Return what a probability was read from, and what asking cost: the details of its score."""
    return {"masses": list(chosen.masses), "captured": chosen.captured, "prompt_tokens": chosen.prompt_tokens}


def asked(question: Question, instruction: str) -> str:
    """Return an instruction followed by the answer format that the grader reads."""
    return "\n\n".join(part for part in (instruction, question.answer_format()) if part)


def few_shot(examples: Sequence[Example], request: str) -> Prompt:
    """Return a conversation in which the assistant answered the examples, and is now asked the real thing."""
    turns = [
        turn for user, assistant in examples for turn in (Message("user", user), Message("assistant", assistant))
    ]
    return Prompt((*turns, Message("user", request)))
