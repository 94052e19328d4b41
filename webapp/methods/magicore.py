"""MAgICoRe: vote on easy problems, and send the chains of hard ones through a reviewer and a refiner."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import fsum
from statistics import fmean
from typing import Any

from pydantic import Field

from storage.records import Generation, Vote
from webapp.analysis.routing import Route, Thresholds, route
from webapp.analysis.vote import weighed
from webapp.engine.protocol import Prompt
from webapp.methods._chains import Chain, grouped, scored
from webapp.methods._common import Example, asked, few_shot
from webapp.methods._self_score import LETTERS, OUTCOME, Asking
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

STEP = Asking(
    "Question: {question}\n\nBeginning of a solution:\n{solution}\n\nIs its last step right?\n(A) Yes\n(B) No",
    "The last step is right: (", LETTERS,
)  # fmt: skip
SCORED = "{step} (Score: {tenths}/10)"
REVIEW = (
    "Every step has a score from 0 (wrong) to 10 (right). Look at the steps with a score below 6: say what is wrong "
    "with them and how it can be mended. Explain only; do not write a new solution."
)
REVIEWED = "Question: {question}\n\nSolution:\n{solution}\n\n{review}"
REFINE = "Write a better solution that mends the mistakes named in the review."
REFINED = "Question: {question}\n\nSolution:\n{solution}\n\nReview:\n{review}\n\n{refine}"

# One worked example of our own for each of the two.
PENCILS = "Tom has 3 boxes of 6 pencils and gives 4 pencils away. How many pencils are left?"
WRONG = "He has 3 + 6 = 9 pencils. (Score: 2/10)\n9 - 4 = 5. (Score: 5/10)\nAnswer: 5 (Score: 1/10)"
MISTAKE = (
    "The first step adds boxes to pencils. There are 3 boxes with 6 pencils in each, so their numbers must be "
    "multiplied; the second step must then take 4 from that product."
)
MENDED = "3 boxes of 6 pencils are 3 * 6 = 18 pencils.\n18 - 4 = 14.\nAnswer: 14"
REVIEWER: Example = (REVIEWED.format(question=PENCILS, solution=WRONG, review=REVIEW), MISTAKE)
REFINER: Example = (REFINED.format(question=PENCILS, solution=WRONG, review=MISTAKE, refine=REFINE), MENDED)

ROUTED = "1: hard (quality and confidence both low), 0: easy; of the first chains"
POOLED = "mean reward, outcome score + product of step scores, of the chains that vote in the end"
VOTED = "share of the winning answer in the weighted vote in the end"


class MagicoreParams(MethodParams):
    """How many chains there are, what makes a problem hard, and how often it is refined."""

    samples: int = Field(8, ge=1, le=64, title="Chains", description="First answers, all scored (paper: 40).")
    temperature: float = Field(0.8, ge=0.0, le=5.0, title="Temperature", description="Paper: 0.8. 0 is greedy.")
    top_p: float = Field(0.95, gt=0.0, le=1.0, title="Top-p", description="Paper: 0.95.")
    rounds: int = Field(3, ge=1, le=6, title="Most rounds", description="Refinements of a hard problem (paper: 3).")
    mean: float = Field(
        0.99, ge=0.0, le=2.0, title="Usual reward",
        description="Mean reward of first chains. The paper takes it over its data set; for one question it must be "
        "given. 0.99 was measured with the embedded model on the 37 starter problems; another model has another.",
    )  # fmt: skip
    deviation: float = Field(
        0.27, gt=0.0, le=2.0, title="Its deviation",
        description="Standard deviation of those rewards, measured with them.",
    )  # fmt: skip
    quality_below: float = Field(
        0.0, ge=-10.0, le=10.0, title="Low quality below",
        description="Standard deviations from the usual reward, the mean over the majority's chains (paper: 0).",
    )  # fmt: skip
    confidence_below: float = Field(
        0.5, ge=0.0, le=1.0, title="Low confidence below",
        description="2 (1 - sigmoid(H)), H the entropy of the answers by either score (paper: 0.5, so H above ln 3).",
    )  # fmt: skip
    most_steps: int = Field(
        12,
        ge=1,
        le=64,
        title="Most steps",
        description="Steps that are scored; the last one holds what follows. Ours.",
    )
    as_in_code: bool = Field(
        False, title="As in the authors' code",
        description="The first majority stays the one whose quality counts, and a problem that has become easy is "
        "answered by its first chains.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Round:
    """The newest chains with their route, the pool that votes, and its weighted vote (branches: places in it)."""

    chains: Sequence[Chain]
    route: Route
    majority: str | None
    pool: Sequence[Chain]
    votes: Sequence[Vote]


@method(
    title="MAgICoRe",
    family="revise",
    paper="2409.12147",
    needs={"generate", "choose", "continue"},
    faithful="prompted emulation",
    faithful_note="The paper scores chains with two trained reward models; here the model scores itself, by the odds "
    "of yes and no about the whole and about each step: a self-scored emulation. Routing, reviewer, refiner, pool "
    "and vote are the authors'. The usual reward and its deviation come from a data set there; for a single question "
    "they are settings here, stored values that were measured with the embedded model. Steps are numbered lines, "
    "lines or sentences (first drafts are those of all methods, not asked for 'Step 1:'); no least length is set "
    "for refined texts; chains without an answer are left out of the entropies, where the authors' code counts them "
    "as one more answer.",
    takes_inputs=True,
    cost="Easy: n chains, and a question about each and each of its s steps that generates nothing. Hard: 2 n more "
    "texts and n (1 + s) more questions a round, up to R rounds.",
    reported="Llama-3-8B and GPT-3.5 on five maths sets (GSM8K, MATH, MMLU, SAT, SVAMP), with trained reward models: "
    "one round is 3.4 points above self-consistency, 3.2 above best-of-k and 4.0 above Self-Refine, with fewer than "
    "half the samples.",
    unverified="The table for each data set. The usual reward and its deviation here are ours, as is every number "
    "that rests on self-scores.",
)
async def magicore(run: RunContext, question: Question, p: MagicoreParams) -> Answer:
    """Score many chains, answer easy problems by a weighted vote, and refine all chains of hard ones.

    A problem is hard if the majority's chains are worse than usual and the answers are spread, both at once. Then
    every chain is reviewed with the scores of its steps in view, rewritten by the review, and scored again. The best
    of old and new chains, as many as there were, vote with their rewards. It goes on while the newest chains are
    still hard, for a few rounds.

    Where the rewards are self-scores, a model that finds its mistakes convincing routes and votes by them.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    run.doing("Scoring")
    chains = await scored(run, question, drafts, OUTCOME, STEP, p.most_steps)
    rounds = [await asyncio.to_thread(_judged, run, p, chains, chains, None)]
    while rounds[-1].route.hard and len(rounds) <= p.rounds:
        run.doing(f"Refining, round {len(rounds)}")
        refined = await _refined(run, question, chains, len(rounds))
        chains = await scored(run, question, refined, OUTCOME, STEP, p.most_steps)
        pool = sorted([*rounds[-1].chains, *chains], key=lambda chain: -chain.reward)[: len(drafts)]
        first = rounds[0].majority if p.as_in_code else None
        rounds.append(await asyncio.to_thread(_judged, run, p, chains, pool, first))
    # in the authors' code a problem that becomes easy with rounds to spare goes back to its first chains
    reset = p.as_in_code and len(rounds) <= p.rounds
    decisive = rounds[0] if reset else rounds[-1]
    await _record(run, p, rounds, decisive)
    return _concluded(rounds, decisive)


def reviewing(question: Question, solution: str) -> Prompt:
    """Return the reviewer's request: a solution with the score of each step, after a worked example."""
    return few_shot((REVIEWER,), REVIEWED.format(question=question.stated(), solution=solution, review=REVIEW))


def refining(question: Question, solution: str, review: str) -> Prompt:
    """Return the refiner's request: the scored solution and its review, after a worked example."""
    request = REFINED.format(
        question=question.stated(), solution=solution, review=review.strip(), refine=asked(question, REFINE)
    )
    return few_shot((REFINER,), request)


async def _refined(run: RunContext, question: Question, chains: Sequence[Chain], number: int) -> list[Generation]:
    """Review and rewrite every chain, each in conversations of its own."""

    async def refine(chain: Chain) -> Generation:
        branch = chain.text.branch
        review = await run.sample(
            reviewing(question, chain.shown(SCORED)),
            role="critique", label=f"review-{number}", branch=branch, round=number, parents=[chain.text],
        )  # fmt: skip
        return await run.sample(
            refining(question, chain.shown(SCORED), review.text),
            role="revision", label=f"refinement-{number}", branch=branch, round=number, parents=[chain.text, review],
        )  # fmt: skip

    return list(await asyncio.gather(*(refine(chain) for chain in chains)))


def _judged(
    run: RunContext, p: MagicoreParams, chains: Sequence[Chain], pool: Sequence[Chain], first: str | None
) -> Round:
    """Route the newest chains and let the pool vote with its rewards; `first` is the majority that counts, if any."""
    groups = grouped(run, chains)
    majority = groups[0].answer if first is None and groups else first
    of_majority = chains if majority is None else [
        chains[place]
        for group in groups if group.answer == majority or run.same(group.answer, majority)
        for place in group.branches
    ]  # fmt: skip
    routed = route(
        [chain.reward for chain in of_majority],
        [fsum(chains[place].outcome for place in group.branches) for group in groups],
        [fsum(chains[place].process for place in group.branches) for group in groups],
        Thresholds(p.mean, p.deviation, p.quality_below, p.confidence_below),
    )
    rewards = {place: chain.reward for place, chain in enumerate(pool)}
    return Round(chains, routed, majority, pool, weighed(grouped(run, pool), rewards))


def _concluded(rounds: Sequence[Round], decisive: Round) -> Answer:
    """Return the weighted vote of a round's pool; where no chain states an answer, the chain with the best reward."""
    winner = next((vote for vote in decisive.votes if vote.winner), None)
    giving = decisive.pool if winner is None else [decisive.pool[place] for place in winner.branches]
    chosen = max(giving, key=lambda chain: chain.reward)
    votes = tuple(
        replace(vote, branches=tuple(dict.fromkeys(decisive.pool[place].text.branch for place in vote.branches)))
        for vote in decisive.votes
    )
    return Answer(None if winner is None else winner.answer, chosen.text, votes, _told(rounds, decisive))


def _told(rounds: Sequence[Round], decisive: Round) -> str:
    refined = len(rounds) - 1
    notes = ["Easy: answered by the weighted vote."]
    if rounds[0].route.hard:
        notes = [f"Hard: refined {refined} {'time' if refined == 1 else 'times'}."]
    if missing := sum(chain.answer is None for chain in decisive.pool):
        notes.append(f"{missing} of {len(decisive.pool)} chains state no answer and vote for none.")
    if refined and decisive is rounds[0]:
        notes.append("It became easy, so its first chains answer, as in the authors' code.")
    if rounds[0].majority is not None and len(rounds[0].chains) > 1:
        notes.append(f"Plain majority: {rounds[0].majority}.")
    return " ".join(notes)


async def _record(run: RunContext, p: MagicoreParams, rounds: Sequence[Round], decisive: Round) -> None:
    limits = {
        "mean": p.mean, "deviation": p.deviation, "quality_below": p.quality_below,
        "confidence_below": p.confidence_below,
    }  # fmt: skip
    routes = [{**asdict(each.route), "hard": each.route.hard, "majority": each.majority} for each in rounds]
    await run.record_score(
        "routing", float(rounds[0].route.hard), how=ROUTED, details={"limits": limits, "rounds": routes}
    )
    made = {"rounds": [_ids(each.chains) for each in rounds], "voting": _ids(decisive.pool)}
    mean = fmean(chain.reward for chain in decisive.pool)
    await run.record_score("chain_rewards", mean, how=POOLED, details=made)
    votes = [[_vote(vote) for vote in each.votes] for each in rounds]
    total = fsum(vote.weight for vote in decisive.votes)
    share = decisive.votes[0].weight / total if total else None
    await run.record_score(
        "weighted_vote", share, how=VOTED, details={"rounds": votes, "decisive": rounds.index(decisive)}
    )


def _vote(vote: Vote) -> dict[str, Any]:
    return {"answer": vote.answer, "weight": vote.weight, "chains": len(vote.branches)}


def _ids(chains: Sequence[Chain]) -> list[str]:
    return [chain.text.id for chain in chains]
