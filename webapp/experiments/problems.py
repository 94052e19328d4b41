"""The problems of an experiment: read from where its spec says, without repetitions, sliced by seed."""

from __future__ import annotations

from collections.abc import Sequence

from storage.records import Problem
from webapp.experiments.spec import Data, FileData, HubData, ProceduralData, StarterData
from webapp.runs.request import BadRequest
from webapp.tasks.problems import sample
from webapp.tasks.readers import ReadError, read
from webapp.tasks.readers.hub import read_hub
from webapp.tasks.readers.procedural import procedural_problems
from webapp.tasks.starter import starter_problems


def read_problems(data: Data) -> list[Problem]:
    """Return the problems; blocks while it reads, or downloads what is not on this machine.

    Raises:
        BadRequest: with a sentence, where they cannot be read or there are not so many.

    """
    try:
        return _read(data)
    except ReadError as error:
        raise BadRequest(str(error)) from None


def _read(data: Data) -> list[Problem]:
    match data:
        case ProceduralData():
            return procedural_problems(data.generator, data.config, data.n, data.seed)
        case StarterData():
            found: Sequence[Problem] = [starter.problem for starter in starter_problems()]
        case FileData():
            found = read(data.path, data.format, data.columns)
        case HubData():
            found = read_hub(data.id, data.config, data.split, data.revision, data.format, data.columns)
    return sliced(list({problem.id: problem for problem in found}.values()), data.n, data.seed, first=data.first)


def sliced(problems: Sequence[Problem], n: int | None, seed: int, *, first: bool) -> list[Problem]:
    """Return all problems, or n of them chosen by seed, or the first n.

    Raises:
        BadRequest: when there are fewer.

    """
    if n is None:
        return list(problems)
    if n > len(problems):
        raise BadRequest(f"{n:,} problems were asked for, but there are {len(problems):,} different ones.")
    return list(problems[:n]) if first else sample(problems, n, seed)
