"""Self-consistency: sample several reasoned answers and take the one most of them reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from pydantic import Field, field_validator

from webapp.analysis import confidence
from webapp.engine.protocol import Capability
from webapp.methods._common import decided, majority, tallied
from webapp.methods._signals import by_branch, known, record_each
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Weight: TypeAlias = Literal["count", "probability", "self-certainty"]

LOGPROBS, DISTRIBUTIONS = frozenset[Capability]({"top_k"}), frozenset[Capability]({"full_vocabulary"})
HOTTEST = 5.0
MOST_TEMPERATURES = 8
BY_PROBABILITY = "exp(mean log-probability of the tokens at temperature 1): what the sample's answer gains"
BY_CERTAINTY = "mean over the tokens of KL(uniform || p), in nats: what the sample's answer gains"


class SelfConsistencyParams(MethodParams):
    """How many samples vote, and what their votes weigh."""

    samples: int = Field(5, ge=1, le=64, title="Samples", description="Answers that are drawn and vote.")
    weight: Weight = Field(
        "count", title="A vote weighs",
        description="count: one each. probability: the model's own probability of the sample, per token, so that "
        "long samples are not at a disadvantage. self-certainty: how far its distributions are from uniform ones.",
    )  # fmt: skip
    other_temperatures: str = Field(
        "", max_length=100, title="Other temperatures",
        description="Temperatures with commas, such as 0.5, 1, 1.2: numbers for these are kept with every token, "
        "from which the Compare page estimates the accuracy there. For that, sample from all tokens.",
    )  # fmt: skip

    @field_validator("other_temperatures")
    @classmethod
    def _readable(cls, given: str) -> str:
        temperatures(given)
        return given

    def demands(self) -> Mapping[str, frozenset[Capability]]:
        """Weights are read from what a model tells of every token."""
        match self.weight:
            case "count":
                return {}
            case "probability":
                return {"A vote by probability": LOGPROBS}
            case "self-certainty":
                return {"A vote by self-certainty": DISTRIBUTIONS}


def temperatures(given: str) -> tuple[float, ...]:
    """Return the temperatures that a text names, in rising order.

    Raises:
        ValueError: where a part of it is no temperature, or there are too many.

    """
    parts = [part.strip() for part in given.split(",") if part.strip()]
    try:
        found = tuple(sorted({float(part) for part in parts}))
    except ValueError:
        raise ValueError("Other temperatures are numbers with commas between them, such as 0.5, 1, 1.2.") from None
    if not all(0 < each <= HOTTEST for each in found):
        raise ValueError(f"Other temperatures lie above 0 and up to {HOTTEST:g}.")
    if len(found) > MOST_TEMPERATURES:
        raise ValueError(f"At most {MOST_TEMPERATURES} other temperatures are kept.")
    return found


@method(
    title="Sample and vote",
    family="sample",
    paper="2203.11171",
    needs={"generate"},
    faithful="full",
    faithful_note="The question is asked zero-shot; the paper mostly gives worked examples, and draws 40 samples. "
    "Of its weighted votes there is the one by length-normalised probability; the vote by the sum of self-certainty "
    "is a baseline of arXiv 2502.18581.",
    cost="n calls: n samples of at most the longest text; the question is read once.",
    reported="As a baseline in the self-certainty paper (arXiv 2502.18581, Table 1), Llama-3.1-8B-Instruct with 8 "
    "and 64 samples: GSM8K 89.42 and 90.99, MATH 58.60 and 63.40, CRUXEval-O 47.58 and 50.42 %; greedy 84.00, 47.96 "
    "and 39.88 %.",
    unverified="The paper's own numbers. From memory of its abstract, gains over greedy decoding with worked "
    "examples: GSM8K +17.9, SVAMP +11.0, AQuA +12.2, StrategyQA +6.4, ARC-challenge +3.9 points.",
)
async def self_consistency(run: RunContext, question: Question, p: SelfConsistencyParams) -> Answer:
    """Ask the same question several times and take the answer that comes up most often.

    Each sample is drawn on its own at the chosen temperature and may reason its own way; only the extracted answers
    vote, with answers that mean the same counted together. Ties are shown, and the earliest sample among the tied
    answers decides. A sample without a readable answer votes for none and is reported. Votes may weigh as much as
    the model was sure of the sample; then the heaviest answer wins, and what the plain majority says is noted.

    The paper prompts base models with worked examples and draws 40 samples. Here the question is asked zero-shot in
    the model's chat format.
    """
    run.doing("Sampling")
    drafts = await run.drafts(question, temperature_grid=temperatures(p.other_temperatures))
    match p.weight:
        case "count":
            return await majority(run, drafts)
        case "probability":
            measure, how = confidence.probability_per_token, BY_PROBABILITY
        case "self-certainty":
            measure, how = confidence.self_certainty, BY_CERTAINTY
    weights = known(run, drafts, measure, p.weight)
    await record_each(run, "vote_weight", drafts, weights, how)
    return decided(drafts, *await tallied(run, drafts), by_branch(drafts, weights))
