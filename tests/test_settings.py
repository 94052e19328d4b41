from __future__ import annotations

from pathlib import Path

import pytest

from webapp.paths import user_cache_folder, user_data_folder
from webapp.settings import ENVIRONMENT_PREFIX, Settings, SettingsError, read_settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(ENVIRONMENT_PREFIX + name.upper(), raising=False)


def test_defaults_stay_on_this_machine() -> None:
    settings = read_settings([])
    assert (settings.model, settings.host, settings.port) == ("embedded", "127.0.0.1", 7860)
    assert not settings.reaches_beyond_this_machine
    assert settings.database_url == f"sqlite:///{settings.data_dir.as_posix()}/second_thoughts.db"


def test_command_line_wins_over_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_THOUGHTS_PORT", "8001")
    monkeypatch.setenv("SECOND_THOUGHTS_ON_CLOSE", "stop")
    monkeypatch.setenv("SECOND_THOUGHTS_MODEL", "")
    settings = read_settings(["--port", "8002", "--data-dir", "~/data"])
    assert (settings.port, settings.on_close, settings.model) == (8002, "stop", "embedded")
    assert settings.data_dir == Path.home() / "data"


def test_help_names_every_option_with_its_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        read_settings(["--help"])
    assert stopped.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in shown
        assert ENVIRONMENT_PREFIX + name.upper() in shown
        assert field.description and " ".join(field.description.split()) in shown


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "99999"], "--port (SECOND_THOUGHTS_PORT) cannot be '99999'"),
        (["--port", "web"], "--port (SECOND_THOUGHTS_PORT) cannot be 'web'"),
        (["--threads", "-1"], "--threads (SECOND_THOUGHTS_THREADS) cannot be '-1'"),
        (["--dtype", "float13"], "'float16' or 'int8'"),
        (["--on-close", "panic"], "'continue' or 'stop'"),
        (["--password", "x", "--auth-file", "people.json"], "give one of the two"),
        (["--host", "0.0.0.0"], "--host 0.0.0.0 can be reached from other machines: also give --password"),
        (["--host", "example.org"], "can be reached from other machines"),
        (["--host", "::"], "can be reached from other machines"),
        (["--allow-host", "lab.example"], "--allow-host lab.example can be reached from other machines: also give"),
        (["--root-path", "second-thoughts"], "--root-path (SECOND_THOUGHTS_ROOT_PATH) cannot be 'second-thoughts'"),
        (["--root-path", "/a?b"], "it begins with a slash and has only letters"),
    ],
)
def test_says_what_is_wrong_in_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(arguments)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_says_everything_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_THOUGHTS_DTYPE", "float13")
    with pytest.raises(SettingsError) as caught:
        read_settings(["--port", "0"])
    lines = str(caught.value).splitlines()
    assert len(lines) == 2 and "SECOND_THOUGHTS_PORT" in lines[0] and "SECOND_THOUGHTS_DTYPE" in lines[1]


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        read_settings(["--prot", "80"])
    assert stopped.value.code == 2
    assert "unrecognized arguments: --prot" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_loopback_needs_nothing(host: str) -> None:
    assert not read_settings(["--host", host]).reaches_beyond_this_machine


@pytest.mark.parametrize("consent", [["--password", "hunter2"], ["--allow-remote"]])
def test_other_machines_need_a_password_or_a_flag(consent: list[str]) -> None:
    settings = read_settings(["--host", "0.0.0.0", *consent])
    assert settings.reaches_beyond_this_machine


def test_the_password_is_not_shown() -> None:
    settings = read_settings(["--password", "hunter2"])
    assert settings.password is not None and settings.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings)


def test_folders_follow_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_data_folder() == tmp_path / "data" / "second-thoughts"
    assert user_cache_folder() == tmp_path / ".cache" / "second-thoughts"
    monkeypatch.setattr("sys.platform", "darwin")
    assert user_data_folder() == tmp_path / "Library" / "Application Support" / "second-thoughts"
    assert user_cache_folder() == tmp_path / "Library" / "Caches" / "second-thoughts"


@pytest.mark.parametrize(("given", "path"), [("/a/b-c/", "/a/b-c"), ("/", ""), ("", "")])
def test_the_path_of_a_proxy_has_no_slash_at_its_end(given: str, path: str) -> None:
    assert read_settings(["--root-path", given]).root_path == path


def test_names_that_a_proxy_passes_on_are_listed_with_commas() -> None:
    settings = read_settings(["--allow-host", "Lab.example, 10.0.0.7", "--allow-remote"])
    assert settings.allowed_hosts == {"lab.example", "10.0.0.7"} and not settings.reaches_beyond_this_machine


def test_a_file_of_people_is_enough_to_be_reached_from_other_machines() -> None:
    settings = read_settings(["--host", "0.0.0.0", "--auth-file", "~/people.json"])
    assert settings.auth_file == Path.home() / "people.json"
