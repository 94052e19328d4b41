"""A model server that goes away in an experiment: it pauses with a sentence, and goes on where it was."""

from __future__ import annotations

from collections import Counter

from storage.database import Database
from tests.experiments.grids import arm, created, ended, rows, runs_of
from tests.runs.puppet import Puppet
from webapp.experiments.service import ExperimentService

SENTENCE = "http://gpu:8000/v1 cannot be reached, or broke off."


async def test_a_server_that_is_gone_pauses_and_no_cell_is_lost_or_repeated(
    service: ExperimentService, database: Database, puppet: Puppet
) -> None:
    puppet.fails, puppet.gone = SENTENCE, True
    made = await created(service, arm(), count=6)
    await service.start(made)
    experiment = await ended(service, made)
    assert (experiment.status, experiment.note) == ("paused", SENTENCE)
    assert set(Counter(cell.state for cell in await rows(service, made))) == {"waiting"}
    puppet.fails = ""
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    assert Counter(cell.state for cell in await rows(service, made)) == {"done": 6}
    done = {cell.run_id for cell in await rows(service, made)}
    stored = {run.id: run.status for run in await runs_of(database, service, made)}
    assert {stored[run] for run in done} == {"finished"}
