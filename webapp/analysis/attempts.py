"""What the first attempts of a run said, whatever became of them."""

from __future__ import annotations

from collections.abc import Sequence

from storage.records import Generation, Problem, Role, VerdictValue
from webapp.analysis.vote import vote
from webapp.tasks.graders import same

ANSWERING: frozenset[Role] = frozenset({"draft", "revision", "aggregate"})


def first_attempt(problem: Problem, generations: Sequence[Generation]) -> tuple[str | None, VerdictValue]:
    """Return the answer and verdict of the first drafts: of the only one, or of their majority (ties: the first)."""
    drafts = [g for g in generations if g.role == "draft" and g.round == 0 and g.status == "finished"]
    drafts = [g for g in drafts if g.finish_reason != "pruned"]
    if not drafts:
        return None, "ungraded"
    answers = {g.branch: g.answer for g in drafts}
    votes = vote(answers, lambda a, b: same(problem.kind, a, b, problem.choices))
    leading = next((v for v in votes if v.winner), None)
    branches = leading.branches if leading else tuple(answers)
    chosen = next(g for g in drafts if g.branch in branches)
    return chosen.answer, chosen.verdict
