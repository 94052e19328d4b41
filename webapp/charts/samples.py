"""The table that every run has: its texts with their answers, verdicts and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storage.records import Generation, Run, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for_runs

ANSWERING = frozenset({"draft", "revision", "aggregate"})
ROWS_AT_MOST = 500
SUMMARIES = {
    "self_certainty": "mean over the tokens of KL(uniform || p), in nats; higher is surer",
    "mean_logprob": "mean log-probability of the tokens at temperature 1, in nats; nearer to 0 is likelier",
    "mean_entropy": "mean entropy of the tokens at temperature 1, in nats (a lower bound where a server told only "
    "the likeliest tokens); lower is surer",
}
READING = (
    "A row a text, with every number that is stored of it; ★ marks the one that stands for the run's answer. "
    "Click a column's head to sort by it: does what the scores put first also come out as correct?"
)


@evidence_for_runs
def samples(run: Run, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """Return the table of texts and scores; nothing where there is a single text and no score of it."""
    about = {(score.generation_id, score.name): score for score in scores if score.generation_id is not None}
    judged = {generation for generation, _ in about}
    shown = [g for g in generations if g.id in judged or (g.role in ANSWERING and not _aside(g))][:ROWS_AT_MOST]
    if len(shown) < 2 and not judged:
        return None
    shown.sort(key=lambda g: (g.branch, g.ordinal))
    columns = [_samples(shown), *_texts(shown), _answers(shown), _verdicts(shown)]
    columns += [*_votes(run, shown), *_scores(shown, about), *_summaries(shown, {name for _, name in about})]
    known = [(column, cells) for column, cells in columns if any(cell is not None for cell in cells)]
    rows = tuple(zip(*(cells for _, cells in known), strict=True))
    chosen = next((i for i, g in enumerate(shown) if g.id == run.outcome.chosen_generation), None)
    return Evidence("Texts and scores", READING, table=Table(tuple(column for column, _ in known), rows, chosen))


Filled = tuple[Column, list[Cell]]


def _aside(generation: Generation) -> bool:
    # A draft of a later round is an idea shown to a judge: no attempt of the run.
    return generation.role == "draft" and generation.round > 0


def _samples(shown: Sequence[Generation]) -> Filled:
    return Column("Sample", "sample"), [g.branch for g in shown]


def _texts(shown: Sequence[Generation]) -> list[Filled]:
    """Return what each text is, where they are not all first drafts."""
    if all(g.role == "draft" and not g.round for g in shown):
        return []
    words = [f"{g.role.replace('_', ' ')}{f', round {g.round}' if g.round else ''}" for g in shown]
    return [(Column("Text"), list(words))]


def _answers(shown: Sequence[Generation]) -> Filled:
    return Column("Answer"), [g.answer for g in shown]


def _verdicts(shown: Sequence[Generation]) -> Filled:
    return Column("Verdict", "verdict"), [None if g.verdict == "ungraded" else g.verdict for g in shown]


def _votes(run: Run, shown: Sequence[Generation]) -> list[Filled]:
    """Return what the answer of each sample weighed in the vote; a sample's vote is that of its last text here."""
    weight = {branch: vote.weight for vote in run.outcome.votes for branch in vote.branches}
    last = {g.branch: g.id for g in shown if g.role in ANSWERING and g.finish_reason != "pruned"}
    cells: list[Cell] = [weight.get(g.branch) if last.get(g.branch) == g.id else None for g in shown]
    return [
        (
            Column("Votes for it", "bar", "what its answer weighed in the vote, all its samples together"),
            cells,
        )
    ]


def _scores(shown: Sequence[Generation], about: Mapping[tuple[str, str], Score]) -> list[Filled]:
    how = {name: score.how for (_, name), score in about.items()}
    return [
        _numbers(name, how[name], [found.value if (found := about.get((g.id, name))) else None for g in shown])
        for name in how
    ]


def _summaries(shown: Sequence[Generation], known: set[str]) -> list[Filled]:
    """Return the numbers that every token trace is summarised in, but for those that are scores too."""
    tokens: list[Cell] = [g.summary.tokens if g.summary else None for g in shown]
    numbers = [
        _numbers(name, how, [getattr(g.summary, name) if g.summary else None for g in shown])
        for name, how in SUMMARIES.items() if name not in known
    ]  # fmt: skip
    return [*numbers, (Column("tokens", "number", "tokens of the text"), tokens)]


def _numbers(name: str, how: str, values: list[float | None]) -> Filled:
    """Return a column of numbers; those that are never negative are bars, of 1 where none is above it."""
    known = [value for value in values if value is not None]
    bars = bool(known) and min(known) >= 0
    whole = 1.0 if bars and max(known) <= 1 else 0.0
    return Column(name.replace("_", " "), "bar" if bars else "number", how, whole), list(values)
