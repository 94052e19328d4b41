from __future__ import annotations

import json

import pytest

from webapp.tasks.readers import ColumnMapping, ReadError, read

CSV = '''id;frage;antwort;a;b;art
1;"eins
zwei ""drei""";4;;;numeric
2;was?;Mars;Venus;Mars;choice

3;nur so;;;;none
'''


def test_a_csv_with_quoted_newlines_a_kind_column_and_a_mapping() -> None:
    mapping = {"question": "frage", "reference": "antwort", "choices": ["a", "b"], "kind": "art", "tags": "id"}
    problems = read(CSV.encode(), "csv", mapping, name="mine.csv")
    assert [p.question for p in problems] == ['eins\nzwei "drei"', "was?", "nur so"]
    assert [p.kind for p in problems] == ["numeric", "choice", "none"]
    assert [p.reference for p in problems] == ["4", "B", None]
    assert [p.source for p in problems] == ["mine:1", "mine:2", "mine:3"]
    assert problems[0].tags == ("1",)
    assert read(CSV.replace("\n", "\r\n").encode("utf-8-sig"), "csv", mapping)[1].choices == ("Venus", "Mars")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("2;was?", "2;was?;mehr"), "mine.csv, line 4: this row has 7 cells, the header has 6."),
        (("Mars;choice", "Mars;essay"), 'mine.csv, line 4: "essay" is no kind; there are numeric, math, choice'),
        (("2;was?;Mars", "2;was?;Pluto"), 'mine.csv, line 4: "Pluto" is no letter or text of one option.'),
        (('zwei ""drei"""', 'zwei ""drei""'), "mine.csv, line 2: this is no CSV: "),
        (("nur so", ""), "mine.csv, line 6: the question is empty."),
        (("antwort", "frage"), "mine.csv, line 1: two columns have the same name."),
        (("nur so", "nur\0so"), "mine.csv, line 6: the file holds a NUL; it is no text."),
    ],
)
def test_a_bad_csv_row_names_the_line_it_starts_on(change: tuple[str, str], message: str) -> None:
    mapping = ColumnMapping("frage", "antwort", "art", ("a", "b"))
    with pytest.raises(ReadError) as caught:
        read(CSV.replace(*change).encode(), "csv", mapping, name="mine.csv")
    assert str(caught.value).startswith(message)


def test_jsonl_with_a_mapping_and_listed_choices() -> None:
    rows = b"""{"q": "a?", "o": ["x", "y"], "r": "y"}
{"q": "b?", "o": "x | z", "r": "A"}
{"q": "c?", "o": "[1, 2.5]", "r": 1}"""
    problems = read(rows, "jsonl", {"question": "q", "choices": "o", "reference": "r"})
    assert [(p.kind, p.reference, p.choices) for p in problems] == [
        ("choice", "B", ("x", "y")),
        ("choice", "A", ("x", "z")),
        ("choice", "A", ("1", "2.5")),
    ]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"question": "missing"}, "line 1: the field \"missing\" is missing; there are 'q', 'r'."),
        ({"question": "q", "kind": "essay"}, 'line 1: the field "essay" is missing'),
        ({"question": ["q"]}, "question, reference and kind each name one column."),
        ({"answer": "r"}, 'a column mapping has no "answer"; it has question, reference, kind, choices, tags.'),
    ],
)
def test_a_wrong_mapping_says_so(mapping: dict[str, str], message: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(b'{"q": "a?", "r": 1}', "jsonl", mapping, name="m")
    assert message in str(caught.value)


def test_an_option_that_only_looks_like_a_list_is_an_option() -> None:
    row = json.dumps({"q": "a?", "c": "[" * 100_000 + "|b"}).encode()
    [problem] = read(row, "jsonl", {"question": "q", "choices": "c"})
    assert problem.choices == ("[" * 100_000, "b")


def test_a_hundred_thousand_rows_are_read() -> None:
    data = ("q,a\r\n" + '"what\nis ""it""",5\r\n' * 100_000).encode()
    problems = read(data, "csv", {"question": "q", "reference": "a", "kind": "numeric"})
    assert len(problems) == 100_000
    with pytest.raises(ReadError, match="line 200002: "):
        read(data + b"x\r\n", "csv", {"question": "q"})
