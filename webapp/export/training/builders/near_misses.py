"""RISE (ACL 2025 long.1506): the model edits its own right step into a subtly wrong one, a hard negative."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from storage.records import Generation
from webapp.engine.protocol import Engine, Prompt
from webapp.export.training.builder import Builder
from webapp.export.training.cutting import cuts_of, steps_of
from webapp.export.training.drawing import drawn
from webapp.export.training.examples import Made, Pair, Piece, Refusal, said
from webapp.export.training.material import Case, Drawn, Told, asked, meta, pieces_of
from webapp.export.training.settings import TrainingSettings

OF_NUMBERS = (
    "change one value",
    "put a wrong value in for a quantity",
    "leave out one term",
    "use a wrong operator in one place",
    "swap two terms where that changes the result",
)
OF_WORDS = ("change the meaning of one statement", "replace one word so that the statement becomes wrong")
REQUEST = (
    "Here is one step of a solution:\n\n{step}\n\nRewrite it with a single small mistake: {edit}. Keep the wording "
    "and the length otherwise. Do not say that there is a mistake. Write only the rewritten step."
)
LONGER = 2.0  # an edit that is longer, or as much shorter, changed more than a detail
_CONFESSES = re.compile(
    r"\b(?:mistakes?|errors?|wrong|incorrect|rewritten|instead of|should (?:be|have been))\b", re.I
)
_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Prefer a right solution to a wrong one, and a right step to a model's subtly wrong edit of it.

    One pair of whole solutions a problem, at random among its stored samples; with a model one pair of steps, after
    the same beginning of the solution (`initial_reason_steps`) and without an end-of-text. The loaded model edits: in
    RISE it is the one that wrote the solution, so load that. Edits that give themselves away, change nothing or
    change too much are refused.
    """
    firsts = case.firsts()
    right = [each for each in firsts if case.right(each[1])]
    wrong = [each for each in firsts if case.right(each[1]) is False]
    if right and wrong:
        yield _whole(case, random.choice(right), random.choice(wrong))
    else:
        yield Refusal("the problem has not both a right and a wrong stored solution")
    texts = {text.id: (told, text) for told, text in right}
    for edit in case.drawn:
        if edit.kind == "edit" and edit.of in texts:
            yield _step(case, *texts[edit.of], edit)


async def draw(engine: Engine, case: Case, settings: TrainingSettings, random: Random) -> list[Drawn]:
    """Let the model edit one random step of one random right solution."""
    right = [text for _, text in case.firsts() if case.right(text)]
    if not right:
        return []
    text = random.choice(right)
    steps = steps_of(text.text, cuts_of(text.text))
    at = random.randrange(len(steps))
    edit = random.choice(OF_NUMBERS if re.search(r"[\d=]", steps[at]) else OF_WORDS)
    prompt = Prompt.user(REQUEST.format(step=steps[at], edit=edit))
    found = await drawn(
        engine, prompt, seed=settings.seed, problem=case.problem.id, label="export-edit",
        most=2 * len(engine.tokenize(steps[at])) + 32,
    )  # fmt: skip
    record = engine.info.record
    return [] if found is None else [Drawn("edit", text.id, at, found, record.id, record.revision)]


def complaint(step: str, edit: str) -> str | None:
    """Return why an edit is no near miss of a step, None where it is one."""
    if not edit.strip() or edit.split() == step.split():
        return "the model's edit changes nothing"
    if len(_CONFESSES.findall(edit)) > len(_CONFESSES.findall(step)):
        return "the model's edit gives itself away"
    if not 1 / LONGER <= len(edit) / len(step) <= LONGER:
        return "the model's edit changes more than a detail"
    return None


def _whole(case: Case, right: tuple[Told, Generation], wrong: tuple[Told, Generation]) -> Made:
    about = meta(case, [wrong, right], "full", "a right and a wrong sample")
    extra = {"initial_reason_steps": "", "step": -1}
    return Pair(about, asked(case, right[1]), pieces_of(right[1]), pieces_of(wrong[1]), extra=extra)


def _step(case: Case, told: Told, text: Generation, edit: Drawn) -> Made:
    start, end = cuts_of(text.text)[edit.step]
    raw = text.text.encode()
    step, before = raw[start:end].decode(), raw[:start].decode()
    if reason := complaint(step, edit.text):
        return Refusal(reason)
    rejected = (Piece(_BOXED.sub(r"\1", edit.text)),)
    about = meta(case, [(told, text)], "step", f"step {edit.step + 1}, edited by {edit.model}")
    extra = {"initial_reason_steps": before, "step": edit.step}
    return Pair(about, asked(case, text), said(step), rejected, begun=before, ends=False, extra=extra)


NEAR_MISSES = Builder(
    "near-misses", "Near misses (RISE)", "ACL 2025 long.1506; methods document, section 12",
    frozenset({Pair}), build, draw,
)  # fmt: skip
