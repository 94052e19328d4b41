"""What recorded runs show, computed from what is stored; each check returns the numbers that a note quotes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from storage.records import StoredRun, VerdictValue
from tests.examples.reading import attempts, corrections, judged, latest, moves
from webapp.analysis.transitions import Transition, right, transition

Facts: TypeAlias = dict[str, Any]
Check: TypeAlias = Callable[[StoredRun], Facts]


class Absent(Exception):
    """A run does not show what its example claims; the text says what it shows instead."""


def require(held: bool, instead: str) -> None:
    """Raise Absent with what was found instead, unless the claim held."""
    if not held:
        raise Absent(instead)


def counted(**wanted: int) -> Check:
    """So many first drafts have each verdict, and none has another one."""

    def check(stored: StoredRun) -> Facts:
        found = Counter(draft.verdict for draft in attempts(stored))
        require(dict(found) == wanted, f"its drafts are {dict(found)}")
        return {}

    return check


def says(text: str, *branches: int) -> Check:
    """The last answers of these samples (of all, where none is named) contain this text."""

    def check(stored: StoredRun) -> Facts:
        said = {answer.branch: answer.text for answer in latest(stored)}
        missing = [said[branch] for branch in branches or said if text not in said[branch]]
        require(not missing, f"{missing} do not say “{text}”")
        return {}

    return check


def ended(first: VerdictValue, last: VerdictValue) -> Check:
    """The run's first attempts said one thing and its answer is another."""

    def check(stored: StoredRun) -> Facts:
        outcome = stored.run.outcome
        require((outcome.first_verdict, outcome.verdict) == (first, last), f"it went from {outcome.first_verdict} "
                f"({outcome.first_answer}) to {outcome.verdict} ({outcome.answer})")  # fmt: skip
        return {"first": outcome.first_answer, "last": outcome.answer}

    return check


def moved(branch: int, wanted: Transition) -> Check:
    """One sample made this transition; how many did is counted too."""

    def check(stored: StoredRun) -> Facts:
        step = {a.branch: transition(a.verdict, b.verdict) for a, b in corrections(stored)}.get(branch)
        require(step == wanted, f"sample {branch + 1} went {step}")
        counts = moves(stored)
        return {"fixed": counts["wrong->right"], "broken": counts["right->wrong"], "kept": counts["right->right"]}

    return check


def voted(verdict: VerdictValue, *, minority: bool = False, tied: bool = False) -> Check:
    """The vote gave a right or a wrong answer: with less than half of the samples, or only by breaking a tie."""

    def check(stored: StoredRun) -> Facts:
        samples, winner = len(attempts(stored)), next((v for v in stored.run.outcome.votes if v.winner), None)
        if winner is None:
            raise Absent("nothing was voted on")
        found = f"{winner.answer} won {winner.weight:.0f} of {samples} votes and is {stored.run.outcome.verdict}"
        require(stored.run.outcome.verdict == verdict and winner.tied == tied, found)
        require(not minority or 2 * winner.weight < samples, found)
        return {"votes": int(winner.weight), "samples": samples, "groups": len(stored.run.outcome.votes)}

    return check


def unanimous(verdict: VerdictValue, *, judged_above: float) -> Check:
    """All drafts have this verdict, and the judge gave each of them more than this."""

    def check(stored: StoredRun) -> Facts:
        verdicts, values = [g.verdict for g in attempts(stored)], [s.value or 0.0 for _, s in judged(stored)]
        require(set(verdicts) == {verdict} and min(values) > judged_above, f"it has {verdicts} with {values}")
        return {"lowest": min(values)}

    return check


def picked(verdict: VerdictValue) -> Check:
    """The highest P(True) is on a draft with this verdict; the best value of either kind is quoted."""

    def check(stored: StoredRun) -> Facts:
        values = judged(stored)
        best = {held: max((s.value or 0.0 for g, s in values if right(g.verdict) is held), default=0.0)
                for held in (True, False)}  # fmt: skip
        top = max(values, key=lambda pair: pair[1].value or 0.0)[0]
        require(top.verdict == verdict, f"the highest P(True) is on sample {top.branch + 1}, which is {top.verdict}")
        return {"best_right": best[True], "best_wrong": best[False], "pick": top.text.strip()}

    return check


def confident(branch: int, *, entropy: float, probability: float) -> Check:
    """A sample's last text is wrong, but has a mean entropy below this and likelier tokens than that."""

    def check(stored: StoredRun) -> Facts:
        first, last = attempts(stored)[branch], latest(stored)[branch]
        assert first.summary is not None and last.summary is not None
        mean, chosen = last.summary.mean_entropy or math.inf, math.exp(last.summary.mean_logprob or -math.inf)
        found = f"sample {branch + 1} is {last.verdict}, with mean entropy {mean:.3f} and probability {chosen:.3f}"
        require(last.verdict == "incorrect" and mean < entropy and chosen > probability, found)
        return {"entropy": mean, "probability": chosen, "entropy_before": first.summary.mean_entropy}

    return check


def hesitates(branch: int, token: str) -> Check:
    """This token of a draft is the one with the highest entropy; its rivals are quoted with their probabilities."""

    def check(stored: StoredRun) -> Facts:
        trace = stored.traces[attempts(stored)[branch].id]
        assert trace.entropy is not None and trace.top_ids is not None and trace.top_logprobs is not None
        at = int(trace.entropy.argmax())
        found = trace.token_texts()[at]
        require(found == token, f"sample {branch + 1} is least certain at {found!r}")
        rivals = zip(trace.top_ids[at].tolist(), trace.top_logprobs[at].tolist(), strict=True)
        listed = [f"“{trace.pieces[i].decode(errors='replace').strip()}” {math.exp(p):.0%}" for i, p in rivals]
        return {"peak": float(trace.entropy[at]), "rivals": ", ".join(listed[:4])}

    return check


def branched(first: VerdictValue, last: VerdictValue) -> Check:
    """A person's token changed the verdict of a text from one to another."""

    def check(stored: StoredRun) -> Facts:
        require(stored.run.branch_of is not None, "it is no branch")
        forced = [span for g in stored.generations for span in g.spans if span.origin == "person"]
        require(len(forced) == 1, f"{len(forced)} stretches are a person's")
        return ended(first, last)(stored)

    return check


def facts_of(checks: Sequence[Check], stored: StoredRun) -> Facts:
    """Return what all checks found.

    Raises:
        Absent: with what is found instead, for the first claim that does not hold.

    """
    found: Facts = {}
    for check in checks:
        found |= check(stored)
    return found
