from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.models import tiny
from webapp.models import gguf
from webapp.models.cache import origin_of
from webapp.models.progress import ModelError, PreparationCancelled, Stage, silent


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def folder(file: Path, cache: Path) -> Path:
    return gguf.converted(file, cache, silent)


def test_converted_model_computes_the_same_logits(folder: Path) -> None:
    ids = torch.randint(0, len(tiny.tokens()), (2, 17), generator=torch.Generator().manual_seed(1))
    converted = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    assert converted.dtype == torch.float32
    assert getattr(converted.config, "quantization_config", None) is None
    with torch.no_grad():
        torch.testing.assert_close(converted(ids).logits, tiny.model()(ids).logits, atol=1e-5, rtol=0)


def test_converted_tokenizer_keeps_template_and_splits_digits_first(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert tokenizer.is_fast
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "hi"}], tokenize=False, add_generation_prompt=True
    )
    assert prompt == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.tokenize(" the the") == ["Ġthe", "Ġthe"]
    # without the digit split, the space before the number would be kept with it and only two would be joined
    assert tokenizer.tokenize("   12") == ["ĠĠĠ", "1", "2"]


def test_is_converted_once_and_again_when_the_file_changes(file: Path, folder: Path, cache: Path) -> None:
    def unexpected(stage: Stage, sentence: str, fraction: float | None = None) -> None:
        raise PreparationCancelled

    assert gguf.converted(file, cache, unexpected) == folder
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1_000_000))
    with pytest.raises(PreparationCancelled):
        gguf.converted(file, cache, unexpected)
    assert not list(cache.glob("*.partial-*"))


def test_records_the_hash_of_the_file(file: Path, folder: Path) -> None:
    assert origin_of(folder) == {"file": "tiny.gguf", "sha256": gguf.sha256(file)}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Once upon a time there was a file.", "begins with 'Once upon a time', not with the letters GGUF"),
        (b"", "it is empty"),
        (b"GGUF\x03\x00", "cut short"),
        (struct.pack("<4sIQQ", b"GGUF", 1, 0, 0), "version 1"),
    ],
)
def test_says_what_a_wrong_file_is(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "wrong.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=sentence):
        gguf.converted(file, tmp_path / "cache", silent)


def test_says_that_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no file"):
        gguf.check(tmp_path / "none.gguf")


def test_a_truncated_file_is_refused_and_leaves_nothing(file: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.gguf"
    short.write_bytes(file.read_bytes()[:-5000])
    with pytest.raises(ModelError, match="damaged or of an unknown kind") as caught:
        gguf.converted(short, tmp_path / "cache", silent)
    assert "\n" not in str(caught.value)
    assert not [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]


def test_says_that_the_disk_has_no_room(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr("shutil.disk_usage", lambda folder: full)
    with pytest.raises(ModelError, match="GB are free"):
        gguf.converted(file, tmp_path, silent)


def test_says_that_the_memory_has_no_room(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = type("Memory", (), {"available": 1000})()
    monkeypatch.setattr("psutil.virtual_memory", lambda: full)
    with pytest.raises(ModelError, match=r"GB of memory and 0\.0 GB are free"):
        gguf.converted(file, tmp_path, silent)
