"""Power sampling by SMC: particles drawn at a low temperature, weighed and resampled towards p(text)^alpha."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from webapp.engine.policies.settings import Power, Resampling
from webapp.methods._particles import Concluding, Population, concluded, record
from webapp.methods._power import restricted
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

LAWS = ("the model",)


class PowerSmcParams(MethodParams):
    """The target, the particles, and when they are resampled."""

    samples: int = Field(
        1, ge=1, le=64, title="First drafts", description="At the same temperature, without weights: to compare with."
    )
    temperature: float = Field(
        0.25, gt=0.0, le=5.0, title="Temperature",
        description="Of first drafts and particles: 1 / alpha in the paper. Any other is corrected for, with less "
        "even weights.",
    )  # fmt: skip
    particles: int = Field(16, ge=2, le=64, title="Particles", description="Authors: 32 by default, 64 on MATH.")
    alpha: float = Field(
        4.0, gt=0.0, le=64.0, title="Alpha", description="The target is p(text)^alpha. Paper: 4; 1 is the model."
    )
    threshold: float = Field(
        0.5, ge=0.0, le=1.0, title="Resample below",
        description="Effective particles as a share of all at which they are resampled (authors: 0.5). 0 never does.",
    )  # fmt: skip
    every: int = Field(
        16, ge=1, le=1024, title="Look every", description="Authors: 128, or 64 on MATH, in longer texts.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    ramp: int = Field(
        0, ge=0, le=4096, title="Ramp",
        description="Tokens until alpha is reached from 1 (authors: 400). 0 has it from the start.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    follow: bool = Field(
        False, title="Temperature follows the ramp",
        description="Particles are drawn at 1 / alpha as it grows, as the authors write; their code keeps it fixed.",
    )  # fmt: skip
    answer: Concluding = Field(
        "vote", title="Answer", description="vote: the answer with most weight. draw: one particle, by its weight."
    )


@method(
    title="Power sampling (SMC)",
    family="decode",
    paper="2602.10273",
    needs={"generate", "steer", "full_vocabulary"},
    faithful="full",
    faithful_note="As the authors' code: tempered proposals, weights alpha log p - log q, systematic resampling when "
    "few particles are effective, a ramp whose correction reaches ended texts too. Their default settings contradict "
    "each other (alpha 2 at temperature 0.25) and cut proposals by top-p, which takes texts out of the target; here "
    "alpha is 1 / temperature and nothing is cut unless it is set. Their least length of 100 tokens and their end at "
    "a boxed answer are left out. They draw one particle; a vote by weight is ours.",
    cost="n drafts and N particles: at most (n + N) L new tokens, since a copy is drawn on in the place of a text "
    "that was dropped; one pass a token for all particles together.",
    reported="MATH500: as good as or better than Metropolis-Hastings, at 1.4 to 3.3 times the time of plain decoding "
    "against 16 to 28 times. 1 / alpha is the temperature at which weights vary least, of all laws that see only the "
    "text so far.",
    unverified="The figures are from the abstract.",
)
async def power_smc(run: RunContext, question: Question, p: PowerSmcParams) -> Answer:
    """Draw particles side by side at a low temperature and keep, token by token, what each should weigh.

    A low temperature sharpens every token by itself; the target is the whole text's probability raised to a power.
    The difference is a weight: a text whose next token is uncertain loses, one that knows how to go on gains. When a
    few particles have most of the weight, all are resampled: heavy ones are copied and go on separately, light ones
    end there. An ended text keeps its weight while others go on.

    The answer is the one with most weight at the end, or that of one particle drawn by its weight. First drafts at
    the same temperature show what the weights change.
    """
    run.doing("Drafting")
    await run.drafts(question)
    run.doing("Drawing particles")
    policy = Power(p.alpha, p.ramp, p.follow, Resampling(p.threshold, p.every))
    steered = await run.steer(question.prompt(), policy, p.particles, role="draft", label="particle", round=1)
    population = Population.of(steered)
    answer = await concluded(run, population, p.answer)
    await record(run, population, p.particles, LAWS, threshold=p.threshold, alpha=p.alpha)
    return replace(answer, note=" ".join(filter(None, [answer.note, restricted(p)])))
