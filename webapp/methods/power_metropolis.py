"""Power sampling by Metropolis-Hastings: rewrite the end of a text again and again, and keep what p^alpha prefers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.analysis.metropolis import Path, climbing, exact, probability, truncating
from webapp.methods._common import majority
from webapp.methods._power import path_of, restricted
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Variant: TypeAlias = Literal["exact", "authors", "climb"]

RATE = "share of the proposals that were taken, all chains together"
ACCEPTANCE = "min(1, r): how probably the chain took this proposal"


class PowerMetropolisParams(MethodParams):
    """The target, the proposals, and how many of them there are."""

    samples: int = Field(1, ge=1, le=64, title="Chains", description="Each starts from a first draft of its own.")
    temperature: float = Field(
        0.25, gt=0.0, le=5.0, title="Temperature",
        description="Of first drafts and proposals: 1 / alpha in the paper (0.5 for AlpacaEval). Any other is "
        "corrected for, but fewer proposals are taken.",
    )  # fmt: skip
    alpha: float = Field(
        4.0, gt=0.0, le=64.0, title="Alpha", description="The target is p(text)^alpha. Paper: 4; 1 is the model."
    )
    blocks: int = Field(
        4, ge=1, le=64, title="Blocks",
        description="Stages in which the text gets longer, each with its own proposals (authors: 16 of 192 tokens).",
    )  # fmt: skip
    moves: int = Field(5, ge=1, le=200, title="Proposals a block", description="Authors: 10.")
    variant: Variant = Field(
        "exact", title="Variant",
        description="exact: the target is kept for texts of any length. authors: their code, which cuts both ends to "
        "the shorter one and stops at the first end of text; it is only about right. climb: alpha without bound, a "
        "likelier end is always taken and no other.",
    )  # fmt: skip


@method(
    title="Power sampling (Metropolis-Hastings)",
    family="decode",
    paper="2510.14901",
    needs={"generate", "continue", "full_vocabulary"},
    faithful="full",
    faithful_note="The authors' code cuts the old end to the length of the new one before comparing, and stops as "
    "soon as a text has ended; then the target is not kept. Here that is a variant. By default whole ends are "
    "compared, the odds take into account that a longer text has more places to start from, and a text that ended "
    "early still gets the proposals of the last block, which may be longer. The first block is the beginning of the "
    "first draft. Blocks and proposals are fewer than the authors' by default.",
    cost="At most n b (1 + m) calls for n chains, b blocks and m proposals in each: about n T (2 - 1 / b + m (b + 1) "
    "/ 4) tokens for texts of T tokens. A first draft is whole, but the chain begins with its first block alone, and "
    "a proposal rewrites half of what is there on average.",
    reported="MATH500, HumanEval, GPQA in % and AlpacaEval 2, of the model / at low temperature / by power sampling "
    "/ trained by GRPO. Qwen2.5-Math-7B: 49.6, 32.9, 27.8, 1.61 / 69.0, 51.2, 35.3, 2.09 / 74.8, 57.3, 38.9, 2.88 / "
    "78.5, 53.7, 39.9, 2.38. Qwen2.5-7B: 49.8, 32.9, 27.8, 7.05 / 62.8, 52.4, 30.3, 5.29 / 70.6, 62.2, 31.8, 8.59 / "
    "74.0, 56.1, 35.4, 7.62. Phi-3.5-mini: 40.0, 21.3, 27.3, 14.82 / 47.8, 58.5, 29.3, 18.15 / 50.8, 73.2, 36.4, "
    "17.65 / 40.6, 13.4, 35.9, 16.74.",
    unverified="The figures are from an index of the paper's text. How many proposals a text of a given length needs "
    "before the chain has forgotten where it began is not known; the trace of the log-likelihood is what there is.",
)
async def power_metropolis(run: RunContext, question: Question, p: PowerMetropolisParams) -> Answer:
    """Sample from the model's distribution raised to a power over whole texts, by proposing new endings.

    A place in the current text is drawn at random and everything after it is written anew at a low temperature. The
    new text is taken with the Metropolis-Hastings probability, so that in the long run texts appear as often as
    p(text)^alpha says. That is not what a low temperature does: it sharpens every token by itself, and so overrates
    beginnings after which nothing is likely.

    Texts grow block by block. Every proposal is kept, taken or not; the last text of each chain is its answer, beside
    the first draft at the same temperature. Several chains vote.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    chains = await asyncio.gather(*(_walked(run, p, draft) for draft in drafts))
    last = await asyncio.gather(*(chain.settled() for chain in chains))
    await _record(run, p, chains)
    answer = await majority(run, last)
    moves = [move for chain in chains for move in chain.moves]
    notes = [f"{sum(m['taken'] for m in moves)} of {len(moves)} proposals were taken.", restricted(p), answer.note]
    return replace(answer, note=" ".join(filter(None, notes)))


async def _walked(run: RunContext, p: PowerMetropolisParams, draft: Generation) -> Chain:
    """Grow a text block by block; one that has ended goes straight to the last block, or nowhere (authors)."""
    limits = [max(1, round(p.max_tokens * (block + 1) / p.blocks)) for block in range(p.blocks)]
    chain = Chain(run, p, draft, draft, min(limits[0], len(run.trace(draft))))
    for limit in limits[:-1]:
        if not chain.ended:
            await chain.block(limit)
    if not (p.variant == "authors" and chain.ended and chain.moves):
        await chain.block(limits[-1])
    return chain


@dataclass(slots=True)
class Chain:
    """One text on its way: the first `length` tokens of `text`, and what became of every proposal."""

    run: RunContext
    p: PowerMetropolisParams
    draft: Generation
    text: Generation
    length: int
    drawn: int = 0
    moves: list[dict[str, Any]] = field(default_factory=list)
    began: float = 0.0  # the log-likelihood of what it started from

    def __post_init__(self) -> None:
        self.began = self.path.likelihood

    @property
    def ended(self) -> bool:
        """Whether the model has ended the current text, or a stop string of its format has."""
        return self.text.finish_reason in ("eos", "stop") and self.length == len(self.run.trace(self.text))

    @property
    def path(self) -> Path:
        """The current text in log-probabilities."""
        return path_of(self.run.trace(self.text), self.length)

    async def block(self, limit: int) -> None:
        """Go on to the limit unless the text has ended, then make the proposals of one block."""
        if not self.ended and self.length < limit:
            self.text = await self._drawn_from(self.length, limit)
            self.length = len(self.run.trace(self.text))
        for _ in range(self.p.moves):
            await self.move(limit)

    async def move(self, limit: int) -> None:
        """Propose another end and take it or leave it (Metropolis-Hastings)."""
        current, branch, number = self.path, self.draft.branch, len(self.moves)
        start = int(self.run.chance("place", branch=branch, number=number) * len(current))
        proposed = await self._drawn_from(start, len(current) if self.p.variant == "authors" else limit)
        proposal = path_of(self.run.trace(proposed))
        odds = probability(self._log_r(current, proposal, start))
        taken = self.run.chance("take", branch=branch, number=number) < odds
        if taken:
            self.text, self.length = proposed, len(proposal)
        await self.run.record_score("acceptance", odds, how=ACCEPTANCE, about=proposed)
        self.moves.append(
            {
                "generation": proposed.id, "limit": limit, "start": start, "length": len(proposal), "odds": odds,
                "taken": taken, "proposed": proposal.likelihood, "current": self.path.likelihood,
            }
        )  # fmt: skip

    async def settled(self) -> Generation:
        """Return the last text as the chain's answer, beside its first draft."""
        return await self.run.restate(
            self.text, role="revision", label="last", round=self.drawn + 1, parents=[self.draft]
        )

    def _log_r(self, current: Path, proposal: Path, start: int) -> float:
        match self.p.variant:
            case "exact":
                return exact(self.p.alpha, current, proposal, start)
            case "authors":
                return truncating(self.p.alpha, current, proposal, start)
            case "climb":
                return climbing(current, proposal, start)

    async def _drawn_from(self, start: int, limit: int) -> Generation:
        self.drawn += 1
        self.run.doing(f"Chain {self.draft.branch + 1}: text {self.drawn}")
        kept = self.run.trace(self.text).ids[:start].tolist()
        return await self.run.continue_from(
            self.text, kept, role="search", label="proposal", branch=self.draft.branch, round=self.drawn,
            max_tokens=limit - start, redraw=self.drawn,
        )  # fmt: skip


async def _record(run: RunContext, p: PowerMetropolisParams, chains: Sequence[Chain]) -> None:
    moves = [move for chain in chains for move in chain.moves]
    walks = [{"branch": chain.draft.branch, "began": chain.began, "moves": chain.moves} for chain in chains]
    await run.record_score(
        "acceptance_rate", sum(move["taken"] for move in moves) / len(moves), how=RATE,
        details={"chains": walks, "alpha": p.alpha, "variant": p.variant},
    )  # fmt: skip
