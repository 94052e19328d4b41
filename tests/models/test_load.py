from __future__ import annotations

from pathlib import Path

import pytest

from tests.models import tiny
from webapp.engine.protocol import Prompt, Sampling
from webapp.models import LoadOptions, ModelError, load, silent
from webapp.models.gguf import sha256


@pytest.fixture
def options(tmp_path: Path) -> LoadOptions:
    return LoadOptions(cache=tmp_path / "cache", device="cpu", threads=1)


async def test_a_folder_answers_and_records_where_it_came_from(tmp_path: Path, options: LoadOptions) -> None:
    folder = tiny.write_folder(tmp_path / "tiny-model")
    engine = load(str(folder), options, silent)
    assert engine.info.name == "tiny-model"
    assert (engine.info.record.source, engine.info.record.device) == (str(folder), "cpu")
    assert engine.info.record.revision.startswith("sampled-")
    events = [event async for event in engine.generate([Prompt.user("hi")], Sampling(max_tokens=3))]
    assert events
    await engine.close()


async def test_a_gguf_file_records_its_hash_and_heals_in_the_cache(
    tmp_path: Path, options: LoadOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the conversion itself has its own tests
    monkeypatch.setattr("webapp.models.gguf.convert_file", lambda source, folder, progress: tiny.write_folder(folder))
    file = tiny.write_gguf(tmp_path / "tiny.gguf")
    engine = load(str(file), options, silent)
    assert (engine.info.name, engine.info.record.revision) == ("tiny", sha256(file))
    await engine.close()
    weights = next(options.cache.glob("*/model.safetensors"))
    weights.write_bytes(b"\xff" * weights.stat().st_size)  # the size is right, the content is not
    await load(str(file), options, silent).close()


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"no weights", "are damaged"), (b"", "are damaged")], ids=["text", "empty"]
)
def test_a_damaged_folder_is_left_alone(tmp_path: Path, options: LoadOptions, content: bytes, sentence: str) -> None:
    folder = tiny.write_folder(tmp_path / "tiny-model")
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=sentence):
        load(str(folder), options, silent)
    assert (folder / "model.safetensors").read_bytes() == content


def test_an_unknown_kind_of_model_is_one_sentence(tmp_path: Path, options: LoadOptions) -> None:
    folder = tiny.write_folder(tmp_path / "tiny-model")
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"llama"', '"a-kind-of-next-year"'))
    with pytest.raises(ModelError, match=r"tiny-model could not be loaded: .*a-kind-of-next-year") as caught:
        load(str(folder), options, silent)
    assert "\n" not in str(caught.value)


def test_code_in_a_model_folder_is_never_run(tmp_path: Path, options: LoadOptions) -> None:
    folder = tiny.write_folder(tmp_path / "tiny-model")
    config = folder / "config.json"
    mapping = '"auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}, "model_type": "evil"'
    config.write_text(config.read_text().replace('"model_type": "llama"', mapping))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(ModelError):
        load(str(folder), options, silent)
    assert not (tmp_path / "ran").exists()


def test_a_server_that_cannot_be_reached_is_one_sentence(options: LoadOptions) -> None:
    with pytest.raises(ModelError, match=r"^http://127\.0\.0\.1:9/v1 cannot be reached, or broke off\.$"):
        load("http://127.0.0.1:9", options, silent)


def test_a_missing_device_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    folder = tiny.write_folder(tmp_path / "tiny-model")
    with pytest.raises(ModelError, match="PyTorch finds no cuda device"):
        load(str(folder), LoadOptions(cache=tmp_path, device="cuda"), silent)
