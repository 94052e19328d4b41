"""Soft thinking: until the answer begins, each step is a mixture of tokens instead of one that was drawn."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from storage.records import Generation
from storage.trace import TokenTrace
from webapp.engine.policies.settings import SoftThinking
from webapp.methods._common import majority, plain_majority
from webapp.methods.interface import Answer, MethodParams, RunContext, Steered
from webapp.methods.registry import method
from webapp.tasks.question import Question

END_OF_THINKING = "</think>"
ANSWER_LINE = "Answer:"  # where the answers that the question asks for begin
SOFT_STEPS = "steps that were thought as mixtures of tokens, before the answer was drawn token by token"
SAVED = "tokens of the plain text before its answer begins, less the soft steps of this text"
ENDS = {"marker": "the marker", "cold": "the cold stop", "longest": "their length", "end": "the end of the text"}


class SoftThinkingParams(MethodParams):
    """How thoughts are mixed and when they end. Defaults are those of the authors' code.

    Temperature, top-p and top-k are those of the answer, and of the plain text before it.
    """

    temperature: float = Field(0.6, ge=0.0, le=5.0, title="Temperature", description="Authors: 0.6. 0 is greedy.")
    top_p: float = Field(0.95, gt=0.0, le=1.0, title="Top-p", description="Authors: 0.95. 1 keeps everything.")
    top_k: int = Field(30, ge=0, le=100_000, title="Top-k", description="Authors: 30. 0 keeps everything.")
    thinking_temperature: float = Field(
        0.6, gt=0.0, le=5.0, title="Temperature of a thought", description="Authors: 0.6."
    )
    thinking_top_k: int = Field(30, ge=0, le=100_000, title="Top-k of a thought", description="Applied first.")
    thinking_top_p: float = Field(0.95, gt=0.0, le=1.0, title="Top-p of a thought", description="Applied second.")
    thinking_min_p: float = Field(
        0.001, ge=0.0, le=1.0, title="Min-p of a thought",
        description="Applied third: a share of the largest one (authors: 0 to 0.005).",
    )  # fmt: skip
    widest: int = Field(
        10, ge=1, le=100, title="Tokens of a mixture", description="Applied last (authors: 5 to 20).",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    cold: float = Field(
        0.01, ge=0.0, le=20.0, title="Cold below", description="Entropies below count as sure (authors: 0 to 0.1).",
        json_schema_extra={"unit": "nats"},
    )  # fmt: skip
    patience: int = Field(
        256, ge=1, le=32_768, title="Cold stop", description="So many sure steps in a row end the thinking, or an "
        "answer (authors: 256 to 1024).",
    )  # fmt: skip
    answer_tokens: int = Field(
        40, ge=1, le=32_768, title="Kept for the answer",
        description="Thinking is ended so many tokens before the longest text, but not in its first half (ours).",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    marker: str = Field(
        "", max_length=100, title="End of thinking",
        description=f"Empty: {END_OF_THINKING} where that is a token of the model, else “{ANSWER_LINE}” (ours).",
    )  # fmt: skip
    draws: int = Field(
        0, ge=0, le=64, title="Drawn tokens a step (K)",
        description="0: Soft Thinking. Else CoT2's MTS(K): each thought is the mean of K drawn tokens, and the "
        "filters of a thought do not apply; 1 is ordinary drawing.",
    )  # fmt: skip


@method(
    title="Soft thinking",
    family="decode",
    paper="2505.15778",
    needs={"generate", "steer", "vectors"},
    faithful="full",
    faithful_note="Mixtures, filters in their order, cold stop and the end of an answer that is sure for too long as "
    "in the authors' code; its optional noise is left out. Their models end thinking with </think>. For a model "
    "without that token the answer line ends it, and is put in where the thinking must end or the text would: that "
    "is ours, as are the tokens kept for the answer, the plain text that is drawn first, and the vote. MTS(K) is "
    "CoT2's (arXiv 2505.23648), whose models are trained for it; here it is used untrained.",
    cost="2 n texts for n samples: at most 2 n L new tokens for texts of at most L; a soft step costs what a token "
    "costs.",
    reported="Up to +2.48 points for one answer and up to 22.4% fewer tokens, over maths and coding.",
    unverified="QwQ-32B on MATH-500 97.66 to 98.00 with 4,156 to 3,644 tokens, R1-Distill-Qwen-32B +1.71 on average: "
    "from a third party's summary. The authors warn of models below about 14B, where mixtures help little or harm.",
)
async def soft_thinking(run: RunContext, question: Question, p: SoftThinkingParams) -> Answer:
    """Answer plainly first, then again with a soft beginning: no token is drawn before the answer begins.

    At each step of the thinking the model is given, instead of one token, the mean of the input vectors of the most
    probable ones, weighed by their probabilities. That is deterministic, and lets several continuations stay open.
    What is shown of a step is its most probable token: it was not drawn, and is marked as soft. The thinking ends
    when that token completes the marker, when the model has been sure of many steps in a row (the cold stop), or
    before the longest text leaves no room for an answer; then tokens are drawn as usual. A model that was not trained
    to end its thinking is asked for its answer line where it would end the text.

    All samples share one deterministic thinking and differ in their answers; with K drawn tokens a step they differ
    from the start. The embedded model is far smaller than those that the method was made for.
    """
    run.doing("Answering plainly")
    drafts = await run.drafts(question)
    run.doing("Thinking softly")
    policy = policy_of(run, p)
    steered = await run.steer(
        question.prompt(), policy, len(drafts), role="revision", label="soft-thinking", round=1, drafts=drafts
    )
    for life, (text, draft) in enumerate(zip(steered.texts, drafts, strict=True)):
        await _record(run, policy, steered, life, text, draft)
    answer = await majority(run, steered.texts)
    notes = (_counted(steered), answer.note, await plain_majority(run, drafts))
    return Answer(answer.value, answer.chosen, answer.votes, " ".join(note for note in notes if note))


def policy_of(run: RunContext, p: SoftThinkingParams) -> SoftThinking:
    """Return the settings of the engine's policy, with what ends the thinking of the run's model."""
    single = len(run.tokenize(END_OF_THINKING)) == 1
    marker = p.marker or (END_OF_THINKING if single else ANSWER_LINE)
    trained = marker == END_OF_THINKING
    closing = run.tokenize(marker if trained else f"\n\n{marker}")
    longest = max(p.max_tokens // 2, p.max_tokens - p.answer_tokens, 1)
    filters = (p.thinking_temperature, p.thinking_top_k, p.thinking_top_p, p.thinking_min_p, p.widest)
    return SoftThinking(marker, closing, *filters, p.cold, p.patience, longest, p.draws, insists=not trained)


def tokens_before(marker: str, trace: TokenTrace) -> int | None:
    """Return how many tokens of a text come before the one that completes the marker; None where none does."""
    said = b""
    for index, token in enumerate(trace.ids.tolist()):
        said += trace.pieces[token]
        if marker.encode() in said:
            return index
    return None


async def _record(
    run: RunContext, policy: SoftThinking, steered: Steered, life: int, text: Generation, draft: Generation
) -> None:
    thought: dict[str, Any] = {"steps": [], "left": None, "aborted": False}
    for note in steered.noted("thinking", life):
        thought |= note.data
    plain, soft = tokens_before(policy.marker, run.trace(draft)), len(thought["steps"])
    details = thought | {
        "branch": text.branch, "marker": policy.marker, "plain": plain,
        "cold": policy.cold, "patience": policy.patience,
    }  # fmt: skip
    await run.record_score("soft_steps", soft, how=SOFT_STEPS, about=text, details=details)
    saved = None if plain is None or thought["left"] is None else plain - soft
    await run.record_score("thinking_saved", saved, how=SAVED, about=text)


def _counted(steered: Steered) -> str:
    ways = [note.data["left"] for note in steered.notes if note.kind == "thinking"]
    counts = [f"{ways.count(way)} by {what}" for way, what in ENDS.items() if way in ways]
    if unfinished := ways.count(None):
        counts.append(f"{unfinished} with the text, before an answer")
    return f"Thoughts ended: {', '.join(counts)}." if counts else ""
