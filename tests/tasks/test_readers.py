from __future__ import annotations

import json
from pathlib import Path

import pytest

from webapp.tasks.readers import FORMATS, ReadError, read

DATA = Path(__file__).parent / "data"
FILES = {
    "gsm8k": "gsm8k.jsonl", "math500": "math500.jsonl", "svamp": "svamp.jsonl",
    "commonsenseqa": "commonsenseqa.jsonl",
    "truthfulqa": "truthfulqa.json", "strategyqa": "strategyqa.json", "aime": "aime.jsonl",
}  # fmt: skip


def test_gsm8k() -> None:
    problems = read(DATA / "gsm8k.jsonl", "gsm8k")
    assert [p.reference for p in problems][:2] == ["18", "3"]
    assert all(p.kind == "numeric" and (p.reference or "").lstrip("-").isdigit() for p in problems)
    assert problems[0].question.startswith("Janet’s ducks lay 16 eggs per day.")
    assert [p.source for p in problems] == [f"gsm8k:{n}" for n in range(1, 5)]


def test_math500() -> None:
    problem = read(DATA / "math500.jsonl", "math500")[0]
    assert (problem.kind, problem.reference) == ("math", "\\left( 3, \\frac{\\pi}{2} \\right)")
    assert problem.tags == ("Precalculus", "level 2")


def test_svamp_joins_body_and_question() -> None:
    problem = read(DATA / "svamp.jsonl", "svamp")[0]
    assert problem.question.endswith("are organized into 93 groups. How big is each group of bananas?")
    assert (problem.reference, problem.tags) == ("145", ("Common-Division",))


def test_commonsenseqa_keeps_repeated_options_apart() -> None:
    first, _, repeated = read(DATA / "commonsenseqa.jsonl", "commonsenseqa")
    assert first.choices == ("bank", "library", "department store", "mall", "new york")
    assert first.reference == "A"
    assert repeated.choices[0] == "indestructible"
    assert repeated.choices[3] == "indestructible (2)"


def test_truthfulqa_orders_options_by_seed_and_keeps_the_right_one() -> None:
    right = [next(iter(row["mc1_targets"])) for row in json.loads((DATA / "truthfulqa.json").read_text("utf-8"))]
    letters = set()
    for seed in range(8):
        problems = read(DATA / "truthfulqa.json", "truthfulqa", seed=seed)
        assert problems == read(DATA / "truthfulqa.json", "truthfulqa", seed=seed)
        assert [p.choices[ord(p.reference or "") - 65] for p in problems] == right
        letters |= {p.reference for p in problems}
    assert len(letters) > 1


def test_strategyqa_drops_the_instruction_around_the_question() -> None:
    problems = read(DATA / "strategyqa.json", "strategyqa")
    assert [p.reference for p in problems] == ["no", "yes", "no"]
    assert problems[0].question == "Is the cuisine of Hawaii suitable for a vegan?"
    plain = b'[{"question": "Is it?", "answer": true}]'
    assert read(plain, "strategyqa")[0].reference == "yes"


def test_aime_answers_lose_their_leading_zeros() -> None:
    assert [p.reference for p in read(DATA / "aime.jsonl", "aime")] == ["25", "15"]


@pytest.mark.parametrize("format", FILES)
def test_every_format_reads_windows_files_and_later_rows_name_their_line(format: str) -> None:
    data = (DATA / FILES[format]).read_bytes()
    windows = b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    assert read(windows, format) == read(data, format)
    if FILES[format].endswith(".jsonl"):
        with pytest.raises(ReadError) as caught:
            read(data + b"\n{}\n", format, name="mine.jsonl")
        line = data.count(b"\n") + 2
        assert str(caught.value).startswith(f"mine.jsonl, line {line}: the field ")


def test_an_odd_line_separator_inside_a_text_does_not_end_the_row() -> None:
    row = json.dumps({"question": "one\u2028two\u0085three", "answer": "#### 1"}, ensure_ascii=False).encode()
    assert read(row + b"\n" + row, "gsm8k")[1].question == "one\u2028two\u0085three"


@pytest.mark.parametrize(
    ("data", "format", "message"),
    [
        (b"", "gsm8k", "f: the file has no rows."),
        (b"\n\r\n", "gsm8k", "f: the file has no rows."),
        (b"[]", "strategyqa", "f: the file has no rows."),
        (b"", "csv", "f: the file has no rows."),
        (b"question\n", "csv", "f: the file has no rows."),
        (b"", "strategyqa", "f, line 1: a JSON array was expected."),
        (b'{"question": "a", "answer": "#### 1"}\n{"question"', "gsm8k", "f, line 2: this is no JSON"),
        (b"[1]", "gsm8k", "f, line 1: a JSON object was expected."),
        (b'{"question": "a", "answer": "18"}', "gsm8k", 'f, line 1: the answer has no line "#### ...".'),
        (b'{"question": "a", "answer": "#### many"}', "gsm8k", 'f, line 1: "many" is no number.'),
        (b'{"question": "a"}', "gsm8k", "f, line 1: the field \"answer\" is missing; there are 'question'."),
        (b'{"question": " ", "answer": "#### 1"}', "gsm8k", "f, line 1: the question is empty."),
        (b'{"question": ["a"], "answer": "#### 1"}', "gsm8k", 'f, line 1: the field "question" must be text'),
        (b"\n\xff\xfe\xfa", "gsm8k", "f, line 2: the file is not UTF-8; save it with that encoding."),
        (b'[\n{"question": "a", "answer": true},\n\n{"question": "b"}]', "strategyqa", "f, line 4: the field"),
        (b'[\n{"question": "a", "answer": true},\n{"question": }]', "strategyqa", "f, line 3: this is no JSON"),
        (b'[\n{"question": "a", "answer": true}\n', "strategyqa", "f, line 3: the array ends in the middle."),
        (b'[{"question": "a", "mc1_targets": {"x": 1, "y": 1}}]', "truthfulqa", 'f, line 1: "mc1_targets" must'),
        (b'[{"question": "a", "mc1_targets": []}]', "truthfulqa", 'f, line 1: the field "mc1_targets" must'),
        (b'{"a": ' + b"[" * 100_000, "gsm8k", "f, line 1: this JSON is nested too deeply or holds too long"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "gsm8k", "f, line 1: this JSON is nested too deeply or holds too long"),
        (b"x", "parquet", 'f: there is no format "parquet"; there are gsm8k, '),
    ],
)
def test_a_bad_file_is_one_sentence_with_file_and_line(data: bytes, format: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(data, format, name="f")
    assert str(caught.value).startswith(message)
    assert str(caught.value).count("\n") == 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"^none\.jsonl: the file cannot be opened \(No such file or directory\)\.$"):
        read(tmp_path / "none.jsonl", "gsm8k")


def test_utf16_with_its_mark_is_read() -> None:
    text = json.dumps({"question": "é?", "answer": "#### 1"}, ensure_ascii=False)
    assert read(text.encode("utf-16"), "gsm8k")[0].question == "é?"


def test_every_format_has_a_title() -> None:
    assert set(FILES) | {"csv", "jsonl"} == set(FORMATS)
    assert all(known.title for known in FORMATS.values())
