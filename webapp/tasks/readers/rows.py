"""Rows of the file formats data sets come in, each with the line it starts on."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Row: TypeAlias = Mapping[str, object]
CSV_DELIMITERS = ",;\t"
MAX_CELL = 2**24
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class ReadError(Exception):
    """A file that cannot be read, in one sentence with the file and the line."""

    def __init__(self, name: str, line: int | None, complaint: str) -> None:
        where = name if line is None else f"{name}, line {line}"
        super().__init__(f"{where}: {complaint}.")
        self.name, self.line = name, line


def decoded(data: bytes, name: str) -> str:
    """Return the text of UTF-8 (or, with a byte order mark, UTF-16) bytes.

    Raises:
        ReadError: for another encoding.

    """
    encoding = next((known for mark, known in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadError(name, line, "the file is not UTF-8; save it with that encoding") from None


def json_lines(text: str, name: str) -> Iterator[tuple[int, Row]]:
    """Yield the objects of a JSON Lines text; only a newline ends a line, blank lines are passed over."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _object(_parsed(line, name, number), name, number)


def json_array(text: str, name: str) -> Iterator[tuple[int, Row]]:
    """Yield the objects of a JSON array, read one by one so that each has its line."""
    decoder, at, line = json.JSONDecoder(), _skip(text, 0), 1
    if text[at : at + 1] != "[":
        raise ReadError(name, 1 + text.count("\n", 0, at), "a JSON array was expected")
    at, seen = _skip(text, at + 1), 0
    while text[at : at + 1] != "]":
        line, seen = line + text.count("\n", seen, at), at
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise ReadError(name, error.lineno, f"this is no JSON: {error.msg}") from None
        except (ValueError, RecursionError):
            raise ReadError(name, line, "this JSON is nested too deeply or holds too long a number") from None
        yield line, _object(value, name, line)
        at = _skip(text, end)
        if text[at : at + 1] not in (",", "]"):
            raise ReadError(name, 1 + text.count("\n", 0, at), "the array ends in the middle")
        at = _skip(text, at + 1) if text[at] == "," else at


def csv_rows(text: str, name: str) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a CSV text with a header; commas, semicolons or tabs separate the cells."""
    if "\0" in text:
        raise ReadError(name, 1 + text.count("\n", 0, text.index("\0")), "the file holds a NUL; it is no text")
    csv.field_size_limit(MAX_CELL)
    first = text.partition("\n")[0]
    delimiter = max(CSV_DELIMITERS, key=first.count)
    records = _csv_records(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), name)
    line, header = next(records, (1, []))
    columns = [column.strip() for column in header]
    if len(set(columns)) < len(columns):
        raise ReadError(name, line, "two columns have the same name")
    for line, cells in records:
        if len(cells) != len(columns):
            raise ReadError(name, line, f"this row has {len(cells)} cells, the header has {len(columns)}")
        yield line, dict(zip(columns, cells, strict=True))


def _csv_records(reader: Iterator[list[str]], name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield records with the line they start on; a quoted cell may hold newlines."""
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ReadError(name, line, f"this is no CSV: {error}") from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1  # type: ignore[attr-defined]


def _parsed(line: str, name: str, number: int) -> object:
    try:
        value: object = json.loads(line)
    except json.JSONDecodeError as error:
        raise ReadError(name, number, f"this is no JSON: {error.msg} (column {error.colno})") from None
    except (ValueError, RecursionError):
        raise ReadError(name, number, "this JSON is nested too deeply or holds too long a number") from None
    return value


def _object(value: object, name: str, line: int) -> Row:
    if not isinstance(value, dict):
        raise ReadError(name, line, "a JSON object was expected")
    return value


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
