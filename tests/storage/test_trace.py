import numpy as np
import pytest

from storage.trace import TokenTrace, concatenate, summarise


def trace_of(pieces: list[bytes], special: frozenset[int] = frozenset(), **columns: object) -> TokenTrace:
    ids = np.arange(len(pieces), dtype=np.int32)
    return TokenTrace(ids=ids, pieces=dict(enumerate(pieces)), vocab_size=100, special=special, **columns)  # type: ignore[arg-type]


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_a_character_split_over_tokens_belongs_to_its_last_token() -> None:
    trace = trace_of([b"a", "é".encode()[:1], "é".encode()[1:], b"!"])
    assert trace.token_texts() == ["a", "", "é", "!"]
    assert trace.offsets() == [0, 1, 1, 3, 4]
    assert trace.text() == ("aé!", False)


def test_invalid_bytes_and_nul_are_replaced_and_flagged_and_offsets_follow_the_text() -> None:
    trace = trace_of([b"x\0", b"\xff", b"y", b"\xe2\x82"])
    text, replaced = trace.text()
    assert replaced
    assert text == "x\ufffd\ufffdy\ufffd"
    assert trace.offsets()[-1] == len(text.encode())
    assert trace.offsets() == [0, 4, 7, 8, 11]


def test_special_tokens_add_nothing_to_the_text() -> None:
    trace = trace_of([b"hi", b"<|im_end|>"], special=frozenset({1}))
    assert trace.text() == ("hi", False)
    assert trace.pieces[1] == b"<|im_end|>"


def test_self_certainty_is_the_divergence_of_the_uniform_from_the_model() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 100)) * 3
    lse = np.log(np.exp(logits).sum(1))
    logp = logits - lse[:, None]
    divergence = (1 / 100 * (np.log(1 / 100) - logp)).sum(1)
    trace = trace_of([b"a", b"b", b"c"], logsumexp=floats(*lse), mean_logit=floats(*logits.mean(1)))
    assert trace.self_certainty is not None
    np.testing.assert_allclose(trace.self_certainty, divergence, rtol=1e-5)


def test_summary_leaves_out_tokens_that_no_pass_scored() -> None:
    summary = summarise(trace_of([b"a", b"b"], entropy=floats(1.0, 3.0), logprob=floats(-0.5, np.nan)))
    assert (summary.tokens, summary.mean_entropy, summary.max_entropy) == (2, 2.0, 3.0)
    assert (summary.mean_logprob, summary.sum_logprob) == (-0.5, -0.5)
    assert summary.self_certainty is None


def test_summary_of_nothing_is_unknown_and_not_zero() -> None:
    summary = summarise(trace_of([], entropy=floats(), logprob=floats()))
    assert (summary.tokens, summary.mean_entropy, summary.mean_logprob, summary.last_entropy) == (0, None, None, None)


def test_last_entropy_is_the_mean_of_the_last_ten() -> None:
    summary = summarise(trace_of([b"a"] * 12, entropy=np.arange(12, dtype=np.float32)))
    assert summary.last_entropy == pytest.approx(np.mean(range(2, 12)))


def test_slices_join_to_the_whole() -> None:
    grid = {0.5: (floats(1, 2, 3), floats(4, 5, 6))}
    whole = trace_of([b"a", b"b", b"c"], entropy=floats(1, 2, 3), grid=grid)
    joined = concatenate([whole.slice(0, 1), whole.slice(1)])
    np.testing.assert_array_equal(joined.ids, whole.ids)
    np.testing.assert_array_equal(joined.entropy, whole.entropy)
    np.testing.assert_array_equal(joined.grid[0.5][1], grid[0.5][1])
    assert joined.pieces == whole.pieces


def test_joining_pads_alternatives_and_keeps_unknown_unknown() -> None:
    wide = trace_of(
        [b"a"], top_ids=np.array([[1, 2]], np.int32), top_logprobs=floats(-1, -2).reshape(1, 2), entropy=floats(1)
    )
    narrow = trace_of([b"a"], top_ids=np.array([[1]], np.int32), top_logprobs=floats(-1).reshape(1, 1))
    joined = concatenate([wide, narrow])
    assert joined.top_ids is not None and joined.top_ids.tolist() == [[1, 2], [1, -1]]
    assert joined.top_logprobs is not None and np.isnan(joined.top_logprobs[1, 1])
    assert joined.entropy is None


def test_traces_of_two_vocabularies_do_not_join() -> None:
    other = TokenTrace(ids=np.zeros(1, np.int32), pieces={0: b"a"}, vocab_size=7)
    with pytest.raises(ValueError, match="one vocabulary"):
        concatenate([trace_of([b"a"]), other])
