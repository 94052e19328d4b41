"""Agent-R (arXiv 2501.11425): a bad trajectory, cut where it was judged bad, that goes on along a good one."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from storage.records import Generation
from webapp.export.training.builder import Builder
from webapp.export.training.builders.lemma import Wrong, wrong_attempts
from webapp.export.training.cutting import Cuts, cuts_of, same_steps, steps_of
from webapp.export.training.examples import Made, Refusal, Reply, joint
from webapp.export.training.material import Case, Told, asked, meta, pieces_of
from webapp.export.training.settings import TrainingSettings

THOUGHTS = (
    "Something went wrong here; I go back to where it was still right.",
    "This step does not help. Let me take it back.",
    "I notice a mistake in what I just did, so I return to the point before it.",
    "That was the wrong move. Another one from the same place:",
    "Wait. I should not go on from here; I revise this step.",
    "Looking at it again, the last step is a mistake. I correct my course.",
    "I have left the right path and pick it up again.",
    "This does not lead to the goal. I undo it and continue differently.",
    "My last step was off. From before it:",
    "I see the error now, and revise from where it happened.",
)


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Splice a wrong and a right solution that begin alike: wrong beginning, a revision thought, right remainder.

    The wrong solution is kept through its first step that was judged bad and carries no loss; thought and right
    remainder, from where the two part, do. Where the paper's actor judges its own steps, the stored labels judge
    here, a tree search's value is the verdict (right 1, wrong 0), and the trajectory is one reply in steps.
    """
    for found in wrong_attempts(case):
        yield found if isinstance(found, Refusal) else _spliced(case, found, random)


def _spliced(case: Case, wrong: Wrong, random: Random) -> Made:
    own = steps_of(wrong.text.text, wrong.cuts)
    good = [(told, text, cuts_of(text.text)) for told, text in case.firsts() if case.right(text)]
    if not good:
        return Refusal("no right solution of the problem is stored")
    shared = [min(same_steps(own, steps_of(text.text, cuts)), wrong.error) for _, text, cuts in good]
    longest = max(shared)
    where = [each for each, count in zip(good, shared, strict=True) if count == longest and longest < len(each[2])]
    if not where:
        return Refusal("no right solution goes on where the wrong one parts from it")
    return _row(case, wrong, random.choice(where), longest, random)


def _row(case: Case, wrong: Wrong, good: tuple[Told, Generation, Cuts], shared: int, random: Random) -> Reply:
    told, text, cuts = good
    kept = pieces_of(wrong.text, 0, wrong.cuts[wrong.error][1], trained=False)
    thought = joint(f"\n\n{random.choice(THOUGHTS)}\n\n")
    used = [(wrong.told, wrong.text), (told, text)]
    return Reply(
        meta(case, used, "revision", f"judged bad at step {wrong.error + 1}, {shared} steps shared"),
        asked(case, wrong.text),
        (*kept, thought, *pieces_of(text, cuts[shared][0])),
        extra={"error_step": wrong.error, "shared_steps": shared},
    )


AGENT_R = Builder(
    "agent-r", "Spliced revisions (Agent-R)", "arXiv 2501.11425; methods document, section 6",
    frozenset({Reply}), build, masks=True,
)  # fmt: skip
