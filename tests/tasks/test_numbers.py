from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.tasks.numbers import canonical, equal, find_numbers, value_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$1,234.50", ["1234.5"]),
        ("1{,}234 and 10,\\!080", ["1234", "10080"]),
        ("12,34,567", ["1234567"]),
        ("1,2,3", ["1", "2", "3"]),
        ("1\u202f234\u202f567", ["1234567"]),
        ("3½ cups", ["3.5"]),
        ("½", ["0.5"]),
        ("1 4/5", ["1.8"]),
        ("\\frac{3}{4} \\dfrac12 1\\frac{4}{5}", ["0.75", "0.5", "1.8"]),
        ("-\\frac{1}{3}", ["-1/3"]),
        ("1.5 x 10^3", ["1500"]),
        ("1.5\\times10^{-3}", ["0.0015"]),
        ("2 × 10³", ["2000"]),
        ("1e3 2E-2", ["1000", "0.02"]),
        ("50% or 50 percent", ["50%", "50%"]),
        ("3 million", ["3000000"]),
        ("$3k", ["3000"]),
        ("−5 and $-5 and -$5", ["-5", "-5", "-5"]),
        ("10–12 legs, 5-3", ["10", "12", "5", "3"]),
        ("- 8 legs", ["8"]),
        ("-0.0", ["0"]),
        (".5", ["0.5"]),
        ("12.", ["12"]),
        ("007", ["7"]),
        ("٣", ["3"]),
        ("10 cm²", ["10"]),
        ("10 cm^2, H2O, x1", ["10"]),
        ("1/0", []),
        ("", []),
    ],
)
def test_finds_numbers_as_people_write_them(text: str, found: list[str]) -> None:
    assert find_numbers(text) == found


@pytest.mark.parametrize("text", ["1e999999", "-2.50e123456789", "9e-999999"])
def test_an_enormous_exponent_is_kept_without_being_expanded(text: str) -> None:
    [number] = find_numbers(text)
    assert value_of(number) is None
    assert equal(number, number)
    assert not equal(number, "1")


def test_an_enormous_number_has_one_spelling() -> None:
    assert find_numbers("1e999999 10e999998 0.1e1000000 0e999999") == ["1e999999"] * 3 + ["0"]


@pytest.mark.parametrize("text", ["1e" + "9" * 40, "9" * 5000, "1/" + "9" * 5000, "3." + "1" * 5000])
def test_absurdly_long_numbers_are_passed_over(text: str) -> None:
    assert find_numbers(text) == []


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("0.5", "1/2", True),
        ("50%", "50", True),
        ("1/3", "0.3333", True),
        ("1/3", "0.33", False),
        ("3.14159", "3.1416", True),
        ("2.5", "2.50001", False),
        ("1000000", "1000001", False),
        ("0", "0.00001", False),
    ],
)
def test_equality(a: str, b: str, same: bool) -> None:
    assert equal(a, b) is same
    assert equal(b, a) is same


@given(st.fractions(max_denominator=10**6))
def test_a_value_survives_its_canonical_spelling(value: Fraction) -> None:
    spelled = canonical(value)
    assert value_of(spelled) == value
    assert find_numbers(spelled) == [spelled]


@given(st.integers(-(10**60), 10**60))
def test_integers_are_found_with_separators_and_money(value: int) -> None:
    assert [value_of(n) for n in find_numbers(f"it is ${value:,}.")] == [value]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_read_exactly_as_written(value: float) -> None:
    [number] = find_numbers(repr(value))
    assert value_of(number) == Fraction(repr(value))


@given(st.text())
def test_any_text_is_read_without_error(text: str) -> None:
    for number in find_numbers(text):
        assert find_numbers(number) == [number]
