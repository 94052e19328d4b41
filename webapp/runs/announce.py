"""Records as events: the same words whether a run is live or read back from the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from storage.records import Generation, Role, Run, Score
from webapp.analysis.diff import word_diff
from webapp.events import GenerationFinished, GenerationStarted, RunFinished, RunOpened, RunProgress, ScoreAdded
from webapp.methods.interface import MethodSpec
from webapp.runs.titles import title_of

REVISABLE: frozenset[Role] = frozenset({"draft", "revision"})
DRAWN = ("masses", "captured", "format", "ideas")  # of the details of a score; charts read the others where stored


def opened(run: Run, spec: MethodSpec | None) -> RunOpened:
    """Return the first event of a run's log; a method that is not installed is faithful to nothing."""
    faithful = "" if spec is None else spec.faithful
    title = title_of(run.method) if spec is None else spec.title
    return RunOpened(
        run=run.id,
        session=run.session_id,
        launch=run.launch_id,
        column=run.column,
        method=run.method,
        title=title,
        faithful=faithful,
        faithful_note="" if spec is None else spec.faithful_note,
        params=dict(run.params),
        seed=run.seed,
        model=run.model.id,
        model_detail=", ".join(part for part in (run.model.dtype, run.model.device, run.model.kernel) if part),
        vocab_size=run.model.vocab_size,
        question=run.problem.question,
        kind=run.problem.kind,
        choices=list(run.problem.choices),
        reference=run.problem.reference,
        created_at=run.created_at.isoformat(),
        branch_of=None if run.branch_of is None else asdict(run.branch_of),
        input_run=run.input_run,
        oracle=run.oracle,
        prompted_emulation=faithful == "prompted emulation",
        name=run.name,
        notes=run.notes,
    )


def started(generation: Generation) -> GenerationStarted:
    """Return the event that a generation begins."""
    return GenerationStarted(
        generation=generation.id,
        ordinal=generation.ordinal,
        role=generation.role,
        branch=generation.branch,
        round=generation.round,
        parents=list(generation.parents),
        label=generation.label,
        copied_from=generation.copied_from,
    )


def finished(generation: Generation, texts: Mapping[str, Generation]) -> GenerationFinished:
    """Return the event that a generation is complete; `texts` are the run's generations, for the word diff."""
    before = revised(generation, texts)
    return GenerationFinished(
        generation=generation.id,
        text=generation.text,
        finish_reason=generation.finish_reason,
        replaced=generation.replaced,
        answer=generation.answer,
        verdict=generation.verdict,
        grader=generation.grader,
        summary=None if generation.summary is None else asdict(generation.summary),
        spans=[(span.start, span.end, span.origin) for span in generation.spans],
        generated_tokens=generation.cost.generated_tokens,
        prompt_tokens=generation.cost.prompt_tokens,
        seconds=generation.cost.seconds,
        diff_against=None if before is None else before.id,
        diff=None if before is None else list(word_diff(before.text, generation.text)),
    )


def revised(generation: Generation, texts: Mapping[str, Generation]) -> Generation | None:
    """Return the draft or revision that a revision revises: the latest such parent."""
    if generation.role != "revision":
        return None
    parents = [texts[parent] for parent in generation.parents if parent in texts]
    return max((p for p in parents if p.role in REVISABLE), key=lambda p: p.ordinal, default=None)


def scored(score: Score) -> ScoreAdded:
    """Return the event of a score."""
    return ScoreAdded(
        generation=score.generation_id,
        name=score.name,
        value=score.value,
        how=score.how,
        details={key: score.details[key] for key in DRAWN if key in score.details},
    )


def ended(run: Run) -> RunFinished:
    """Return the last event of a run's log."""
    return RunFinished(
        status=run.status,
        error=run.error,
        outcome=asdict(run.outcome),
        cost=asdict(run.cost),
        oracle=run.oracle,
    )


def standing(run: Run, generations: Sequence[Generation] = (), doing: str = "") -> RunProgress:
    """Return where a run stands that does not go on here; `generations` tell, where its cost is not stored yet."""
    tokens = run.cost.generated_tokens or sum(g.cost.generated_tokens for g in generations)
    return RunProgress(
        status=run.status,
        doing=doing,
        generated_tokens=tokens,
        expected_tokens=tokens,
        prompt_tokens=run.cost.prompt_tokens,
        calls=run.cost.calls,
        seconds=run.cost.seconds,
    )
