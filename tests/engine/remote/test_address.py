"""Addresses of model servers: one spelling for each, and never one that holds a key."""

from __future__ import annotations

import pytest

from webapp.engine.remote.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "base", "model"),
    [
        ("http://gpu:8000", "http://gpu:8000/v1", ""),
        (" HTTP://GPU:8000/v1/ ", "http://gpu:8000/v1", ""),
        ("https://api.example.org/openai/v1#a/B-c", "https://api.example.org/openai/v1", "a/B-c"),
        ("http://[::1]:8000/v1#x", "http://[::1]:8000/v1", "x"),
    ],
)
def test_spellings(text: str, base: str, model: str):
    found = parse_address(text)
    assert found == Address(base, model)
    assert parse_address(str(found)) == found
    assert found.root == base.removesuffix("/v1")


@pytest.mark.parametrize(
    "text", ["http://", "ftp://gpu/v1", "http://gpu:port/v1", "gpu:8000", "http://[::1", "http:///v1"]
)
def test_what_is_no_address(text: str):
    with pytest.raises(ValueError, match="address"):
        parse_address(text)


@pytest.mark.parametrize("text", ["http://me:s3cret@gpu/v1", "http://s3cret@gpu/v1", "https://gpu/v1?key=s3cret"])
def test_a_key_in_an_address_is_refused_and_not_repeated(text: str):
    with pytest.raises(ValueError, match="in the field for it") as refused:
        parse_address(text)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "here"),
    [("http://localhost:1", True), ("http://127.0.0.9", True), ("http://[::1]", True), ("http://gpu", False)],
)
def test_what_is_on_this_machine(text: str, here: bool):
    assert parse_address(text).on_this_machine is here
