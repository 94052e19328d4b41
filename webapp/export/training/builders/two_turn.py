"""Corrections in a second turn, as rows for fine-tuning (CCT, STaSC) and as logged rollouts (SCoRe)."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from webapp.export.training.builder import Builder
from webapp.export.training.chains import Chain, chains
from webapp.export.training.examples import Made, Messages, Online, Refusal, Reply
from webapp.export.training.material import Case, asked, meta, pieces_of
from webapp.export.training.settings import TrainingSettings

ALPHA = 10.0  # SCoRe's weight of the improvement, in all of the paper's runs
KINDS = {(True, True): "clt", (False, True): "cst", (True, False): "broken", (False, False): "still-wrong"}


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Learn the second turn of a conversation: question, first answer, request, corrected answer.

    Loss is on the last turn only, so the first answer is read and never learnt. Kind clt starts from a right first
    answer and cst from a wrong one (CCT); learning only from cst teaches to change every answer, so balance them or
    keep right-to-right rows ("non-decreasing" keeps rows that end right, wrong ones that became right among them,
    which the released STaSC code loses). Fine-tuning on such rows is not SCoRe, which learns from its own attempts.
    """
    for chain in chains(case):
        yield _reply(case, settings, chain)


def build_online(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Prompts of two-turn reinforcement learning with what the stored model did in both turns.

    SCoRe samples both turns itself, so a row is the question, the answer for the reward function, and the request
    between the turns. The logged rewards are 1 for right; that of turn 2 adds ALPHA times the improvement (stage II).
    """
    for chain in chains(case):
        yield _online(case, chain)


def _reply(case: Case, settings: TrainingSettings, chain: Chain) -> Made:
    before, after = case.right(chain.draft), case.right(chain.last)
    if before is None or after is None:
        return Refusal("an answer of the correction has no verdict")
    if not after and settings.corrections != "all":
        return Refusal("the corrected answer is wrong")
    if before and settings.corrections == "improving":
        return Refusal("the first answer was right already, and only improving corrections are kept")
    prompt = conversation(case, chain)
    if isinstance(prompt, Refusal):
        return prompt
    used = [(chain.told, chain.draft), (chain.told, chain.last)]
    kind = KINDS[before, after]
    return Reply(meta(case, used, kind, f"the second turn, {kind}"), prompt, pieces_of(chain.last))


def _online(case: Case, chain: Chain) -> Made:
    before, after = case.right(chain.draft), case.right(chain.last)
    prompt = conversation(case, chain)
    if isinstance(prompt, Refusal):
        return prompt
    if before is None or after is None or case.problem.reference is None:
        return Refusal("the problem has no reference answer to reward by")
    first, second = float(before), float(after)
    logged = {
        "request": prompt[-1][1], "y1": chain.draft.text, "y2": chain.last.text, "r1": first, "r2": second,
        "turn2_reward": second + ALPHA * (second - first),
    }  # fmt: skip
    used = [(chain.told, chain.draft), (chain.told, chain.last)]
    return Online(
        meta(case, used, KINDS[before, after], "a logged rollout"),
        asked(case, chain.draft),
        case.problem.reference,
        logged,
    )


def conversation(case: Case, chain: Chain) -> Messages | Refusal:
    """Return what the corrected answer followed, if that ends in the first answer and a request for another one."""
    messages = chain.last.messages
    if chain.within or chain.last.prefix:
        return Refusal("the corrected answer goes on in a reply, it is no turn of its own")
    first = next((at for at, said in enumerate(messages) if said == ("assistant", chain.draft.text)), None)
    if first is None:
        return Refusal("the corrected answer does not follow the first one in a conversation")
    if first != len(messages) - 2 or messages[-1][0] != "user":
        return Refusal("between the first and the corrected answer stands more, or less, than one request")
    return messages


TWO_TURN = Builder(
    "two-turn", "Second turns (CCT, STaSC)",
    "arXiv 2412.19513 and 2503.08681; methods document, sections 2 and 25",
    frozenset({Reply}), build, uses=("corrections",),
)  # fmt: skip
SCORE_ROLLOUTS = Builder(
    "score-rollouts", "Two-turn rollouts (SCoRe)", "arXiv 2409.12917; methods document, section 4",
    frozenset({Online}), build_online,
)  # fmt: skip
