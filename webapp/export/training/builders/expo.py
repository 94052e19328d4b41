"""ExPO (NeurIPS 2025): the model explains a given answer; the explanation is learnt with the answer hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from storage.records import Generation, Problem
from webapp.engine.protocol import Engine, Prompt
from webapp.export.training.builder import Builder
from webapp.export.training.drawing import TEMPERATURE, drawn
from webapp.export.training.examples import Made, Meta, Pair, Piece, Pieces, Refusal, Reply, joint
from webapp.export.training.material import Case, Drawn, Told, meta, pieces_of, plain
from webapp.export.training.settings import TrainingSettings
from webapp.tasks.graders import extract, judge
from webapp.tasks.question import Question
from webapp.tasks.text import ALTERNATIVES

REQUEST = (
    "{question}\n\nThe answer is {answer}. Write the reasoning, step by step, by which somebody who does not know "
    "the answer comes to it. Do not mention that it was given."
)
LONGEST = 400  # tokens of an explanation
_CONFESSES = re.compile(
    r"\b(?:(?:given|provided|stated|known|supplied) (?:\w+ )?answer|answer (?:is|was) (?:given|provided|known)|"
    r"as (?:given|stated|provided)|we (?:already )?know (?:that )?the answer)\b",
    re.IGNORECASE,
)


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Learn the model's own explanation of an answer that none of its samples found, from the question alone.

    The explanation is drawn with the answer in view; the row's prompt does not hold it. A pair prefers it to one of
    the stored wrong solutions (the model's own if it made the runs). Nothing is filtered by solving again (that would
    be STaR); explanations that say they were given the answer, or end in another one, are refused. Needs a model and
    a reference answer.
    """
    explanations = [each for each in case.drawn if each.kind == "explanation"]
    if not explanations:
        yield Refusal(_missing(case))
    for explanation in explanations:
        yield from _rows(case, explanation, settings.seed, random)


async def draw(engine: Engine, case: Case, settings: TrainingSettings, random: Random) -> list[Drawn]:
    """Let the model explain the answer of a problem that no stored sample of it solves."""
    if case.problem.reference is None or any(case.right(text) for _, text in case.firsts()):
        return []
    stated = Question.of(case.problem).stated()
    prompt = Prompt.user(REQUEST.format(question=stated, answer=_answer(case.problem)))
    text = await drawn(
        engine, prompt, seed=settings.seed, problem=case.problem.id, label="export-explain", most=LONGEST
    )
    record = engine.info.record
    return [] if text is None else [Drawn("explanation", "", 0, text, record.id, record.revision)]


def _missing(case: Case) -> str:
    if case.problem.reference is None:
        return "the problem has no reference answer to explain"
    if any(case.right(text) for _, text in case.firsts()):
        return "a stored sample solves the problem, so it needs no explanation"
    return "no explanation was drawn: that needs a model, and one that comes to an end"


def _rows(case: Case, explanation: Drawn, seed: int, random: Random) -> Iterator[Made]:
    if _CONFESSES.search(explanation.text):
        yield Refusal("the explanation says that it was given the answer")
        return
    reply = concluded(case, explanation.text)
    if reply is None:
        yield Refusal("the explanation ends in another answer")
        return
    yield Reply(_about(case, explanation, seed, []), plain(case.problem), reply)
    if wrong := [each for each in case.firsts() if case.right(each[1]) is False]:
        used = random.choice(wrong)
        yield Pair(_about(case, explanation, seed, [used]), plain(case.problem), reply, pieces_of(used[1]))


def _about(case: Case, explanation: Drawn, seed: int, used: Sequence[tuple[Told, Generation]]) -> Meta:
    """Return where a row comes from: the explanation, of which no run is the source, and what it is preferred to."""
    return replace(
        meta(case, used, "explanation", f"explained by {explanation.model}"), reference_seen=True,
        model=explanation.model, revision=explanation.revision, seed=seed, temperature=TEMPERATURE,
    )  # fmt: skip


def concluded(case: Case, explanation: str) -> Pieces | None:
    """Return an explanation followed by the answer unless it ends in it; None where it ends in another one."""
    problem = case.problem
    answer = extract(problem.kind, explanation, problem.choices) if "answer:" in explanation.casefold() else None
    if answer is not None:
        return (Piece(explanation),) if judge(problem, answer).verdict == "correct" else None
    return (Piece(explanation), joint(f"\n\nAnswer: {_answer(problem)}"))


def _answer(problem: Problem) -> str:
    """Return the reference as an answer states it: of several accepted texts the first."""
    reference = problem.reference or ""
    return reference.split(ALTERNATIVES)[0].strip() if problem.kind == "text" else reference


EXPO = Builder(
    "expo", "Explained answers (ExPO)", "NeurIPS 2025; methods document, section 14",
    frozenset({Reply, Pair}), build, draw,
)  # fmt: skip
