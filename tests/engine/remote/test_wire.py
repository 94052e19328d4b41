"""How a text is asked for, and why it ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage.records import FinishReason
from webapp.engine.protocol import Message, Sampling
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.wire import ending, estimate, seed_of, sent_stops, stops

KEYED = Sampling(seed=3, problem="p", label="draft")


@pytest.mark.parametrize(
    ("choice", "stopping", "reason"),
    [
        ({"finish_reason": None}, True, None),
        ({}, False, None),
        ({"finish_reason": "length", "stop_reason": None}, True, "length"),
        ({"finish_reason": "stop", "stop_reason": None}, True, "eos"),
        ({"finish_reason": "stop", "stop_reason": 128009}, True, "eos"),
        ({"finish_reason": "stop", "stop_reason": "END"}, True, "stop"),
        ({"finish_reason": "stop"}, True, "stop"),
        ({"finish_reason": "stop"}, False, "eos"),
        ({"finish_reason": "content_filter"}, False, "stop"),
    ],
)
def test_why_a_text_ended(choice: dict[str, Any], stopping: bool, reason: FinishReason | None):
    assert ending(choice, stopping) == reason


def test_a_text_that_the_server_gave_up_on_has_no_end():
    with pytest.raises(ValueError, match="abort"):
        ending({"finish_reason": "abort"}, False)


def test_seeds_are_keyed_by_what_keys_noise_and_count_on_over_samples():
    first = seed_of(KEYED, 0)
    assert seed_of(replace(KEYED, first_sample=4), 0) == first + 4
    others = [
        replace(KEYED, seed=4), replace(KEYED, problem="q"), replace(KEYED, label="critique-1"),
        replace(KEYED, redraw=1),
    ]  # fmt: skip
    assert len({first, seed_of(KEYED, 7), *(seed_of(other, 0) for other in others)}) == 6
    assert seed_of(replace(KEYED, temperature=0.1, max_tokens=9), 0) == first


def test_stop_strings_of_a_model_without_a_template():
    sampling = Sampling(stop=("a", "", "b\ud800"))
    assert stops(sampling, Facts("m")) == ("a", "b\ud800")
    assert sent_stops(sampling, Facts("m")) == ["a", "b\ufffd"]
    assert stops(sampling, Facts("m", template=False)) == ("a", "b\ud800", "\nQuestion:")
    assert len(sent_stops(Sampling(stop=tuple("abcdef")), Facts("m"))) == 4


def test_estimates_are_rather_too_high():
    assert estimate((Message("user", "What is the capital of Morocco?"),)) > 7
