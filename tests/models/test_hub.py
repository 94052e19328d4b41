from __future__ import annotations

from pathlib import Path

import pytest

from tests.models import tiny
from tests.models.hub_server import COMMIT, hub_of
from webapp.models import hub
from webapp.models.progress import ModelError, PreparationCancelled, Stage, silent

MODEL = "someone/tiny-llama"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tiny.write_folder(tmp_path / "model")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.safetensors").write_bytes(b"another format")
    (folder / "picture.png").write_bytes(b"not needed")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Hub's cache of this test, for the helper process and for this one."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")


def unexpected(stage: Stage, sentence: str, fraction: float | None = None) -> None:
    raise PreparationCancelled


def test_downloads_what_loading_needs_then_needs_no_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_of(MODEL, folder) as (address, requests):
        monkeypatch.setenv("HF_ENDPOINT", address)
        snapshot = hub.snapshot(MODEL, silent)
    assert snapshot.name == COMMIT
    names = {path.name for path in snapshot.rglob("*") if path.is_file()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names
    assert "picture.png" not in names and not (snapshot / "onnx").exists()
    assert (snapshot / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    assert any(request.startswith("GET") and "model.safetensors" in request for request in requests)
    # the server is gone now
    assert hub.snapshot(MODEL, unexpected) == snapshot


def test_a_half_downloaded_model_is_completed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_of(MODEL, folder) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        snapshot = hub.snapshot(MODEL, silent)
        (snapshot / "model.safetensors").resolve().unlink()
        (snapshot / "model.safetensors").unlink()
        assert hub.snapshot(MODEL, silent) == snapshot
    assert (snapshot / "model.safetensors").is_file()


def test_an_unknown_model_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_of(MODEL, folder) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(ModelError, match="The Hub has no model someone/else"):
            hub.snapshot("someone/else", silent)


def test_a_gated_model_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_of(MODEL, folder, gated=True) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(ModelError, match=r"is gated: accept its licence at .*`hf auth login`"):
            hub.snapshot(MODEL, silent)


def test_a_model_without_safetensors_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "model.safetensors").unlink()
    with hub_of(MODEL, folder) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(ModelError, match="offers no weights in the safetensors format"):
            hub.snapshot(MODEL, silent)


def test_no_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match="the Hugging Face Hub cannot be reached") as caught:
        hub.snapshot(MODEL, silent)
    assert "\n" not in str(caught.value)


def test_a_person_who_asked_for_offline_is_obeyed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.models.offline._set_here", set())
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with hub_of(MODEL, folder) as (address, requests):
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(ModelError):
            hub.snapshot(MODEL, silent)
    assert requests == []
