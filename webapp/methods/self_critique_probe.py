"""Self-Critique: whether a model asked for another way keeps to one path, which is a sign of contamination."""

from __future__ import annotations

import asyncio

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from storage.records import Generation
from webapp.analysis.entropy_similarity import length_ratio, similarity, token_entropies
from webapp.engine.protocol import Prompt
from webapp.methods._common import asked, majority
from webapp.methods._shown import fitted
from webapp.methods.interface import Answer, CannotGoOn, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

INTRODUCE = "Here is one possible answer to this question. It may be wrong."
ANOTHER_WAY = (
    "Now answer the question by another way of reasoning: do not follow the steps above, but find a solution of a "
    "different kind."
)
HOW = (
    "cosine of the token entropies of both answers, the shorter padded with zeros, times the shorter length over the "
    "longer; relative evidence, to be compared with questions that the model cannot have seen"
)


class SelfCritiqueProbeParams(MethodParams):
    """How both answers are drawn."""

    temperature: float = Field(
        0.0, ge=0.0, le=5.0, title="Temperature", description="Of both answers. 0 is greedy, as in the paper."
    )
    stretch: int = Field(
        2, ge=1, le=8, title="Length of the second answer",
        description="Times as many tokens as the longest text (authors: 2).",
    )  # fmt: skip


@method(
    title="Self-Critique probe",
    family="probe",
    paper="2510.09259",
    needs={"generate", "top_k"},
    faithful="full",
    faithful_note="Two greedy answers, the request for another way in the same user turn as the question, the "
    "authors' similarity. The wording is ours. Entropies are those of the whole vocabulary (authors: of the 50 "
    "likeliest tokens, not normalised); where a server tells only the likeliest tokens they are lower bounds. A "
    "first answer that does not fit the context keeps its end. Temperatures above 0 and several samples are ours.",
    takes_inputs=True,
    cost="2 n calls for n samples (1 is enough when greedy): at most (1 + k) n × longest text new tokens for a "
    "second answer of k times the length; the second prompt reads the first answer.",
    reported="AUC of telling seen from unseen questions, mean of AIME 2024, AIME 2025, K&K and SAT: "
    "Qwen2.5-7B-Instruct 0.70 (best other detector 0.59), DeepSeek-Math-7B-Instruct 0.64 (0.54).",
    unverified="The figures were read off a picture in the authors' repository. That greedy answers are the best "
    "combination is known to us from a third party's summary.",
)
async def self_critique_probe(run: RunContext, question: Question, p: SelfCritiqueProbeParams) -> Answer:
    """Answer greedily, show the model its answer, ask for a different way to reason, and compare the hesitation.

    A question that was used in training by reinforcement leaves the model with a single path: even when it is told
    to reason differently, its token entropies hardly change. The score is how alike the entropies of both answers
    are; high means suspicious. The first answer is the run's answer: the probe corrects nothing.

    This is relative evidence. It tells contaminated questions from clean ones with an AUC of 0.6 to 0.8, needs clean
    questions to compare with, and short answers inflate it.
    """
    run.doing("Answering")
    drafts = await run.drafts(question)
    run.doing("Answering another way")
    values = await asyncio.gather(*(_probe(run, question, p, draft) for draft in drafts))
    answer = await majority(run, drafts)
    return Answer(answer.value, answer.chosen, answer.votes, f"{_summary(values)} {answer.note}".strip())


async def _probe(run: RunContext, question: Question, p: SelfCritiqueProbeParams, draft: Generation) -> float | None:
    longest = p.stretch * p.max_tokens
    prompt, cut_to = await fitted(run, [draft.text], longest, lambda texts: another_way(question, texts[0]))
    second = await run.sample(
        prompt, role="revision", label="another-way", branch=draft.branch, round=1, parents=[draft],
        max_tokens=longest,
    )  # fmt: skip
    a, b = _entropies(run, draft), _entropies(run, second)
    value = similarity(a, b)
    await run.record_score(
        "entropy_similarity", value, how=HOW,
        details={
            "first": a.tolist(), "second": b.tolist(), "similarity": value, "length_ratio": length_ratio(a, b),
            "branch": draft.branch, "texts": [draft.id, second.id], "cut_to": cut_to,
            "lower_bound": any(run.trace(text).entropy_is_lower_bound for text in (draft, second)),
        },
    )  # fmt: skip
    return value


def another_way(question: Question, answer: str) -> Prompt:
    """Return the request for a different solution, in one user turn with the question and the first answer."""
    parts = (question.stated(), INTRODUCE, answer.strip(), asked(question, ANOTHER_WAY))
    return Prompt.user("\n\n".join(parts))


def _entropies(run: RunContext, text: Generation) -> NDArray[np.float64]:
    # A text that was taken over without a token trace has no summary of one either.
    found = None if text.summary is None else token_entropies(run.trace(text))
    if found is None:
        raise CannotGoOn(
            f"The token entropies of sample {text.branch + 1} are not known, so there is nothing to compare. Draw "
            "the answers with a model that tells them."
        )
    return found


def _summary(values: list[float | None]) -> str:
    known = [f"{value:.3f}" for value in values if value is not None]
    return f"Similarity of the entropies: {', '.join(known)} (relative evidence)." if known else ""
