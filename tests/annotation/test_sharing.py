"""A shared session is labelled and exported by others without telling them what its owner's annotators said."""

from __future__ import annotations

import zipfile
from pathlib import Path

from storage.database import Database
from storage.repositories import sessions
from tests.annotation.asking import labels, opened, queue
from tests.annotation.stored import ME, OTHER, STEPS
from webapp.annotation.labelling import LabellingService
from webapp.annotation.queues import QueueService
from webapp.annotation.wire import FilterRequest
from webapp.runs.library import LibraryService

WRONG = {"field": "outcome", "value": "wrong"}


async def test_who_may_read_a_session_may_label_it_and_takes_along_only_their_own_labels(
    queues: QueueService, labelling: LabellingService, database: Database, tmp_path: Path
) -> None:
    _, item = await opened(queues, labelling, STEPS, queue("outcome"))
    await labelling.submit(item.id, labels(item, WRONG), ME)
    await database.write(lambda s: sessions.share(s, "s1", "read"))
    library = LibraryService(database)
    await library.of(OTHER).export_session("s1", tmp_path / "theirs.stz")
    assert not _labelled(tmp_path / "theirs.stz")
    assert (await queues.count(FilterRequest(take="drafts"), OTHER)).found == 5
    made = await queues.make(queue("outcome", filter={"take": "drafts", "sessions": ["s1"]}), OTHER)
    await library.of(OTHER).export_session("s1", tmp_path / "theirs.stz")
    assert made.queue.id in _labelled(tmp_path / "theirs.stz")
    await library.of(ME).export_session("s1", tmp_path / "mine.stz")
    kept = _labelled(tmp_path / "mine.stz")
    assert item.queue_id in kept and made.queue.id not in kept


def _labelled(path: Path) -> str:
    with zipfile.ZipFile(path) as file:
        return file.read("queues.jsonl").decode() if "queues.jsonl" in file.namelist() else ""
