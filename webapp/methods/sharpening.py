"""Sharpening: of several samples, return the one with the best self-reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal, TypeAlias

from pydantic import Field

from storage.records import Generation, Vote
from storage.trace import TokenTrace
from webapp.analysis import confidence
from webapp.analysis.sharpening import get_shorter, pick_lengths
from webapp.methods._common import tallied
from webapp.methods._signals import known, record_each
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Reward: TypeAlias = Literal["sum_logprob", "mean_logprob", "answer_frequency"]

HOW: dict[Reward, str] = {
    "sum_logprob": "ln p(text | question) at temperature 1, the sum over its tokens",
    "mean_logprob": "mean log-probability of the tokens at temperature 1",
    "answer_frequency": "share of the samples that give the same answer; 0 where none is stated",
}
LENGTH = "tokens of the pick / mean tokens of a sample; below 1 the reward took a shorter one than usual"


class SharpeningParams(MethodParams):
    """How many samples there are, and what is rewarded."""

    samples: int = Field(8, ge=1, le=64, title="Samples", description="Answers that are drawn (paper: up to 50).")
    temperature: float = Field(
        1.0, ge=0.0, le=5.0, title="Temperature", description="Paper: 1, the model as it is. 0 is greedy."
    )
    reward: Reward = Field(
        "sum_logprob", title="Self-reward",
        description="sum_logprob: the probability of the whole text. mean_logprob: per token. answer_frequency: how "
        "many samples agree.",
    )  # fmt: skip


@method(
    title="Sharpening (best of N)",
    family="sample",
    paper="2412.01951",
    needs={"generate", "top_k"},
    faithful="variant",
    faithful_note="The inference-time version with the paper's three self-rewards; its trained versions are not "
    "here. The warning about shorter picks is ours.",
    takes_inputs=True,
    cost="n calls: n samples of at most the longest text; rewards are those recorded while they were drawn.",
    reported="Best of N by likelihood beats plain sampling for every model and task of the paper; per token or by "
    "agreement the gains are usually larger. It can get worse with N for weak models (Llama-3.2-3B), or where short "
    "answers win (gpt-3.5-turbo-instruct on GSM8K).",
    unverified="The reported findings are known to us from a third party's summary.",
)
async def sharpening(run: RunContext, question: Question, p: SharpeningParams) -> Answer:
    """Draw several answers and keep the one that the model itself rates highest, by a reward it computes anyway.

    The reward is the probability of the text, the same per token, or how many samples agree with its answer; of
    equal ones the earliest is kept. All three are recorded for every sample, with what each would have picked, so
    one run compares them. The method moves towards the model's own mode, whether that is right or not.

    The probability of a whole text falls with every token, so it favours short ones: where the expected pick gets
    shorter with every further sample, the run says so.
    """
    run.doing("Sampling")
    drafts = await run.drafts(question)
    run.doing("Rating")
    answers, counted = await tallied(run, drafts)
    rewards: dict[Reward, list[float]] = {
        "sum_logprob": known(run, drafts, confidence.sum_logprob, "log-probability"),
        "mean_logprob": known(run, drafts, confidence.mean_logprob, "log-probability"),
        "answer_frequency": frequencies(drafts, counted),
    }
    for name, values in rewards.items():
        await record_each(run, name, drafts, values, HOW[name])
    picks = {name: drafts[values.index(max(values))] for name, values in rewards.items()}
    lengths = [len(run.trace(draft)) for draft in drafts]
    expected = {name: pick_lengths(values, lengths) for name, values in rewards.items()}
    chosen = picks[p.reward]
    await run.record_score(
        "pick_length", lengths[drafts.index(chosen)] / fmean(lengths), how=LENGTH,
        details={
            "reward": p.reward, "picks": {name: pick.branch for name, pick in picks.items()}, "expected": expected,
            "shorter": {name: get_shorter(curve) for name, curve in expected.items()},
        },
    )  # fmt: skip
    notes = [_cut_short(run, drafts), _shorter(expected[p.reward]), _others(p.reward, picks, answers)]
    return Answer(answers[chosen.branch], chosen, note=" ".join(filter(None, notes)))


def frequencies(drafts: Sequence[Generation], counted: Sequence[Vote]) -> list[float]:
    """Return for each sample the share of all samples that give its answer."""
    share = {branch: len(vote.branches) / len(drafts) for vote in counted for branch in vote.branches}
    return [share.get(draft.branch, 0.0) for draft in drafts]


def _cut_short(run: RunContext, drafts: Sequence[Generation]) -> str:
    """Say how many samples did not end by themselves: what is known of their probability lacks the end."""
    cut = sum(_is_cut(draft, run.trace(draft)) for draft in drafts)
    return (
        f"{cut} of {len(drafts)} samples were cut at the longest text, so their probability lacks the end."
        if cut
        else ""
    )


def _is_cut(draft: Generation, trace: TokenTrace) -> bool:
    # A sample that was taken over does not say any more why it ended, an imported one not how long it could be.
    longest = draft.sampling.get("max_tokens")
    return longest is not None and len(trace) >= longest and int(trace.ids[-1]) not in trace.special


def _shorter(curve: Sequence[float]) -> str:
    if not get_shorter(curve):
        return ""
    return (
        f"Picks get shorter with more samples: {curve[0]:.0f} tokens expected of one, {curve[-1]:.0f} of the best of "
        f"{len(curve)}. This reward may favour short answers."
    )


def _others(reward: Reward, picks: Mapping[Reward, Generation], answers: Mapping[int, str | None]) -> str:
    """Return what the other rewards would have picked; nothing where there was nothing to choose."""
    if len(answers) == 1:
        return ""
    return " ".join(
        f"By {name.replace('_', ' ')}: sample {pick.branch + 1} ({answers[pick.branch] or 'no answer'})."
        for name, pick in picks.items()
        if name != reward
    )
