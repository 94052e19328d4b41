"""Decoding rules: the same samples, drawn with the same noise under one truncation rule after another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from pydantic import Field

from storage.records import Generation, Vote
from webapp.analysis.kept import kept_of
from webapp.methods._common import decided, tallied
from webapp.methods.interface import Answer, MethodParams, RunContext, Truncation
from webapp.methods.registry import method
from webapp.tasks.question import Question

OWN_SETTINGS = "own settings"
TOP_H = "top-H"
AGREE = "share of the rules, the run's own settings among them, whose vote gives the run's answer"
DRAWN_ALONG = 400  # tokens of each rule's first sample whose numbers of candidates are kept for the chart


class DecodingRulesParams(MethodParams):
    """How much each rule keeps. A rule is left out where it would keep everything."""

    temperature: float = Field(
        1.0, gt=0.0, le=5.0, title="Temperature", description="Of all texts (paper: 1, 1.5 and 2)."
    )
    alpha: float = Field(
        0.4, gt=0.0, lt=1.0, title="Top-H, alpha", description="Of the rule that gives the run's answer (paper: 0.4)."
    )
    repo: bool = Field(
        True, title="Top-H as in the authors' code", description="Whether to draw by what their code computes, too."
    )
    nucleus: float = Field(0.9, gt=0.0, le=1.0, title="Top-p rule", description="Paper: 0.9. 1 leaves it out.")
    base: float = Field(0.1, ge=0.0, le=1.0, title="Min-p rule", description="Paper: 0.1. 0 leaves it out.")
    most: int = Field(
        20, ge=0, le=100_000, title="Top-k rule", description="Paper: the best of 10, 20 and 50. 0 leaves it out.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    epsilon: float = Field(0.0002, ge=0.0, lt=1.0, title="Eta rule", description="Paper: 0.0002. 0 leaves it out.")


class Rule(NamedTuple):
    """A rule by its name, and which tokens it allows."""

    name: str
    allows: Truncation


@dataclass(frozen=True, slots=True)
class Drawn:
    """The texts of one rule, with the answer of each branch and how often each was given."""

    rule: str
    texts: Sequence[Generation]
    answers: dict[int, str | None]
    votes: Sequence[Vote]

    @property
    def answer(self) -> str | None:
        """What the rule's texts say by majority."""
        return next((vote.answer for vote in self.votes if vote.winner), None)


@method(
    title="Decoding rules",
    family="decode",
    paper="2509.02510",
    needs={"generate", "full_vocabulary"},
    faithful="full",
    faithful_note="Top-H as in the paper's algorithm 1: the entropy of the whole vocabulary at the sampling "
    "temperature bounds that of the kept tokens, renormalised. What the authors' code computes (sums over the first "
    "100 tokens, not renormalised) is a rule of its own. No other truncation comes after a rule. Drawing all rules "
    "from the same noise, and voting within each, are ours.",
    cost="n (1 + r) texts for r rules (6 unless some are left out): at most n (1 + r) L new tokens for texts of at "
    "most L, and the question is read for each text by a rule.",
    reported="GSM8K, 8-shot, min-p / top-p / top-H in %: Llama-3.1-8B at T = 1 48.90 / 67.93 / 76.35, at T = 2 13.72 "
    "/ 2.65 / 39.35; Qwen2.5-3B 72.40 / 71.27 / 75.97 and 49.43 / 9.10 / 55.57; Phi-3-mini at T = 2 60.88 / 7.73 / "
    "60.20.",
    unverified="Which top-k of 10, 20 and 50 was best where: 20 is our choice. The paper's 8 worked examples are not "
    "shown to the model here.",
)
async def decoding_rules(run: RunContext, question: Question, p: DecodingRulesParams) -> Answer:
    """Draw samples by the run's own settings, then the same samples under each truncation rule, and vote per rule.

    Every rule keeps the most probable tokens and drops the others; they differ in how many. Top-H keeps the largest
    set whose entropy is at most alpha times that of all tokens, so that it loosens where the model is unsure. Eta
    drops what is less probable than a threshold that falls with the entropy, min-p what is less than a share of the
    most probable token, top-p and top-k what comes after a mass or a number.

    A sample has the same noise under every rule, so where texts part the rules made the difference. The majority of
    the samples by top-H is the run's answer; the majority of every other rule stands beside it, with how many tokens
    it kept and how much of their mass. What a rule keeps at a single token is shown by a click on that token.
    """
    run.doing("Drawing by the run's own settings")
    drafts = await run.drafts(question)
    run.doing("Drawing by each rule")
    texts = await asyncio.gather(
        *(_by(run, question, p, rule, drafts, len(drafts) * number) for number, rule in enumerate(rules(p), start=1))
    )
    names = [OWN_SETTINGS, *(rule.name for rule in rules(p))]
    drawn = [Drawn(name, each, *await tallied(run, each)) for name, each in zip(names, [drafts, *texts], strict=True)]
    top_h = drawn[1]
    answer = decided(top_h.texts, top_h.answers, top_h.votes)
    await _record(run, p, drawn, answer.value)
    return answer


def rules(p: DecodingRulesParams) -> list[Rule]:
    """Return the rules that drop something, top-H first."""
    listed = [
        (True, Rule(f"{TOP_H} {p.alpha:g}", Truncation(top_h=p.alpha))),
        (p.repo, Rule(f"{TOP_H} by code {p.alpha:g}", Truncation(top_h=p.alpha, top_h_variant="repo"))),
        (p.nucleus < 1, Rule(f"top-p {p.nucleus:g}", Truncation(top_p=p.nucleus))),
        (p.base > 0, Rule(f"min-p {p.base:g}", Truncation(min_p=p.base))),
        (p.most > 0, Rule(f"top-k {p.most}", Truncation(top_k=p.most))),
        (p.epsilon > 0, Rule(f"eta {p.epsilon:g}", Truncation(eta=p.epsilon))),
    ]
    return [rule for drops, rule in listed if drops]


async def _by(
    run: RunContext,
    question: Question,
    p: DecodingRulesParams,
    rule: Rule,
    drafts: Sequence[Generation],
    first: int,
) -> list[Generation]:
    """Draw every draft again by a rule, with its noise; branches and round say that these are no first attempts."""
    return await asyncio.gather(*(
        run.sample(
            question.prompt(), role="draft", label=rule.name, branch=first + i, round=1, truncation=rule.allows,
            noise_of=draft, temperature_grid=(p.temperature,),
        )
        for i, draft in enumerate(drafts)
    ))  # fmt: skip


async def _record(run: RunContext, p: DecodingRulesParams, drawn: Sequence[Drawn], answer: str | None) -> None:
    details = {"rules": [_told(run, p, each) for each in drawn]}
    value = None if answer is None else await asyncio.to_thread(_agreement, run, drawn, answer)
    await run.record_score("rules_agree", value, how=AGREE, details=details)


def _agreement(run: RunContext, drawn: Sequence[Drawn], answer: str) -> float:
    return sum(each.answer is not None and run.same(each.answer, answer) for each in drawn) / len(drawn)


def _told(run: RunContext, p: DecodingRulesParams, drawn: Drawn) -> dict[str, Any]:
    """Return what is shown of a rule; its kept tokens are means over all tokens of its texts."""
    traces = [run.trace(text) for text in drawn.texts]
    along = traces[0].candidates
    winner = next((vote for vote in drawn.votes if vote.winner), None)
    return {
        "rule": drawn.rule, "branches": [text.branch for text in drawn.texts], "answer": drawn.answer,
        "agreeing": 0 if winner is None else len(winner.branches),
        "missing": sum(answer is None for answer in drawn.answers.values()),
        **asdict(kept_of(traces, p.temperature)),
        "along": None if along is None else along[:DRAWN_ALONG].tolist(),
    }  # fmt: skip
