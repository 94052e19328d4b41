"""The entropies of two stored texts under each other; a sentence where they are not known."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from storage.database import Database
from storage.repositories import generations, runs
from tests.storage import making
from webapp.auth import LOCAL
from webapp.runs import strips as module
from webapp.runs.library import Library, LibraryService
from webapp.runs.request import BadRequest
from webapp.runs.strips import strips

TEXTS = {"g1": [b"The", b" big", b" cat", b"."], "g2": [b"The", b" cat", b".", b"<|end|>"]}


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    database = Database.open(tmp_path / "runs.db")
    await database.write(store)
    yield LibraryService(database).of(LOCAL)
    await database.close()
    shutil.rmtree(tmp_path)


def store(s: Session) -> None:
    making.store_session(s, making.session(), making.run("r1"), making.run("gone", deleted_at=making.NOON))
    for number, (key, pieces) in enumerate(TEXTS.items()):
        trace = making.trace(pieces, special=frozenset({13}) if key == "g2" else frozenset())
        made = making.generation(key, ordinal=number, text="The big cat." if key == "g1" else "The cat.", spans=())
        generations.save(s, made, trace)
    unknown = making.trace([b"Hm"], entropy=np.array([np.nan], np.float32))
    generations.save(s, making.generation("nan", ordinal=2, text="Hm", spans=()), unknown)
    generations.save(s, making.generation("bare", ordinal=3, text="Hm", spans=()), None)
    generations.save(s, making.generation("old", run_id="gone", text="Hm", spans=()), making.trace([b"Hm"]))
    assert runs.get(s, "r1") is not None


async def test_words_stand_under_their_likes_with_the_largest_entropy_of_their_tokens(
    library: Library,
) -> None:
    found = await strips(library, "g1", "g2")
    told = [tuple(word and (word.text, word.value) for word in column) for column in found.columns]
    assert told == [(("The", 0.25), ("The", 0.25)), ((" big", 0.5), None), ((" cat.", 1.0), (" cat.", 0.75))]
    assert [column.same for column in found.columns] == [True, False, True]
    assert found.total == 3 and found.lower_bound


async def test_long_texts_are_cut(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    found = await strips(library, "g1", "g2")
    assert (len(found.columns), found.total) == (1, 3)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("none", "no such text"), ("old", "no such text"), ("bare", "tokens"), ("nan", "entropies")],
)
async def test_what_is_not_known_is_a_sentence(library: Library, key: str, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        await strips(library, "g1", key)
