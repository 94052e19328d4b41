"""The tree of beginnings: what is shared, how often, and where it is drawn."""

from __future__ import annotations

import pytest

from webapp.analysis.prefix_tree import heights, prefix_tree

TEXTS = [(1, 2, 3), (1, 2, 4, 5), (6, 7, 8), (1, 9)]


def test_it_has_what_several_texts_share_and_the_first_token_after_it() -> None:
    nodes = prefix_tree(TEXTS)
    assert {prefix: node.count for prefix, node in nodes.items()} == {
        (): 4, (1,): 3, (1, 2): 2, (1, 2, 3): 1, (1, 2, 4): 1, (6,): 1, (1, 9): 1,
    }  # fmt: skip
    assert nodes[()].children == [(1,), (6,)] and nodes[(1,)].children == [(1, 2), (1, 9)]


def test_leaves_stand_below_each_other_and_others_amid_what_follows_them() -> None:
    height = heights(prefix_tree(TEXTS))
    assert [height[leaf] for leaf in ((1, 2, 3), (1, 2, 4), (1, 9), (6,))] == [0.0, 1.0, 2.0, 3.0]
    assert height[(1, 2)] == 0.5
    assert height[(1,)] == pytest.approx((0.5 + 2.0) / 2)
    assert height[()] == pytest.approx((1.25 + 3.0) / 2)


def test_equal_texts_and_one_that_ends_inside_another_are_one_branch() -> None:
    nodes = prefix_tree([(1, 2), (1, 2), (1,)])
    assert {prefix: node.count for prefix, node in nodes.items()} == {(): 3, (1,): 3, (1, 2): 2}


def test_a_single_text_is_its_first_token_and_none_is_nothing() -> None:
    assert list(prefix_tree([(5, 6, 7)])) == [(), (5,)]
    assert heights(prefix_tree([()])) == {(): 0.0}


def test_depth_is_no_matter_of_the_stack() -> None:
    long = tuple(range(3000))
    assert len(heights(prefix_tree([long, long]))) == 3001
