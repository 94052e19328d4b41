"""Data sets of the Hub: read through its library where that is installed, refused in a sentence where it is not."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from webapp.tasks.readers import ReadError
from webapp.tasks.readers.hub import read_hub

LIBRARY = """
import datetime, sys

class DatasetNotFoundError(FileNotFoundError): pass

ROWS = {
    "openai/gsm8k": [{"question": f"{i} + 1?", "answer": f"so\\n#### {i + 1}"} for i in range(5)],
    "tau/commonsense_qa": [
        {"question": "A bird?", "answerKey": "B", "choices": {"label": ["A", "B"], "text": ["cat", "owl"]},
         "made": datetime.date(2026, 1, 2), "raw": b"x"},
    ],
}

def load_dataset(name, config, *, split, revision):
    print("Downloading", name, config, split, revision, file=sys.stderr)
    if name == "no/network":
        raise ConnectionError("[Errno -2] Name or service not known")
    if name == "odd/split":
        raise ValueError('Unknown split "moon".\\nShould be one of [train]')
    if name == "dies/hard":
        import os
        os._exit(9)
    if name not in ROWS:
        raise DatasetNotFoundError(name)
    return ROWS[name]
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a library of the same name in place, as the real one needs the network."""
    (tmp_path / "datasets.py").write_text(textwrap.dedent(LIBRARY), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.usefixtures("library")
def test_rows_are_read_as_a_known_format() -> None:
    found = read_hub("openai/gsm8k", "main", "test", None, "gsm8k")
    assert [(p.question, p.reference, p.kind) for p in found] == [
        (f"{i} + 1?", str(i + 1), "numeric") for i in range(5)
    ]
    assert found[4].source == "openai/gsm8k:5"


@pytest.mark.usefixtures("library")
def test_rows_are_read_by_their_columns_also_those_within_objects() -> None:
    columns = {"question": "question", "reference": "answerKey", "choices": ["choices.text"]}
    [found] = read_hub("tau/commonsense_qa", None, "validation", None, "jsonl", columns)
    assert (found.kind, found.choices, found.reference) == ("choice", ("cat", "owl"), "B")
    with pytest.raises(ReadError, match=r'tau/commonsense_qa, line 1: the field "answer" is missing'):
        read_hub("tau/commonsense_qa", None, "validation", None, "gsm8k")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody/nothing", "nobody/nothing is not on the Hub, or it is gated"),
        ("no/network", "the Hugging Face Hub cannot be reached"),
        ("odd/split", 'could not be read: Unknown split "moon"'),
        ("dies/hard", "dies/hard could not be read: "),
    ],
)
def test_what_cannot_be_had_is_said_in_a_sentence(name: str, sentence: str) -> None:
    with pytest.raises(ReadError) as refused:
        read_hub(name, None, "test", None, "gsm8k")
    assert sentence in str(refused.value) and "\n" not in str(refused.value)


def test_without_the_library_it_says_which_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "datasets.py").write_text("raise ImportError('not here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ReadError, match="without the package datasets: pip install datasets"):
        read_hub("openai/gsm8k", None, "test", None, "gsm8k")
    for path in ("/etc", "../secrets", "a/b/c", "", "~/x"):
        with pytest.raises(ReadError, match="is no id of a data set"):
            read_hub(path, None, "test", None, "gsm8k")
    with pytest.raises(ReadError, match='there is no format "moon"'):
        read_hub("openai/gsm8k", None, "test", None, "moon")
