"""Keys of model servers go to the server they were given for."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from webapp.models import ModelError, canonical, parse_reference, shown
from webapp.models.keys import Keys
from webapp.runs.engines import EngineHub
from webapp.settings import Settings


def test_each_server_gets_its_own():
    keys = Keys()
    keys.keep("http://GPU:8000", SecretStr("one"))
    keys.keep("http://other:8000/v1", SecretStr("two"))
    assert keys.of("http://gpu:8000/v1/#some/model") == "one"
    assert keys.of("http://other:8000") == "two"
    assert keys.of("http://gpu:8001") == keys.of("https://gpu:8000") == ""
    keys.keep("http://gpu:8000", SecretStr(""))
    assert keys.of("http://gpu:8000") == ""
    with pytest.raises(ModelError):
        keys.of("Qwen/Qwen3-1.7B")
    assert "two" not in repr(vars(keys))


def test_the_key_of_the_command_line_is_for_the_model_of_the_command_line(tmp_path):
    def keys(model: str) -> Keys:
        options = {"data_dir": tmp_path, "cache_dir": tmp_path, "model_key": SecretStr("mine")}
        return EngineHub(Settings(model=model, **options)).keys

    assert keys("http://gpu:8000/v1#m").of("http://gpu:8000") == "mine"
    assert keys("http://gpu:8000/v1#m").of("http://elsewhere:8000") == ""
    assert keys("embedded").of("http://gpu:8000") == ""
    assert keys("http://me:s3cret@gpu").of("http://gpu:8000") == ""


def test_servers_have_one_spelling_and_hide_what_they_must():
    assert canonical("HTTP://GPU:8000#a/b") == "http://gpu:8000/v1#a/b"
    assert parse_reference("http://gpu:8000/v1#a/b").name == "b"
    assert parse_reference("http://gpu:8000").name == "http://gpu:8000/v1"
    assert shown(" http://me:s3cret@gpu") == shown("https://gpu/v1?key=s3cret") == "a model server"
    assert shown("http://gpu") == "http://gpu/v1"
    assert shown("Qwen/Qwen3-1.7B") == "Qwen/Qwen3-1.7B"
