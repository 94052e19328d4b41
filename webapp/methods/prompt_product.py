"""A product of prompts by SMC: texts that several ways of asking agree on, as whole texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, TypeAlias

from pydantic import Field

from webapp.engine.policies.settings import Product, Resampling
from webapp.engine.protocol import Prompt
from webapp.methods._common import asked
from webapp.methods._particles import Concluding, Population, concluded, record
from webapp.methods._power import restricted
from webapp.methods.interface import Answer, CannotGoOn, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Combination: TypeAlias = Literal["product", "guidance"]

AS_IT_IS = "as it is"
STEP_BY_STEP = "Work step by step, and check every step before you go on."


class PromptProductParams(MethodParams):
    """Which ways of asking there are, to which powers, and the particles."""

    samples: int = Field(
        1, ge=1, le=64, title="First drafts", description="From the question as it is: to compare with."
    )
    temperature: float = Field(
        1.0, ge=0.0, le=5.0, title="Temperature", description="Of first drafts. Particles follow the product itself."
    )
    particles: int = Field(16, ge=2, le=64, title="Particles", description="Texts drawn side by side.")
    first: str = Field(
        STEP_BY_STEP, max_length=2000, title="First instruction", description="Put below the question in one prompt."
    )
    second: str = Field(
        "", max_length=2000, title="Second instruction", description="For a further prompt; empty leaves it out."
    )
    combination: Combination = Field(
        "product", title="Combination",
        description="product: every prompt to its power. guidance: the question as it is to 1 - g and the first "
        "instruction to g, whatever the powers below.",
    )  # fmt: skip
    power_plain: float = Field(
        0.5, ge=-8.0, le=8.0, title="Power of the question as it is", description="0 leaves it out."
    )
    power_first: float = Field(0.5, ge=-8.0, le=8.0, title="Power of the first", description="Sum 1: a mean of both.")
    power_second: float = Field(0.5, ge=-8.0, le=8.0, title="Power of the second", description="Where there is one.")
    guidance: float = Field(
        1.5, ge=0.0, le=8.0, title="Guidance g", description="0: as it is; 1: the first instruction; above: beyond."
    )
    threshold: float = Field(
        0.5, ge=0.0, le=1.0, title="Resample below",
        description="Effective particles as a share of all at which they are resampled. 0 never does.",
    )  # fmt: skip
    every: int = Field(
        16, ge=1, le=1024, title="Look every", description="Between two looks at the effective particles.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    answer: Concluding = Field(
        "vote", title="Answer", description="vote: the answer with most weight. draw: one particle, by its weight."
    )


class Way(NamedTuple):
    """A way of asking, by its name, and its power."""

    name: str
    prompt: Prompt
    power: float


@method(
    title="Product of prompts",
    family="decode",
    paper="2503.02819",
    needs={"generate", "steer", "full_vocabulary"},
    faithful="variant",
    faithful_note="The paper corrects diffusion models of images and molecules, with weights that follow an equation "
    "in time. Here tokens are the time: the same idea for a language model, derived by us and checked by listing all "
    "texts of a small language. Which prompts and powers are of use is not known; ours are examples.",
    cost="n drafts and N particles behind each of K prompts: at most (n + N) L new tokens, K passes a token for all "
    "particles together.",
    reported="Nothing for language models.",
    unverified="The paper's equations were derived anew and agree with what we remember of them; its experiments "
    "were not read.",
)
async def prompt_product(run: RunContext, question: Question, p: PromptProductParams) -> Answer:
    """Ask in several ways at once, and sample texts by the product of what each way makes of them.

    Every token is drawn from the product of what follows the prompts, each to its power. That alone is too greedy:
    where the prompts disagree on what comes next, all that they leave is made to look probable. The weight corrects
    it. It falls by what the product has lost, and particles that got into disagreement die out when they are
    resampled, so that whole texts follow the product.

    Powers that sum to 1 give a weighted geometric mean of the prompts. Guidance takes 1 - g and g: above 1 it moves
    away from how the question is answered as it is. There the weight never falls but rises where the prompts
    disagree, so that particles which got there are the ones that multiply.
    """
    ways = ways_of(question, p)
    run.doing("Drafting")
    await run.drafts(question)
    run.doing("Drawing particles")
    policy = Product(tuple(way.power for way in ways), Resampling(p.threshold, p.every))
    prompts = [way.prompt for way in ways]
    steered = await run.steer(
        prompts, policy, p.particles, role="draft", label="product particle", round=1, temperature=1.0
    )
    population = Population.of(steered)
    answer = await concluded(run, population, p.answer)
    names = [f"{way.name} ^ {way.power:g}" for way in ways]
    await record(run, population, p.particles, names, threshold=p.threshold)
    return replace(answer, note=" ".join(filter(None, [answer.note, restricted(p)])))


def ways_of(question: Question, p: PromptProductParams) -> Sequence[Way]:
    """Return the prompts that take part, the question as it is before the instructions.

    Raises:
        CannotGoOn: if no prompt is left, or there is nothing to be guided to.

    """
    if p.combination == "guidance":
        if not p.first.strip():
            raise CannotGoOn("Guidance needs a first instruction to be guided to. Give one, or choose product.")
        powers = (1 - p.guidance, p.guidance, 0.0)
    else:
        powers = (p.power_plain, p.power_first, p.power_second)
    ways = [Way(AS_IT_IS, question.prompt(), powers[0])]
    for instruction, power in zip((p.first, p.second), powers[1:], strict=True):
        if instruction.strip():
            told = (question.stated(), asked(question, instruction.strip()))
            ways.append(Way(instruction.strip(), Prompt.user("\n\n".join(told)), power))
    ways = [way for way in ways if way.power]
    if not ways:
        raise CannotGoOn("Every prompt has the power 0, so nothing is left to draw from. Give one another power.")
    return ways
