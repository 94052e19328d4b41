from __future__ import annotations

from pathlib import Path

import pytest

from webapp.models.progress import ModelError
from webapp.models.reference import parse_reference


@pytest.mark.parametrize(
    ("text", "place", "name"),
    [
        ("", "embedded", "SmolLM2-135M-Instruct"),
        (" embedded ", "embedded", "SmolLM2-135M-Instruct"),
        ("Qwen/Qwen3-1.7B", "hub", "Qwen/Qwen3-1.7B"),
        ("Qwen/Qwen3-1.7B@refs/pr/3", "hub", "Qwen/Qwen3-1.7B@refs/pr/3"),
        ("gpt2", "hub", "gpt2"),
        ("http://localhost:8000/v1", "server", "http://localhost:8000/v1"),
        ("HTTPS://host/v1", "server", "https://host/v1"),
        ("/nowhere/some.gguf", "gguf", "some.gguf"),
    ],
)
def test_reads_the_five_places(text: str, place: str, name: str) -> None:
    reference = parse_reference(text)
    assert (reference.place, reference.name) == (place, name)


def test_an_existing_folder_wins_over_a_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Qwen" / "Qwen3-1.7B").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    reference = parse_reference("Qwen/Qwen3-1.7B")
    assert (reference.place, reference.path) == ("folder", tmp_path / "Qwen" / "Qwen3-1.7B")


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "model").mkdir()
    assert parse_reference("~/model").path == tmp_path / "model"


@pytest.mark.parametrize(
    "text",
    [
        "/no/such/folder",
        "a/b/c",
        "../x",
        "two words",
        "<script>alert(1)</script>",
        "x" * 100_000,
        "a\0b",
        "a..b",
        "~nobody-x/m",
    ],
)
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse_reference(text)
    assert "is not a model" in str(caught.value)
    assert len(str(caught.value)) < 400 and "\n" not in str(caught.value)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no model")
    with pytest.raises(ModelError, match=r"is a file, but not a \.gguf file"):
        parse_reference(str(tmp_path / "notes.txt"))
