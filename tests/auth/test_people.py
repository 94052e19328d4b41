"""The file of those who may log in, its hashes, and the command that writes it."""

from __future__ import annotations

import io
import stat
import sys
from pathlib import Path

import pytest

from webapp.auth.__main__ import main
from webapp.auth.hashes import Cost, hashed, matches
from webapp.auth.people import People, PeopleError, read_people, write_people

CHEAP = Cost(16, 1, 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.json"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.auth.people.hashed", lambda password: hashed(password, CHEAP))


def told(monkeypatch: pytest.MonkeyPatch, file: Path, *arguments: str, password: str = "") -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    return main([*arguments, "--auth-file", str(file)])


def test_a_password_matches_its_hash_and_no_other_one_does() -> None:
    stored = hashed("correct horse é")
    assert stored.startswith("scrypt$32768$8$3$")
    assert matches("correct horse é", stored) and not matches("correct horse e", stored)
    assert hashed("same", CHEAP) != hashed("same", CHEAP)


def test_the_command_lets_people_in_and_out(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, file, "add", "Ada  Lovelace", password="analytical") == 0
    assert told(monkeypatch, file, "add", "Grace", "--local", password="nanosecond") == 0
    people = read_people(file)
    ada, grace = people.named("ada lovelace"), people.named(" GRACE ")
    assert ada is not None and grace is not None
    assert (ada.name, grace.id) == ("Ada Lovelace", "local")
    assert matches("analytical", ada.password) and "analytical" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert told(monkeypatch, file, "password", "ada lovelace", password="difference") == 0
    changed = read_people(file).named("Ada Lovelace")
    assert changed is not None and changed.id == ada.id and matches("difference", changed.password)
    assert told(monkeypatch, file, "remove", "Grace") == 0
    assert [each.name for each in read_people(file).members] == ["Ada Lovelace"]
    assert read_people(file).key == people.key


@pytest.mark.parametrize(
    ("arguments", "password", "sentence"),
    [
        (["add", "ADA"], "long enough", "somebody called ADA already"),
        (["add", "Grace"], "short", "at least 8 characters"),
        (["add", " "], "long enough", "1 to 60 printable characters"),
        (["add", "Grace\x07"], "long enough", "1 to 60 printable characters"),
        (["password", "Grace"], "long enough", "nobody called Grace"),
        (["remove", "Grace"], "", "nobody called Grace"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_changes_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str],
    password: str, sentence: str,
) -> None:  # fmt: skip
    write_people(file, People().adding("Ada", "long enough"))
    before = file.read_bytes()
    assert told(monkeypatch, file, *arguments, password=password) == 1
    assert sentence in capsys.readouterr().err
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "{}x", '{"key": "short"}', '{"members": [{"id": "a", "name": "A", "password": "plain"}]}', "[]"]
)
def test_a_damaged_file_lets_nobody_in(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(PeopleError, match="is no file of people"):
        read_people(file)


def test_a_missing_file_is_said_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PeopleError, match="cannot be read: no such file"):
        read_people(file)
