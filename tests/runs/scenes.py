"""Methods for tests: each does one thing a run has to cope with."""

from __future__ import annotations

from webapp.engine.policies.settings import Unsteered
from webapp.engine.protocol import Capability
from webapp.methods.interface import Answer, MethodFunction, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question


class SceneParams(MethodParams):
    """Nothing of its own."""


async def scene_draft(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Draw the first drafts and answer with the first one."""
    drafts = await run.drafts(question)
    return Answer(run.extract(drafts[0].text), drafts[0])


async def scene_revise(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Draft, critique, revise, and judge the revision."""
    run.doing("Drafting")
    draft = (await run.drafts(question))[0]
    prompt = question.prompt().then(draft.text, "Criticise.")
    critique = await run.sample(prompt, role="critique", label="critique", round=1, parents=[draft])
    again = prompt.then(critique.text, "Revise.")
    revision = await run.sample(again, role="revision", label="revision", round=1, parents=[draft, critique])
    judged = await run.choose(question.prompt(), [["A"], ["B"]], prefix="(")
    await run.record_score("p_true", judged.probabilities[0], how="choose", about=revision, details={"masses": [1]})
    await run.record_score("whole", None, how="test")
    return Answer(run.extract(revision.text), revision, note="revised")


async def scene_inject(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Draft, then go on from the middle of the draft after an injected word."""
    draft = (await run.drafts(question))[0]
    ids = [*run.trace(draft).ids.tolist()[:3], *b" wait"]
    other = await run.continue_from(draft, ids, role="revision", label="wait", round=1)
    return Answer(run.extract(other.text), other)


async def scene_cut_short(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Draw the first three tokens of a draft, go on after them, and say what fits behind the question."""
    [head] = await run.sample_many(question.prompt(), 1, role="search", label="draft", max_tokens=3)
    ids = run.trace(head).ids.tolist()
    whole = await run.continue_from(head, ids, role="draft", label="draft", temperature=0.5, max_tokens=4)
    await run.record_score("room", run.room(question.prompt()), how="test")
    await run.record_score("tokens", len(run.tokenize(" wait")), how="test")
    return Answer(None, whole)


async def scene_peek(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Ask the oracle."""
    draft = (await run.drafts(question))[0]
    answer = run.extract(draft.text)
    return Answer(answer if run.oracle.correct(answer, why="stop") else None)


async def scene_crash(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Draw drafts, then fail with a secret in the message."""
    await run.drafts(question)
    raise ValueError("secret detail")


async def scene_decide(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Draft, and keep numbers that a method may decide by."""
    drafts = await run.drafts(question)
    for name, branch, number in (("take", 0, 0), ("take", 0, 1), ("take", 1, 0), ("place", 0, 0), ("draft", 0, 0)):
        await run.record_score("decision", run.chance(name, branch=branch, number=number), how="test")
    return Answer(None, drafts[0])


async def scene_steer(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Steer as many texts as there are samples, and keep what the policy noted."""
    drafts = await run.drafts(question)
    steered = await run.steer(
        question.prompt(), Unsteered(), p.samples, role="revision", label="steered", round=1, drafts=drafts
    )
    for note in steered.notes:
        await run.record_score(note.kind, note.index, how="test", details=dict(note.data))
    await run.record_score("kept", len(steered.kept), how="test", about=steered.texts[0])
    return Answer(run.extract(steered.kept[0].text), steered.kept[0])


async def scene_restate(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Draft, search, and settle on what was found."""
    draft = (await run.drafts(question))[0]
    ids = run.trace(draft).ids.tolist()[:3]
    found = await run.continue_from(draft, ids, role="search", label="found", round=1)
    last = await run.restate(found, role="revision", label="last", round=2, parents=[draft])
    return Answer(run.extract(last.text), last)


async def scene_gradient(run: RunContext, question: Question, p: SceneParams) -> Answer:
    """Need what no test engine offers."""
    return Answer(None)


def register() -> None:
    """Register all scenes; the caller puts the registry back."""

    def add(function: MethodFunction, needs: set[Capability], takes_inputs: bool = False) -> None:
        title = function.__name__.replace("_", " ").capitalize()
        method(title=title, family="sample", paper="", needs=needs, faithful="full", takes_inputs=takes_inputs)(
            function
        )

    add(scene_draft, {"generate"}, takes_inputs=True)
    add(scene_revise, {"generate", "choose"}, takes_inputs=True)
    add(scene_inject, {"generate", "continue"})
    add(scene_cut_short, {"generate", "continue"})
    add(scene_peek, {"generate"})
    add(scene_crash, {"generate"})
    add(scene_decide, {"generate"})
    add(scene_steer, {"generate", "steer"})
    add(scene_restate, {"generate", "continue"})
    add(scene_gradient, {"gradient"})
