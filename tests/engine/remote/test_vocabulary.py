"""Ids of our own: the same in every process, spelled exactly, kept apart from the model's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.engine.protocol import EngineError
from webapp.engine.remote.vocabulary import OWN, Vocabulary


@given(st.text())
def test_words_spell_the_text(text: str):
    vocabulary = Vocabulary()
    assert vocabulary.text(vocabulary.words(text)) == text
    assert all(OWN <= token < 2 * OWN for token in vocabulary.words(text))
    assert vocabulary.words(text) == Vocabulary().words(text)


def test_lone_surrogates_are_replaced():
    vocabulary = Vocabulary()
    assert vocabulary.text(vocabulary.words("a\ud800")) == "a\ufffd"


def test_two_pieces_of_one_hash_get_two_ids():
    vocabulary = Vocabulary()
    first = vocabulary.own(b"one")
    vocabulary._pieces[first] = b"other"
    assert vocabulary.own(b"one") == first + 1
    assert vocabulary.piece(first + 1) == b"one"


def test_what_was_never_met_is_said_until_it_is_learnt():
    token = Vocabulary().own(b"elsewhere")
    vocabulary = Vocabulary({0: b"a"})
    with pytest.raises(EngineError, match="written elsewhere"):
        vocabulary.piece(token)
    vocabulary.learn({token: b"elsewhere", 0: b"changed"})
    assert vocabulary.piece(token) == b"elsewhere"
    assert vocabulary.piece(0) == b"a"
    assert vocabulary.piece(7) == b"<id 7>"


def test_runs_of_one_kind_stay_together():
    vocabulary = Vocabulary({1: b"x", 2: b"<end>"}, special=[2])
    words = vocabulary.words("two words")
    assert list(vocabulary.stretches([1, *words, 2, 1])) == [(False, (1,)), (True, words), (False, (2, 1))]
    assert vocabulary.text([1, 2, 1]) == "xx"
