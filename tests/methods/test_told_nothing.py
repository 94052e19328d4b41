"""Methods on a model that tells no probabilities: refused before anything is drawn, or done without them."""

from __future__ import annotations

from typing import Any

import pytest

from storage.repositories import runs as run_store
from tests.methods.playing import SUM, Play
from tests.methods.signalled import Signalled
from webapp.methods.registry import methods
from webapp.runs.request import BadRequest, RunRequest

ALL = [name for name, spec in methods().items() if spec.run.__module__.startswith("webapp.")]
UNTOLD = (
    "logprob", "sampled_logprob", "entropy", "sampled_entropy", "logsumexp", "mean_logit", "sum_p2", "candidates",
    "top_ids", "top_logprobs",
)  # fmt: skip


@pytest.fixture
def model() -> Signalled:
    return Signalled(
        capabilities=frozenset({"generate", "continue", "chat"}),
        numbers=lambda sample: dict.fromkeys(UNTOLD),
        odds=lambda asked: pytest.fail("it tells no probabilities"),
    )


async def fares(play: Play, name: str, **params: Any) -> str:
    """Return how a run of a method ends, or the sentence that refuses it."""
    try:
        [run_id] = await play.service.launch([RunRequest(SUM, name, {"samples": 2} | params)], person="local")
    except BadRequest as refusal:
        return str(refusal)
    await play.service.wait(run_id)
    run = await play.database.read(lambda s: run_store.get(s, run_id))
    assert run is not None
    return run.status


@pytest.mark.parametrize("name", ALL)
async def test_nothing_is_drawn_for_a_method_that_cannot_do_without(play: Play, model: Signalled, name: str) -> None:
    ended = await fares(play, name)
    assert ended == "finished" or ("needs a model that offers" in ended and not model.calls)


@pytest.mark.parametrize(
    ("weight", "ended"),
    [
        ("count", "finished"),
        ("probability", "A vote by probability needs a model that offers: top k. puppet does not."),
        ("self-certainty", "A vote by self-certainty needs a model that offers: full vocabulary. puppet does not."),
    ],
)
async def test_a_vote_asks_for_what_its_weights_are_read_from(play: Play, weight: str, ended: str) -> None:
    assert await fares(play, "self_consistency", weight=weight) == ended
