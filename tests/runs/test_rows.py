"""Rows of tokens that nobody sampled."""

from __future__ import annotations

import numpy as np

from storage.trace import COLUMNS, concatenate
from tests.runs.traces import trace_of
from webapp.runs.rows import at, forced, unscored


def test_injected_rows_join_a_trace_without_losing_its_columns() -> None:
    trace = trace_of([b"a", b"b"])
    rows = unscored([8, 9], lambda token: f"<{token}>".encode(), trace)
    whole = concatenate([trace, rows])
    assert all(getattr(whole, name) is not None for name in COLUMNS)
    assert whole.text()[0] == "ab<8><9>"
    assert whole.logprob is not None and np.isnan(whole.logprob[2:]).all()
    assert whole.entropy is not None and whole.entropy[:2].tolist() == [0.25, 0.5]
    assert whole.top_ids is not None and (whole.top_ids[2:] == -1).all()


def test_a_forced_token_keeps_the_distribution_and_its_probability_in_it() -> None:
    row = trace_of([b"a", b"b"]).slice(1, 2)  # id 1, alternatives 1, 2, 3
    other = forced(row, 3, b"!")
    assert other.ids.tolist() == [3]
    assert other.text()[0] == "!"
    assert other.logprob is not None and other.logprob.tolist() == [-2.0]
    assert other.sampled_logprob is not None and np.isnan(other.sampled_logprob).all()
    assert other.entropy is not None and row.entropy is not None and other.entropy[0] == row.entropy[0]
    unlisted = forced(row, 77, b"?")
    assert unlisted.logprob is not None and np.isnan(unlisted.logprob).all()
    same = forced(row, 1, b"b")
    assert same.logprob is not None and row.logprob is not None and same.logprob[0] == row.logprob[0]


def test_rows_can_be_given_one_time() -> None:
    rows = at(trace_of([b"a", b"b"]), 2.5)
    assert rows.seconds is not None and rows.seconds.tolist() == [2.5, 2.5]
