"""Examples of Qwen2.5-Coder-0.5B-Instruct (4-bit): surer of itself, and no better informed."""

from __future__ import annotations

from tests.examples.phenomena import branched, confident, counted, hesitates, moved, says, unanimous, voted
from tests.examples.shape import Branch, Example, Launch, Params
from webapp.tasks.problems import make_problem

SHORT: Params = {"samples": 5, "max_tokens": 40}
MONTH = make_problem("Which month comes two months before March?", "text", "January")
CAPTAIN = make_problem("What is the name of the captain in Moby-Dick?", "text", "Ahab | Captain Ahab")

LAUNCHES: tuple[Launch, ...] = (
    Launch("stronger", MONTH, (
        Example(
            "Month · outvoted", "self_consistency", SHORT, ("vote", "hesitation"),
            "The larger model: the right month comes up in one of five samples, while {votes} repeat the month of "
            "the question and win. One token decides everything ({peak:.1f} nats): {rivals}.",
            (voted("incorrect"), hesitates(2, " January"), counted(correct=1, incorrect=4)),
        ),
        Example(
            "Month · the right answer gives in", "two_turn", SHORT, ("right→wrong",),
            "The same five drafts, told that they might contain an error. The only right one (sample 3) becomes "
            "“February”, and no wrong one becomes right ({fixed} repaired, {broken} broken). Being told to look "
            "again does not help a model that cannot tell which of its answers is right.",
            (moved(2, "right->wrong"), says("February", 2)),
        ),
    )),
    Launch("stronger", MONTH, (
        Example(
            "Month · a person chooses January", "branch", {}, ("branch", "hesitation"),
            "Sample 1 said “{first}”; here a person clicked that token and took one of its alternatives. The token "
            "is marked as a person's, and nothing is left to say after it: the whole answer hung on that one choice.",
            (branched("incorrect", "correct"),),
        ),
    ), branch=Branch("Month · outvoted", 0, " March", " January")),
    Launch("stronger", CAPTAIN, (
        Example(
            "Captain · confident nonsense", "p_true", {**SHORT, "ideas": 0}, ("confident", "low entropy", "p(true)"),
            "Don Quixote, Eric, Homer Simpson: all five samples are wrong, and P(True) is at least {lowest:.2f} for "
            "each. Sample 1 looks calm, too ({entropy:.2f} nats a token on average), because an average hides the "
            "one token that matters: its name is drawn at {peak:.1f} nats. No word after it shows a doubt.",
            (unanimous("incorrect", judged_above=0.7), confident(0, entropy=0.8, probability=0.6),
             hesitates(0, " Don"), says("Don Quixote", 0), says("Eric", 2), says("Homer Simpson", 3)),
        ),
    )),
)  # fmt: skip
