from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.models import tiny
from webapp.models import folder, memory
from webapp.models.progress import ModelError


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return tiny.write_folder(tmp_path / "model")


def test_a_whole_folder_passes(whole: Path) -> None:
    folder.check(whole)
    assert folder.missing(whole) == ""


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_names_what_is_missing(whole: Path, name: str) -> None:
    (whole / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        folder.check(whole)


def test_names_a_missing_shard(whole: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (whole / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match=r"model-00002-of-00002\.safetensors is missing"):
        folder.check(whole)


def test_points_at_a_gguf_file_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "some.gguf").touch()
    with pytest.raises(ModelError, match=r"holds some\.gguf; give that file instead"):
        folder.check(tmp_path)


def test_fingerprints_differ_by_weights_only(whole: Path, tmp_path: Path) -> None:
    same, other = tiny.write_folder(tmp_path / "same"), tiny.write_folder(tmp_path / "other", seed=1)
    (same / "README.md").write_text("a note")
    assert folder.fingerprint(whole) == folder.fingerprint(same) != folder.fingerprint(other)


def test_memory_counts_weights_in_the_asked_format(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = (whole / "model.safetensors").stat().st_size
    free = type("Memory", (), {"available": int(stored * 0.7)})()
    monkeypatch.setattr("psutil.virtual_memory", lambda: free)
    memory.require_memory(whole, "bfloat16")  # half the stored width
    with pytest.raises(ModelError, match="GB of memory"):
        memory.require_memory(whole, "float32")
