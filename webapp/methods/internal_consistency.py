"""Internal consistency: do the layers, the decoders and the answers of a model say the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import Field

from storage.records import Generation, ProblemKind, Vote
from webapp.analysis.consistency import Lens, majority_share, neg_entropy, neg_variance, read_lens, spread
from webapp.analysis.vote import pooled
from webapp.engine.protocol import Prompt
from webapp.methods._common import branch_above, decided, tallied
from webapp.methods.interface import Answer, MethodParams, RunContext, Truncation
from webapp.methods.registry import method
from webapp.tasks.question import Question

DIRECTLY = "Give only the answer, in one line that begins with 'Answer:'. Do not explain anything."
FORMS: dict[ProblemKind, str] = {"choice": "The answer is a single letter.", "yesno": "The answer is yes or no."}
BEGINNINGS = (("Answer:", " "), ("Answer: ", ""))  # of the answer line, and what stands before the answer itself
DIGITS = tuple("0123456789")
YES_NO = ("yes", "no")
GREEDY, PURE = ("greedy", 0.0), ("pure sampling", 1.0)
TOP_K, TOP_P = 50, 0.95
HOW = {
    "response_consistency": "sum p log2 p over the answers of the samples, in bits; 0 where all agree",
    "decoding_consistency": "the same over direct answers by greedy decoding, pure sampling, top-k and top-p",
    "latent_consistency": "the same over what the model answers with one head kept in one layer, layer by layer",
}


class InternalConsistencyParams(MethodParams):
    """What is drawn, and how far the layers are looked into."""

    samples: int = Field(
        5, ge=1, le=64, title="Samples", description="Answers with reasoning, the response depth (paper: 5)."
    )
    temperature: float = Field(
        0.55, ge=0.0, le=5.0, title="Temperature", description="Of the samples (authors' code: 0.55). 0 is greedy."
    )
    top_p: float = Field(0.8, gt=0.0, le=1.0, title="Top-p", description="Of the samples (authors' code: 0.8).")
    direct_tokens: int = Field(
        16, ge=1, le=1024, title="Longest direct answer", description="New tokens of an answer without reasoning.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    head_layers: int = Field(
        6, ge=1, le=256, title="Layers with one head",
        description="Layers of which all heads but one are silenced, one after another, evenly from the first to the "
        "last (authors: 3 of 32, each with two heads).",
    )  # fmt: skip
    head: int = Field(
        0, ge=0, le=255, title="Head kept", description="Number of the head that is left (authors: 0 and 16)."
    )


class Depth(NamedTuple):
    """What was said at one depth; None where a text states no answer."""

    values: Sequence[str | None]

    def details(self) -> dict[str, Any]:
        """Return the values with how much they agree; those without an answer are counted apart."""
        said = [value for value in self.values if value is not None]
        numbers = _numbers(said)
        return {
            "values": list(self.values), "missing": len(self.values) - len(said),
            "neg_entropy": neg_entropy(said), "majority_share": majority_share(said),
            "neg_variance": None if numbers is None else neg_variance(numbers),
        }  # fmt: skip


class Candidates(NamedTuple):
    """The answers that a layer can give, each with its spellings of a single token, and what they stand after."""

    names: Sequence[str]
    spellings: Sequence[Sequence[str]]
    beginning: str


@method(
    title="Internal consistency",
    family="probe",
    paper="2407.14507",
    needs={"generate", "hidden"},
    faithful="variant",
    faithful_note="The survey's three depths and its two measures on any question. One head is silenced correctly, "
    "before the output projection; the authors' code cuts slices of the output instead. Beam search is not "
    "available here, so four of their five decoders are used, and no repetition penalty. What each layer would say "
    "(the logit lens), the direct prompt and the choice of layers are ours.",
    takes_inputs=True,
    cost="n samples of at most the longest text, 4 direct answers of at most d tokens, and 1 + l passes over the "
    "direct prompt for l layers, which generate nothing: n + 5 + l calls.",
    reported="One question (counting full stops, Llama-3-8B-Instruct): samples 5, 3, 3, 3, 3; decoders 4, 4, 3, 4, "
    "4; layers 0, 15 and 30 with heads 0 and 16: 0, 0, 5, 4, 4, 4. No accuracy was measured.",
    unverified="Whether the survey's decoders answered with or without reasoning; here they answer without.",
)
async def internal_consistency(run: RunContext, question: Question, p: InternalConsistencyParams) -> Answer:
    """Ask for the answer at three depths and see how far each agrees with itself: layers, decoders, responses.

    Responses are sampled with reasoning. Decoders answer directly: greedy, pure sampling, top-k and top-p. In the
    layers the direct answer is read twice: from what each layer's state would say through the output head, and from
    what the model says when one layer keeps a single head. The consistency of a depth is the negative entropy of
    what it says in bits, and for numbers the negative variance. The survey calls the usual shape an hourglass: layers
    disagree at the bottom and settle, decoders agree, responses part again.

    The majority of the responses is the run's answer. Layers can only be read where an answer is a single token: a
    digit, a letter, yes or no; elsewhere the other two depths are measured and the run says so.
    """
    run.doing("Sampling")
    drafts = await run.drafts(question)
    answers, votes = await tallied(run, drafts)
    responses = Depth(_pooled(drafts, votes))
    run.doing("Decoding")
    direct = directly(question)
    decoded = Depth(await _decoded(run, direct, p, branch_above(drafts)))
    for name, depth in (("response_consistency", responses), ("decoding_consistency", decoded)):
        await _record(run, name, depth)
    answer = decided(drafts, answers, votes)
    candidates, refusal = candidates_for(run, question, answer.value)
    if candidates is not None:
        run.doing("Looking into the layers")
        await _look(run, direct, p, candidates, responses, decoded)
    return Answer(answer.value, answer.chosen, answer.votes, " ".join(filter(None, (answer.note, refusal))))


def directly(question: Question) -> Prompt:
    """Return the request for an answer without reasoning."""
    instruction = " ".join(filter(None, (DIRECTLY, FORMS.get(question.kind))))
    return Prompt.user(f"{question.stated()}\n\n{instruction}")


def candidates_for(run: RunContext, question: Question, answer: str | None) -> tuple[Candidates | None, str]:
    """Return what the layers may answer, or None and a sentence on why they cannot be read."""
    letters = tuple(chr(65 + i) for i in range(len(question.choices)))
    names = {"numeric": DIGITS, "choice": letters, "yesno": YES_NO}.get(question.kind, ())
    if not names:
        return None, _refusal("answers to this kind of question are free texts")
    if answer is not None and answer not in names:
        return None, _refusal(f"the samples answer {answer}")
    for beginning, space in BEGINNINGS:
        spellings = [_single_tokens(run, space, name) for name in names]
        if all(spellings):
            return Candidates(names, spellings, beginning), ""
    return None, _refusal("this model writes the answers in several tokens")


def _refusal(why: str) -> str:
    return (
        f"The layers were not read: that takes answers of a single token (a digit, a letter, yes or no), and {why}."
    )


def _single_tokens(run: RunContext, space: str, name: str) -> list[str]:
    spellings = [space + each for each in dict.fromkeys((name, name.capitalize(), name.upper()))]
    return [spelling for spelling in spellings if len(run.tokenize(spelling)) == 1]


def _pooled(texts: Sequence[Generation], votes: Sequence[Vote]) -> list[str | None]:
    """Return the answer of each text, equal ones in one spelling."""
    by_branch = pooled(votes)
    return [by_branch.get(text.branch) for text in texts]


async def _decoded(run: RunContext, prompt: Prompt, p: InternalConsistencyParams, above: int) -> list[str | None]:
    """Return the direct answers by every decoder."""
    decoders = (
        (*GREEDY, Truncation()),
        (*PURE, Truncation()),
        (f"top-k {TOP_K}", 1.0, Truncation(top_k=TOP_K)),
        (f"top-p {TOP_P}", 1.0, Truncation(top_p=TOP_P)),
    )
    # Branches of their own in round 1: they are no first attempts of this run.
    texts = await asyncio.gather(*(
        run.sample(
            prompt, role="draft", label=label, branch=above + i, round=1, temperature=temperature,
            max_tokens=p.direct_tokens, truncation=truncation,
        )
        for i, (label, temperature, truncation) in enumerate(decoders)
    ))  # fmt: skip
    _, votes = await tallied(run, texts)
    return _pooled(texts, votes)


async def _look(
    run: RunContext,
    prompt: Prompt,
    p: InternalConsistencyParams,
    candidates: Candidates,
    responses: Depth,
    decoded: Depth,
) -> None:
    """Read the answer of every layer, and that of the model with one head in some of them; record both."""
    names, spellings, beginning = candidates
    masses = await run.lens(prompt, spellings, prefix=beginning)
    lens = read_lens(masses[1:])  # the first row is the embedding's
    layers = spread(len(masses) - 1, p.head_layers)
    kept = await asyncio.gather(
        *(run.lens(prompt, spellings, prefix=beginning, head=(layer, p.head)) for layer in layers)
    )
    says = [names[int(read_lens(each[-1:]).says[0])] for each in kept]
    heads = [{"layer": layer + 1, "head": p.head, "says": said} for layer, said in zip(layers, says, strict=True)]
    calls = 1 + len(layers)
    length = run.length(prompt.continuing(run.tokenize(beginning)))
    await _record(
        run, "latent_consistency", Depth(says),
        {
            **_curve(lens, names), "heads": heads, "options": list(names), "samples": list(responses.values),
            "decoding": list(decoded.values), "prompt_tokens": calls * length, "calls": calls,
        },
    )  # fmt: skip


def _curve(lens: Lens, names: Sequence[str]) -> dict[str, Any]:
    """Return what the layers would say, from the first one on."""
    return {
        "layers": list(range(1, len(lens.says) + 1)), "agreement": lens.share.tolist(),
        "entropy": lens.entropy.tolist(), "captured": lens.captured.tolist(),
        "says": [names[i] for i in lens.says.tolist()],
    }  # fmt: skip


async def _record(run: RunContext, name: str, depth: Depth, more: dict[str, Any] | None = None) -> None:
    details = depth.details() | (more or {})
    await run.record_score(name, details["neg_entropy"], how=HOW[name], details=details)


def _numbers(values: Sequence[str]) -> list[float] | None:
    """Return the values as numbers; None where one is none."""
    try:
        return [float(value) for value in values]
    except ValueError:
        return None
