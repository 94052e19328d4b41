"""RPC: sum the probabilities of the distinct paths to each answer, after pruning the improbable ones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from storage.records import Generation, Vote
from webapp.analysis import confidence
from webapp.analysis.rpc import Consistency, Pruning, consistency
from webapp.analysis.vote import weighed
from webapp.analysis.weibull import Mixture
from webapp.methods._common import decided, tallied
from webapp.methods._signals import by_branch, known, record_each
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

PATH = "x = exp(mean log-probability of the tokens at temperature 1)"
P_HIGH = "how probably x comes from the Weibull component with the larger mean"
WEIGHT = "x / sum of x over the distinct, kept samples with an answer; 0 for the others"
CONFIDENCE = "share of the winning answer in the summed probability of the distinct paths that were kept"


class RpcParams(MethodParams):
    """How many paths there are, and whether improbable ones are pruned."""

    samples: int = Field(16, ge=1, le=64, title="Samples", description="Paths that are drawn (paper: 64 to 128).")
    pruning: bool = Field(
        True, title="Prune", description="Without it this is perplexity consistency: every distinct path counts."
    )
    fewest: int = Field(
        8, ge=3, le=64, title="Fewest to prune",
        description="With fewer samples nothing is pruned: there is too little to fit. Our value, not the paper's.",
    )  # fmt: skip


@method(
    title="Perplexity consistency (RPC)",
    family="sample",
    paper="2510.15444",
    needs={"generate", "top_k"},
    faithful="full",
    faithful_note="As in the authors' code, the probability of a path is exp(mean token log-probability), where the "
    "paper writes p(path | question): products over whole texts vanish. Ours are the bounds on when to fit, the EM "
    "fit where L-BFGS-B fails, and that pruning is undone where it would leave no path with an answer.",
    takes_inputs=True,
    cost="n calls: n samples of at most the longest text; probabilities are those recorded while they were drawn.",
    reported="InternLM2-Math-Plus-7B, accuracy of the likeliest path / plain vote / RPC: with 64 samples MATH 46.99 "
    "/ 50.57 / 51.95; with 128 MathOdyssey 27.35 / 28.25 / 31.62, OlympiadBench 7.27 / 11.07 / 11.14, AIME 5.96 / "
    "9.40 / 9.74.",
    unverified="A third party reports almost no gain where the model is confident or few answers are possible.",
)
async def rpc(run: RunContext, question: Question, p: RpcParams) -> Answer:
    """Draw several answers and weigh each by how probable the model's own path to it was, improbable paths pruned.

    Every distinct text counts once, with its probability per token. Before that, a mixture of two Weibull
    distributions is fitted to the probabilities of this one question's samples: a path that rather belongs to the
    lower component, and is less probable than the mean, is dropped. An answer's share of what is left is its
    confidence; an answer whose paths are all dropped has none.

    Fitted components, dropped samples and every reason for not pruning are recorded.
    """
    run.doing("Sampling")
    drafts = await run.drafts(question)
    run.doing("Weighing paths")
    x = known(run, drafts, confidence.probability_per_token, "probability")
    answers, counted = await tallied(run, drafts)
    answered = [answers[draft.branch] is not None for draft in drafts]
    texts, least = [draft.text for draft in drafts], p.fewest if p.pruning else None
    weighing = await asyncio.to_thread(consistency, texts, x, answered, least)
    decision = decided(drafts, answers, counted, by_branch(drafts, weighing.pruned if counted else x))
    await _record(run, drafts, x, weighing)
    await run.record_score(
        "rpc_confidence", max((v.weight for v in decision.votes), default=None), how=CONFIDENCE,
        details=_details(drafts, x, answers, weighing) | {"answers": _answers(drafts, counted, weighing)},
    )  # fmt: skip
    return replace(decision, note=_note(drafts, x, answers, weighing.pruning, decision.note))


async def _record(run: RunContext, drafts: Sequence[Generation], x: Sequence[float], weighing: Consistency) -> None:
    await record_each(run, "path_probability", drafts, x, PATH)
    if weighing.pruning.p_high:
        await record_each(run, "p_high", drafts, weighing.pruning.p_high, P_HIGH)
    await record_each(run, "rpc_weight", drafts, weighing.pruned, WEIGHT)


def _details(
    drafts: Sequence[Generation], x: Sequence[float], answers: Mapping[int, str | None], weighing: Consistency
) -> dict[str, Any]:
    """Return the fit and what became of every path, as plain data."""
    pruning = weighing.pruning
    paths = [
        {
            "branch": draft.branch, "x": x[i], "answer": answers[draft.branch],
            "p_high": pruning.p_high[i] if pruning.p_high else None, "kept": pruning.kept[i],
            "copy_of": None if weighing.first[i] == i else drafts[weighing.first[i]].branch,
        }
        for i, draft in enumerate(drafts)
    ]  # fmt: skip
    return {
        "paths": paths, "mean": pruning.mean, "mixture": _mixture(pruning.mixture), "fitted_by": pruning.fitted_by,
        "not_pruned": pruning.skipped,
    }  # fmt: skip


def _mixture(mixture: Mixture | None) -> dict[str, Any] | None:
    if mixture is None:
        return None
    high, low = (
        {"weight": weight, "shape": part.shape, "scale": part.scale, "mean": part.mean}
        for weight, part in ((mixture.weight, mixture.first), (1 - mixture.weight, mixture.second))
    )
    return {"high": high, "low": low}


def _answers(drafts: Sequence[Generation], counted: Sequence[Vote], weighing: Consistency) -> list[dict[str, Any]]:
    """Return for every answer its share of the samples, and its confidence before and after pruning."""
    unpruned, pruned = (
        {vote.answer: vote.weight for vote in weighed(counted, by_branch(drafts, shares))}
        for shares in (weighing.unpruned, weighing.pruned)
    )
    return [
        {
            "answer": vote.answer, "branches": list(vote.branches), "sc": vote.weight / len(drafts),
            "pc": unpruned[vote.answer], "rpc": pruned[vote.answer],
        }
        for vote in counted
    ]  # fmt: skip


def _note(
    drafts: Sequence[Generation], x: Sequence[float], answers: Mapping[int, str | None], pruning: Pruning, voted: str
) -> str:
    if len(drafts) == 1:
        return ""
    dropped = pruning.kept.count(False)
    pruned = f"Nothing was pruned: {pruning.skipped}." if pruning.skipped else f"{dropped} of {len(drafts)} pruned."
    likeliest = answers[max(zip(x, drafts, strict=True), key=lambda pair: pair[0])[1].branch]
    return f"{pruned} {voted} The likeliest path says {likeliest or 'nothing that can be read'}."
