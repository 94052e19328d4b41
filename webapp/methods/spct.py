"""SPCT by prompting: principles, critiques and points for all samples at once, several times, summed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from storage.records import Generation
from webapp.analysis.points import in_order_of, most_trusted, summed
from webapp.engine.protocol import Prompt
from webapp.methods._common import Example, branch_above, few_shot, plain_majority, read_from
from webapp.methods._continuing import insisted
from webapp.methods._shown import fitted, listed, shuffled
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

JUDGE = (
    "Judge the responses to this question. First write down the principles that matter for it, each with its weight: "
    "'Principle (weight 40%): ...'. Then say of every response how far it meets them. End with the points of the "
    "responses in their order, whole numbers from 1 (worst) to 10 (best), in double brackets: [[{slots}]]"
)
JUDGED = "Question: {question}\n\n{responses}\n\n{judge}"

# Two worked examples of our own, each of three responses; the best stands at another place in each.
PENCILS = JUDGED.format(
    question="Tom has 3 boxes of 6 pencils and gives 4 pencils away. How many pencils are left?",
    responses="Response 1:\nHe has 3 + 6 = 9 pencils. 9 - 4 = 5.\nAnswer: 5\n\nResponse 2:\nAnswer: 14\n\n"
    "Response 3:\n3 boxes of 6 pencils are 3 * 6 = 18 pencils. 18 - 4 = 14.\nAnswer: 14",
    judge=JUDGE.format(slots="response 1, response 2, response 3"),
)  # fmt: skip
PENCILS_JUDGED = (
    "Principle (weight 70%): The number of pencils is right.\nPrinciple (weight 30%): The steps are shown.\n"
    "Response 1 adds boxes to pencils, so its number is wrong.\n"
    "Response 2 has the right number and shows no step.\n"
    "Response 3 takes 4 from 18, which is right, and shows every step.\n[[2, 7, 10]]"
)
WEIGHTS = JUDGED.format(
    question="Which is heavier, 1 kg of iron or 2 kg of wool?",
    responses="Response 1:\n2 kg is more than 1 kg.\nAnswer: wool\n\nResponse 2:\nIron is a metal.\nAnswer: iron\n\n"
    "Response 3:\nAnswer: both weigh the same",
    judge=JUDGE.format(slots="response 1, response 2, response 3"),
)  # fmt: skip
WEIGHTS_JUDGED = (
    "Principle (weight 80%): The heavier thing is named.\nPrinciple (weight 20%): The reason holds.\n"
    "Response 1 compares the two weights and names the wool, which is right.\n"
    "Response 2 names the iron, for a reason that says nothing of its weight.\n"
    "Response 3 compares nothing and is wrong.\n[[10, 2, 1]]"
)
EXAMPLES: tuple[Example, ...] = ((PENCILS, PENCILS_JUDGED), (WEIGHTS, WEIGHTS_JUDGED))
SOUND = (
    "Somebody was asked to judge responses to a question. Here are the request and the judgement.\n\n"
    "{request}\n\nJudgement:\n{judgement}\n\n"
    "Is this judgement sound: are its principles right for the question, and do its points follow from them?\n"
    "(A) Yes\n(B) No"
)
SOUND_PREFIX = "The judgement is sound: ("
YES, NO = ("A", " A", "a", "Yes"), ("B", " B", "b", "No")

MOST_POINTS = 10
TOTAL = "sum of the points over the judgements that count, 1 to 10 each"
READABLE = "1: its last line gives every response its points, 0: it does not, so the judgement is dropped"
TRUST = "P(A) / (P(A) + P(B)) for '(A) Yes' to 'Is this judgement sound?': an emulation of the paper's trained scorer"
USED = "judgements whose points were summed"
OPENED = "\n[["  # what a judgement without points is continued after, if that is wanted
POINT_TOKENS = 6  # new tokens a response after it
POINTS = re.compile(r"\[\s*(?P<points>\d{1,3}(?:\s*,\s*\d{1,3})*)\s*\]")
PRINCIPLE = re.compile(
    r"^\W*principle\b[^\n(]*\((?:weight\W*)?(?P<weight>\d{1,3}(?:\.\d+)?)\s*%\)\W*(?P<name>[^\n]+)$",
    re.IGNORECASE | re.MULTILINE,
)


class SpctParams(MethodParams):
    """How many judgements there are, how they are drawn, and whether they are filtered."""

    samples: int = Field(3, ge=1, le=16, title="Samples", description="Answers that are judged together.")
    judgements: int = Field(
        4, ge=1, le=64, title="Judgements",
        description="Times the samples are judged, each time in another order (paper: up to 32).",
    )  # fmt: skip
    judge_temperature: float = Field(
        0.7, gt=0.0, le=5.0, title="Temperature of the judge", description="Above 0; the paper's is not known to us."
    )
    judge_tokens: int = Field(
        600, ge=1, le=32_768, title="Longest judgement",
        description="New tokens for principles, critiques and points; points that do not fit are lost.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    examples: bool = Field(
        True, title="Worked examples",
        description="Whether two worked judgements come first; without them small models rarely state points.",
    )  # fmt: skip
    insist: bool = Field(
        False, title="Ask for missing points",
        description="Whether a judgement that states no points is continued after '[[' once, before it is dropped.",
    )  # fmt: skip
    meta_filter: bool = Field(
        False, title="Filter judgements",
        description="Sum only the half of the judgements that the model finds most sound. The paper trains a scorer "
        "for this; here P(sound) stands in for it.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement: its text, the order in which it saw the samples, the points of each (None: unreadable)."""

    text: Generation
    order: tuple[int, ...]
    points: tuple[int, ...] | None


@method(
    title="Judge by principles (SPCT)",
    family="judge",
    paper="2504.02495",
    needs={"generate", "choose", "continue"},
    faithful="prompted emulation",
    faithful_note="SPCT trains the judge to write principles and critiques, and a meta reward model to filter them; "
    "here a model without either is asked to, in our wording and after worked examples of ours, and judges its own "
    "samples. Voting is the paper's: shuffled responses, whole points from 1 to 10, summed. The filter is emulated "
    "by P(sound). Asking for points that were not stated is our addition, and off.",
    cost="n + k calls: n answers and k judgements that each read all of them; with the filter up to k more calls "
    "that generate nothing. Asking for missing points takes up to k more calls, of 6 n new tokens each.",
    reported="A trained 27B judge (Gemma-2), average of four reward benchmarks: greedy 69.9, vote of 8 70.6, vote of "
    "32 71.0, filtered vote of 32 72.8; GPT-4o as a judge 71.3. Untrained, GPT-4o on Chat-Hard: 76.1 without "
    "principles, 75.9 with its own, 77.8 with filtered ones.",
    unverified="The judge's temperature and the text of its prompt.",
    takes_inputs=True,
)
async def spct(run: RunContext, question: Question, p: SpctParams) -> Answer:
    """Show a judge all samples at once, have it write principles, critiques and points, and sum many judgements.

    Every judgement sees the samples in another order, against a habit of preferring a place. Points are summed as
    they are, so many judgements together tell samples apart that one would give the same number. A judgement whose
    points cannot be read is dropped and said to be. The sample with the most points is the answer, the earliest of
    equals; the plain majority is noted beside it.

    With the filter only the half of the judgements that the model itself finds most sound is summed. In the paper
    self-written principles help an untrained judge little unless they are filtered.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    run.doing("Judging")
    judgements = await asyncio.gather(*(_judge(run, question, p, drafts, j) for j in range(p.judgements)))
    readable = [judgement for judgement in judgements if judgement.points is not None]
    counted = await _filtered(run, p, readable) if p.meta_filter else readable
    totals = summed([judgement.points or () for judgement in counted], len(drafts))
    await _record(run, drafts, judgements, counted, totals)
    chosen = drafts[totals.index(max(totals))]
    dropped = len(judgements) - len(readable)
    notes = [f"{dropped} of {len(judgements)} judgements state no readable points."] if dropped else []
    notes.append(await plain_majority(run, drafts))
    return Answer(await asyncio.to_thread(run.extract, chosen.text), chosen, note=" ".join(notes).strip())


def judging(question: Question, responses: Sequence[str], *, examples: bool) -> Prompt:
    """Return the request for one judgement of the responses, in the order in which they are given."""
    slots = ", ".join(f"response {number}" for number in range(1, len(responses) + 1))
    request = JUDGED.format(
        question=question.stated(), responses=listed("Response", responses), judge=JUDGE.format(slots=slots)
    )
    return few_shot(EXAMPLES if examples else (), request)


def read_points(judgement: str, responses: int) -> tuple[int, ...] | None:
    """Return the points in the last brackets of a judgement; None unless each response has 1 to 10."""
    found = [match["points"] for match in POINTS.finditer(judgement)]
    points = tuple(int(number) for number in found[-1].split(",")) if found else ()
    return points if len(points) == responses and all(1 <= n <= MOST_POINTS for n in points) else None


def read_principles(judgement: str) -> list[dict[str, Any]]:
    """Return the principles of a judgement that keep to the form, each with its weight in percent."""
    return [{"name": m["name"].strip(), "weight": float(m["weight"])} for m in PRINCIPLE.finditer(judgement)]


async def _judge(
    run: RunContext, question: Question, p: SpctParams, drafts: Sequence[Generation], number: int
) -> Judgement:
    order = shuffled(len(drafts), question.problem_id, number)
    shown = [drafts[i] for i in order]

    def build(texts: Sequence[str]) -> Prompt:
        return judging(question, texts, examples=p.examples)

    prompt, _ = await fitted(run, [draft.text for draft in shown], _tokens_after(run, p, len(drafts)), build)
    text = await run.sample(
        prompt, role="evaluation", label="judge", branch=branch_above(drafts) + number, round=1, parents=shown,
        temperature=p.judge_temperature, max_tokens=p.judge_tokens,
    )  # fmt: skip
    given = read_points(text.text, len(drafts))
    if given is None and p.insist:
        text = await insisted(run, text, OPENED, label="points", max_tokens=POINT_TOKENS * len(drafts))
        given = read_points(text.text, len(drafts))
    return Judgement(text, tuple(order), None if given is None else tuple(in_order_of(order, given)))


def _tokens_after(run: RunContext, p: SpctParams, responses: int) -> int:
    """Return what must have room after a request: a judgement, points asked for, and the question if it is sound."""
    points = len(run.tokenize(OPENED)) + POINT_TOKENS * responses if p.insist else 0
    asked = Prompt.user(SOUND.format(request="", judgement="")).continuing(run.tokenize(SOUND_PREFIX))
    return p.judge_tokens + points + (run.length(asked) if p.meta_filter else 0)


async def _filtered(run: RunContext, p: SpctParams, readable: Sequence[Judgement]) -> list[Judgement]:
    """Return the readable judgements that the model finds most sound: half as many as were asked for."""
    run.doing("Filtering judgements")
    trust = await asyncio.gather(*(_trust(run, judgement.text) for judgement in readable))
    return [readable[i] for i in most_trusted(trust, max(1, p.judgements // 2))]


async def _trust(run: RunContext, judgement: Generation) -> float:
    request = SOUND.format(request=judgement.messages[-1][1], judgement=judgement.text.strip())
    chosen = await run.choose(Prompt.user(request), (YES, NO), prefix=SOUND_PREFIX)
    await run.record_score("p_sound", chosen.probabilities[0], how=TRUST, about=judgement, details=read_from(chosen))
    return chosen.probabilities[0]


async def _record(
    run: RunContext,
    drafts: Sequence[Generation],
    judgements: Sequence[Judgement],
    counted: Sequence[Judgement],
    totals: Sequence[int],
) -> None:
    branches = [draft.branch for draft in drafts]
    told = []
    for judgement in judgements:
        points, used = judgement.points, any(each is judgement for each in counted)
        details = {
            "shown": [branches[i] for i in judgement.order], "points": None if points is None else list(points),
            "used": used, "principles": read_principles(judgement.text.text),
        }  # fmt: skip
        await run.record_score(
            "judge_readable", float(points is not None), how=READABLE, about=judgement.text, details=details
        )
        told.append({"judgement": judgement.text.id, **details})
    for i, draft in enumerate(drafts):
        given = [judgement.points[i] for judgement in counted if judgement.points is not None]
        await run.record_score("judge_points", totals[i], how=TOTAL, about=draft, details={"points": given})
    await run.record_score(
        "judge_votes", len(counted), how=USED, details={"branches": branches, "totals": totals, "judgements": told}
    )
