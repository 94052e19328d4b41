"""What no row may be made of, and which rows are kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from storage.records import Origin, Problem, Span
from tests.export.training.cases import LEGS, case, text, told
from webapp.export.training.checks import checked
from webapp.export.training.choose import CAPPED, REPEATED, UNBALANCED, Candidate, chosen
from webapp.export.training.examples import Meta, Pair, Piece, Refusal, Reply, joint
from webapp.export.training.leaks import leaks
from webapp.export.training.material import pieces_of, plain
from webapp.export.training.ordering import typed_first
from webapp.export.training.settings import TrainingSettings

META = Meta("legs", "legs row 1", "kind", "reason")
HANDLED: list[Origin] = ["injected", "soft", "imagined", "tool", "person"]


def reply(*pieces: Piece) -> Reply:
    return Reply(META, plain(LEGS), pieces)


def test_rows_of_oracle_runs_are_refused_unless_wanted() -> None:
    tainted = replace(reply(Piece("12")), meta=replace(META, oracle=True))
    refused = checked(tainted, case(), TrainingSettings(), masks=False)
    assert refused == Refusal("the method looked at the reference answer")
    assert checked(tainted, case(), TrainingSettings(oracle="keep"), masks=False) == tainted


def test_a_prompt_ends_where_a_reply_can_follow() -> None:
    begun = replace(reply(Piece("12")), prompt=(*plain(LEGS), ("assistant", "It is")))
    refused = checked(begun, case(), TrainingSettings(), masks=False)
    assert refused == Refusal("the prompt does not end in a turn of the user")


@pytest.mark.parametrize("origin", HANDLED)
@pytest.mark.parametrize("handling", ["mask", "drop", "keep"])
def test_what_is_not_the_model_s_is_masked_dropped_or_kept(origin: Origin, handling: str) -> None:
    name = origin if origin in ("tool", "person") else "inserted"
    settings = TrainingSettings.model_validate({name: handling})
    example = reply(Piece("Let me see. "), Piece("Wait.", origin=origin), joint(" So:"))
    made = checked(example, case(), settings, masks=True)
    if handling == "drop":
        assert isinstance(made, Refusal)
    else:
        assert isinstance(made, Reply)
        assert [piece.trained for piece in made.reply] == [True, handling == "keep", True]
    assert isinstance(checked(example, case(), settings, masks=False), Refusal) == (handling != "keep")


def test_a_preference_cannot_mask() -> None:
    pair = Pair(META, plain(LEGS), (Piece("12", origin="tool"),), (Piece("10"),))
    assert isinstance(checked(pair, case(), TrainingSettings(), masks=True), Refusal)


@pytest.mark.parametrize(("ratio", "kept"), [(0.0, True), (5.0, True), (4.9, False)])
def test_pairs_may_be_only_so_unequal(ratio: float, kept: bool) -> None:
    pair = Pair(META, plain(LEGS), (Piece("12"),), (Piece("0123456789"),))
    assert isinstance(checked(pair, case(), TrainingSettings(length_ratio=ratio), masks=False), Pair) == kept


def test_origins_are_cut_at_characters() -> None:
    said = text("Zwölf — warte, zehn", spans=(Span(0, 11, "model"), Span(11, 16, "injected")))
    assert pieces_of(said) == (
        Piece("Zwölf — "), Piece("warte", origin="injected"), Piece(", zehn"),
    )  # fmt: skip
    assert "".join(piece.text for piece in pieces_of(said)) == said.text


YESNO = Problem("moon", "Is the moon a star?", "yesno", "no")
CHOICE = Problem("pick", "Which one?", "choice", "B", ("red", "blue"))
BIG = Problem("big", "How many?", "numeric", "1234")


@pytest.mark.parametrize(
    ("problem", "says", "leaking"),
    [
        (LEGS, "", False),
        (LEGS, "The correct answer is 12.", True),
        (LEGS, "Hint: 12", True),
        (LEGS, "Use at most 120 words, or 12.5.", False),
        (BIG, "It is 1,234.", True),
        (YESNO, "Explain in one sentence, then write yes or no.", False),
        (YESNO, "The answer is no.", True),
        (CHOICE, "Choose (A) or (B).", False),
        (CHOICE, "The correct answer: (B)", True),
        (Problem("salt", "What is it?", "text", "NaCl | salt"), "It is Salt, of course.", True),
        (Problem("root", "What is the root?", "math", "|x|"), "Write x for what is asked for.", False),
        (Problem("open", "Why?", "none", None), "Because of 12.", False),
    ],
)
def test_a_prompt_may_not_hold_the_reference(problem: Problem, says: str, leaking: bool) -> None:
    prompt = (*plain(problem), ("assistant", f"I think {problem.reference}."), ("user", says))
    assert leaks(prompt, case(problem=problem), []) == leaking


def test_what_the_model_said_before_is_no_leak() -> None:
    draft = text("They have 12 legs.", "correct", id="draft")
    of = case(told(draft))
    quoted = (("user", f"Here is a solution: {draft.text} Criticise it."),)
    assert not leaks(quoted, of, ["draft"])
    assert leaks(quoted, of, [])
    row = replace(reply(Piece("12")), prompt=(*quoted, ("assistant", "Hm."), ("user", "It is 12.")))
    assert checked(row, of, TrainingSettings(), masks=False) == Refusal("the reference answer stands in the prompt")


def candidate(problem: str, kind: str, said: str) -> Candidate:
    meta = replace(META, problem=problem, kind=kind)
    return Candidate(meta, {"completion": said, "meta": {"kind": kind}})


ROWS = [
    *(candidate("a", "good", f"answer {at}") for at in range(5)),
    candidate("a", "bad", "answer  0 "),
    *(candidate("b", "bad", f"other {at}") for at in range(2)),
]


def test_repetitions_are_dropped_and_problems_and_kinds_are_balanced() -> None:
    kept, left = chosen(ROWS, TrainingSettings(per_problem=3, balance=True), ["completion"])
    assert left == {REPEATED: 1, CAPPED: 2, UNBALANCED: 1}
    assert Counter(each.meta.kind for each in kept) == {"good": 2, "bad": 2}
    assert chosen(ROWS, TrainingSettings(dedup=False), ["completion"]) == (ROWS, {})


def test_rows_that_first_fill_a_column_stand_ahead_and_the_others_keep_their_order() -> None:
    fillings: list[dict[str, object]] = [
        {"n": 0, "a": None, "meta": {"by": [], "spans": [[]]}},
        {"n": 1, "a": None, "meta": {"by": [], "spans": [[]]}},
        {"a": 1, "meta": {"by": [], "spans": [[]]}},
        {"a": 2, "meta": {"by": ["Ada"], "spans": [[], [{"start": 0}]]}},
        {"a": 3, "meta": {"by": ["Bob"], "spans": [[{"start": 1}]]}},
    ]
    rows = [Candidate(META, row) for row in fillings]
    assert [rows.index(each) for each in typed_first(rows)] == [0, 2, 3, 1, 4]


def test_what_is_kept_depends_on_the_seed_alone() -> None:
    def said(seed: int) -> list[str]:
        kept, _ = chosen(ROWS, TrainingSettings(per_problem=2, seed=seed), ["completion"])
        return [each.row["completion"] for each in kept]

    assert said(1) == said(1)
    assert len({tuple(said(seed)) for seed in range(20)}) > 1
