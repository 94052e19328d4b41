"""Examples of SmolLM2-135M-Instruct, the embedded model, on questions that it wavers on."""

from __future__ import annotations

from tests.examples.phenomena import branched, confident, counted, ended, hesitates, moved, picked, says, voted
from tests.examples.shape import Branch, Example, Launch, Params
from webapp.tasks.problems import make_problem

SHORT: Params = {"samples": 5, "max_tokens": 60}
SHORTER: Params = {"samples": 5, "max_tokens": 40}
ANSWER_ALONE: Params = {**SHORT, "ideas": 0}

SPIDER = make_problem("How many legs does a spider have?", "numeric", "8")
LOUD = make_problem("What is the opposite of loud?", "text", "quiet | silent | soft")
OCEAN = make_problem("What is the largest ocean on Earth?", "text", "Pacific | Pacific Ocean")
COLOSSEUM = make_problem("In which city is the Colosseum?", "text", "Rome | Rome, Italy")
POLAND = make_problem("What is the capital of Poland?", "text", "Warsaw")
MOROCCO = make_problem("What is the capital of Morocco?", "text", "Rabat")
SUN = make_problem("Is the Sun a planet?", "yesno", "no")

FIRST_VISIT: Params = {"max_tokens": 80}

LAUNCHES: tuple[Launch, ...] = (
    Launch("embedded", POLAND, (
        Example(
            "Poland · nonsense said twice sounds sure", "two_turn", SHORT, ("confident", "low entropy"),
            "Sample 3 invents a capital, and its first text hesitates ({entropy_before:.2f} nats a token on average)."
            " Asked to correct itself it repeats the name, now with {entropy:.2f} nats and tokens of "
            "{probability:.0%} probability: copying is easy, so low entropy after a second look is no knowledge.",
            (confident(2, entropy=0.5, probability=0.9), says("Halakobakampen", 2)),
        ),
    )),
    Launch("embedded", COLOSSEUM, (
        Example(
            "Colosseum · P(True) upside down", "p_true", ANSWER_ALONE, ("p(true)",),
            "Four of five drafts are right, and the judge gives each of them less than the one that answers with "
            "gibberish: {best_wrong:.2f} for “{pick}”, at most {best_right:.2f} for Rome. A vote would have been "
            "right; picking by P(True) is wrong. Check such a judge before you trust it.",
            (picked("incorrect"), counted(correct=4, incorrect=1)),
        ),
    )),
    Launch("embedded", OCEAN, (
        Example(
            "Ocean · a tie, broken the wrong way", "self_consistency", SHORT, ("vote", "tie"),
            "Two answers get {votes} of {samples} votes each: the Pacific Ocean, and the Mariana Trench that lies in "
            "it. The earliest sample among the tied ones decides, so only the order of the samples makes this vote "
            "wrong. Look at the token after “Earth is the”: that is where the five part.",
            (voted("incorrect", tied=True), says("Earth is the"), says("Pacific", 1), says("Mariana Trench", 2)),
        ),
    )),
    Launch("embedded", SUN, (
        Example(
            "Sun · asked to be critical", "ask_again", {**SHORTER, "style": "critique"}, ("wrong→right",),
            "The drafts tie and the first of them says “{first}”; after the second turn most say “{last}”. Samples 2 "
            "and 5 were wrong and are repaired. But sample 3 was right, and “a different answer” breaks it "
            "({fixed} repaired, {broken} broken): the same push works both ways.",
            (ended("incorrect", "correct"), moved(1, "wrong->right"), moved(4, "wrong->right"),
             moved(2, "right->wrong"), says("a different answer", 2)),
        ),
        Example(
            "Sun · asked the same once more", "ask_again", {**SHORTER, "style": "re-ask"}, ("wrong→right",),
            "The same five drafts as beside it, asked the bare question again. It takes no criticism: {fixed} wrong "
            "samples are repaired here too, and {broken} is broken, by “Yes, the Sun is indeed a star.” Compare the "
            "two columns sample by sample.",
            (ended("incorrect", "correct"), moved(4, "wrong->right"), moved(3, "right->wrong"),
             says("Yes, the Sun is indeed a star.", 3)),
        ),
    ), seed=2),
    Launch("embedded", LOUD, (
        Example(
            "Loud · one token decides", "self_consistency", SHORT, ("hesitation", "vote", "minority"),
            "All five texts begin “The opposite of loud is”; then comes the most uncertain token ({peak:.1f} nats). "
            "Hover it: {rivals}. The answer that wins has {votes} of {samples} votes, fewer than half.",
            (hesitates(3, " calm"), voted("correct", minority=True), says("The opposite of loud is")),
        ),
    )),
    Launch("embedded", LOUD, (
        Example(
            "Loud · another token in its place", "branch", {}, ("branch", "hesitation"),
            "Sample 4 said “{first}”, which counts as wrong. A person clicked that token and chose “{last}” instead; "
            "the model only went on from there. The token is marked as a person's: it was not drawn, so a right "
            "answer made this way says nothing about the model.",
            (branched("incorrect", "correct"),),
        ),
    ), branch=Branch("Loud · one token decides", 3, " calm", " quiet")),
    Launch("embedded", SPIDER, (
        Example(
            "Spider · right with two votes of five", "self_consistency", SHORT, ("vote", "minority"),
            "The right answer wins with {votes} of {samples} votes: fewer than half, but no other answer gets as "
            "many. Two texts state no answer at all and vote for none. Would you trust this vote?",
            (voted("correct", minority=True), counted(correct=2, incorrect=1, unparsed=2)),
        ),
        Example(
            "Spider · told that there might be an error", "two_turn", SHORT, ("right→wrong",),
            "The same five drafts as beside it, each told that it might contain an error. Nobody said that there is "
            "one, yet both right answers are given up ({broken} broken, {fixed} repaired). Open sample 2: “The "
            "answer is 8” becomes “The answer is 2”. The vote falls from {first} to {last}.",
            (ended("correct", "incorrect"), moved(1, "right->wrong"), moved(4, "right->wrong"),
             says("The answer is 2", 1)),
        ),
    )),
    Launch("embedded", SPIDER, (
        Example(
            "Spider · the same drafts judged by P(True)", "p_true", ANSWER_ALONE, ("p(true)", "same drafts"),
            "The drafts of the vote once more, taken over at no cost and judged one by one. The highest value "
            "({best_right:.2f}) is on a right draft, the best wrong one has {best_wrong:.2f}: here the model's "
            "opinion of its answers agrees with the vote, by a narrow margin.",
            (picked("correct"),), uses="Spider · right with two votes of five",
        ),
    )),
    # What comes last is the newest in a list, and what the page opens when it loads the examples.
    Launch("embedded", MOROCCO, (
        Example(
            "Morocco · the judge prefers an invention", "p_true", {**FIRST_VISIT, "samples": 4, "ideas": 0},
            ("p(true)", "right→wrong"),
            "What a first visit shows when it presses Run. One of four drafts is right, and its P(True) is "
            "{best_right:.2f}; the invented “{pick}” gets {best_wrong:.2f} and is picked. All four lie near one "
            "half: this small model hardly tells its own answers apart.",
            (picked("incorrect"), counted(correct=1, incorrect=3), ended("correct", "incorrect")),
        ),
        Example(
            "Morocco · a right answer argued away", "rci", {**FIRST_VISIT, "samples": 1, "rounds": 1},
            ("right→wrong",),
            "The same first draft as beside it, {first}, is right. Asked for problems, the model claims one; asked "
            "to improve, it writes the claim once more in place of an answer, now far more surely than at first "
            "(compare the colours). Nothing had told it that it was right.",
            (ended("correct", "incorrect"), counted(correct=1)),
        ),
    ), seed=0),
)  # fmt: skip
