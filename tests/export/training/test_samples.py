"""Builders over samples of a problem: sharpening, partial solutions, step labels by rollouts, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Span, VerdictValue
from tests.export.training.cases import LEGS, built, case, replies, rows, sample, text, told
from webapp.export.training.builders.graded import GRADED
from webapp.export.training.builders.partial import PARTIAL, states_of
from webapp.export.training.builders.sharpening import SHARPENING
from webapp.export.training.builders.step_labels import STEP_LABELS, arrive
from webapp.export.training.checks import checked
from webapp.export.training.examples import Graded, Pair, Reply, Steps, written
from webapp.export.training.formats.prm800k import PRM800K
from webapp.export.training.material import Judged
from webapp.export.training.settings import TrainingSettings

SHORT, LONG = sample("B", "incorrect", 1, -10.0, 4), sample("A, at length", "correct", 0, -12.0, 12)


@pytest.mark.parametrize(("reward", "best"), [("sum_logprob", "B"), ("mean_logprob", "A, at length")])
def test_the_sum_prefers_what_is_probable_and_the_mean_what_is_so_per_token(reward: str, best: str) -> None:
    reply, pair = built(SHARPENING, case(told(LONG, SHORT)), reward=reward)[0]
    assert isinstance(reply, Reply)
    assert isinstance(pair, Pair)
    assert written(reply.reply) == written(pair.chosen) == best
    assert pair.extra["reward_gap"] > 0


@pytest.mark.parametrize(
    ("reward", "known"),
    [
        ("sum_logprob", {"n": 2, "logp_base": -10.0, "second_logp": -12.0}),
        ("mean_logprob", {"n": 2, "mean_logp_base": -1.0, "second_mean_logp": -2.5}),
    ],
)
def test_rewards_are_called_what_they_are(reward: str, known: dict[str, float]) -> None:
    assert replies(SHARPENING, case(told(LONG, SHORT)), reward=reward)[0].extra == known


def test_a_sample_as_good_as_the_best_is_never_rejected() -> None:
    twin, worse = sample("B too", "correct", 2, -10.0, 4), sample("C", "correct", 3, -11.0, 4)
    of = case(told(SHORT, twin, worse))
    for seed in range(8):
        _, pair = SHARPENING.build(of, TrainingSettings(rejected="random"), Random(seed))
        assert isinstance(pair, Pair) and written(pair.rejected) == "C"
    assert built(SHARPENING, case(told(SHORT, twin)))[1] == ["all samples have one reward, so none is better"]


def test_sharpening_looks_at_no_label() -> None:
    blind = [replace(each, verdict="ungraded") for each in (LONG, SHORT)]
    of, without = case(told(LONG, SHORT)), case(told(*blind), problem=replace(LEGS, reference=None))
    assert [str(each) for each in built(SHARPENING, of)[0]] == [str(each) for each in built(SHARPENING, without)[0]]


def test_samples_that_were_cut_off_do_not_count() -> None:
    cut = replace(SHORT, finish_reason="length")
    assert built(SHARPENING, case(told(LONG, cut)))[1] == ["fewer than two complete samples with known probabilities"]


def test_states_are_what_was_computed_so_far() -> None:
    assert states_of(["3 cats", "3 × 4 = 12", "1,000 + 1 = 1,001, so 5 = 5"]) == [(), ("12",), ("1001", "12", "5")]


def test_partial_solutions_compute_what_right_ones_do_and_end_in_no_end_of_text() -> None:
    right = text("We need 2 × 2 = 4.\nThen 4 × 3 = 12.\nAnswer: 12", "correct")
    wrong = text("A cat: 2 + 2 - 0 = 4.\nCats: 4 × 3 = 14.\nAnswer: 14", "incorrect", branch=1)
    full, part = replies(PARTIAL, case(told(right, wrong)))
    assert (written(full.reply), full.ends, full.extra["kind"]) == (right.text, True, "fcs")
    assert (written(part.reply), part.ends) == ("A cat: 2 + 2 - 0 = 4.", False)
    assert part.extra == {"task_id": "legs", "kind": "pcs", "append_eos": False, "n_statements": 1}


def test_a_beginning_of_something_stored_is_not_stored_again() -> None:
    right = text("2 × 2 = 4.\n4 × 3 = 12.\nAnswer: 12", "correct")
    same = text("2 × 2 = 4.\n4 × 3 = 13.\nAnswer: 13", "incorrect", branch=1)
    short, longer = (
        text(f"It is 2 + 2 = 4.{more}\nAnswer: 9", "incorrect", branch=2 + at)
        for at, more in enumerate(("", "\nAnd 6 + 6 = 12."))
    )
    made, refused = built(PARTIAL, case(told(right, same, short, longer)))
    assert [written(each.reply) for each in made if isinstance(each, Reply)] == [
        right.text, "It is 2 + 2 = 4.\nAnd 6 + 6 = 12.",
    ]  # fmt: skip
    assert refused == ["a stored solution begins with the partial one"]


def test_right_solutions_may_be_only_so_much_longer() -> None:
    few, many = text("12", "correct"), text("a = 1\nb = 2\nAnswer: 12", "correct", branch=1)
    assert len(replies(PARTIAL, case(told(few, many)))) == 2
    assert len(replies(PARTIAL, case(told(few, many)), tolerance=1)) == 1


SOLUTIONS = st.lists(st.tuples(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.booleans()), min_size=1)


@given(solutions=SOLUTIONS, fewest=st.integers(1, 3))
def test_labels_by_rollouts_are_monotone(solutions: Sequence[tuple[list[str], bool]], fewest: int) -> None:
    for steps, right in solutions:
        labels = arrive(steps, solutions, fewest)
        assert list(labels) == sorted(labels, reverse=True), "no good step follows a bad one"
        if right:
            assert all(labels)


def test_a_step_is_good_if_some_solution_through_it_is_right() -> None:
    of = case(told(*(text(f"a.\n{rest}", verdict, branch=at) for at, (rest, verdict) in enumerate(
        [("b.\nAnswer: 12", "correct"), ("b.\nAnswer: 11", "incorrect"), ("c.\nAnswer: 7", "incorrect"),
         ("c.\nAnswer: 8", "incorrect")]
    ))))  # type: ignore[arg-type]  # fmt: skip
    steps = [each for each in built(STEP_LABELS, of, labels_from="rollouts")[0] if isinstance(each, Steps)]
    assert [each.good for each in steps] == [(True, True), (True, True), (True, False), (True, False)]
    assert built(STEP_LABELS, of, labels_from="rollouts", rollouts=5)[0] == []


@pytest.mark.parametrize(
    ("label", "settings", "good"),
    [
        (Judged(first_error=1), {}, (True, False)),
        (Judged(flawless=True), {}, (True, True, True)),
        (Judged(ratings=(1, 0, -1)), {}, (True, True, False)),
        (Judged(ratings=(1, 0, -1)), {"neutral": "bad"}, (True, False, False)),
        (Judged(ratings=(1, None, None)), {}, (True,)),
        (Judged(ratings=(1, 0, -1)), {"neutral": "drop"}, None),
        (Judged(ratings=(None, 1, None)), {}, None),
        (Judged(first_error=9), {}, None),
        (Judged(disputed=True, first_error=0), {}, None),
    ],
)
def test_labels_of_people(label: Judged, settings: dict[str, str], good: tuple[bool, ...] | None) -> None:
    of = case(told(text("a.\nb.\nc.", id="it")), judged={"it": label})
    made, refused = built(STEP_LABELS, of, **settings)
    assert [each.good for each in made if isinstance(each, Steps)] == ([] if good is None else [good])
    assert len(refused) == (good is None)


@pytest.mark.parametrize(
    ("verdict", "label", "ending"),
    [
        ("correct", Judged(flawless=True), "solution"),
        ("ungraded", Judged(ratings=(1, 0, 1)), "solution"),
        ("incorrect", Judged(ratings=(1, 1, 1)), None),
        ("correct", Judged(ratings=(1, None, None)), None),
        ("incorrect", Judged(first_error=1), "found_error"),
    ],
)
def test_a_record_says_how_labelling_ended(verdict: VerdictValue, label: Judged, ending: str | None) -> None:
    of = case(told(text("a.\nb.\nc.", verdict, id="it")), judged={"it": replace(label, people=("Ada",))})
    [steps] = built(STEP_LABELS, of)[0]
    [record] = rows(PRM800K, steps)
    assert (record["labeler"], record["label"]["finish_reason"]) == ("Ada", ending)
    assert record["question"]["pre_generated_steps"] == ["a.", "b.", "c."]


def test_who_judged_an_outcome_labelled_no_step() -> None:
    of = case(told(text("a.\nb.", id="it")), judged={"it": Judged(right=True, people=("Ada",))})
    [steps] = built(STEP_LABELS, of, labels_from="rollouts", rollouts=1)[0]
    assert (steps.meta.labelled_by, rows(PRM800K, steps)[0]["labeler"]) == (("Ada",), None)


@pytest.mark.parametrize(("handling", "kept"), [("mask", True), ("keep", True), ("drop", False)])
def test_labels_of_steps_that_a_person_wrote_are_kept_unless_these_are_dropped(handling: str, kept: bool) -> None:
    said = text("a.\nb.", id="it", spans=(Span(0, 3, "model"), Span(3, 5, "person")))
    settings = TrainingSettings.model_validate({"person": handling})
    of = case(told(said), judged={"it": Judged(flawless=True)})
    [steps] = built(STEP_LABELS, of)[0]
    assert isinstance(checked(steps, of, settings, masks=False), Steps) == kept


def test_answers_with_their_outcome() -> None:
    of = case(told(text("12", "correct"), text("11", "incorrect", branch=1), text("?", "ungraded", branch=2)))
    made, refused = built(GRADED, of)
    assert [(written(each.reply), each.good) for each in made if isinstance(each, Graded)] == [
        ("12", True),
        ("11", False),
    ]
    assert [written(each.reply) for each in made if isinstance(each, Reply)] == ["12"]
    assert refused == ["the answer has no verdict"]
