"""Bad requests are refused with a sentence, and nothing is stored of them."""

from __future__ import annotations

from typing import Any

import pytest

from storage.database import Database
from storage.repositories import library as library_store
from tests.runs.following import asked
from tests.runs.puppet import Puppet, Stage
from webapp.runs.prepare import shortened
from webapp.runs.request import BadRequest, typed_problem
from webapp.runs.service import RunService


@pytest.mark.parametrize(
    ("request_fields", "why"),
    [
        ({"question": ""}, "question is empty"),
        ({"question": " \n\t "}, "question is empty"),
        ({"method": "telepathy"}, "no method called 'telepathy'"),
        ({"method": "scene_gradient"}, "needs a model that offers: gradient. puppet does not"),
        ({"params": {"samples": 0}}, "Samples must be at least 1, not 0."),
        ({"params": {"samples": 65}}, "Samples must be at most 64, not 65."),
        ({"params": {"samples": "many"}}, "Samples must be a whole number, not 'many'."),
        ({"params": {"samples": 1.5}}, "Samples must be a whole number, not 1.5."),
        ({"params": {"samples": None}}, "Samples must be a whole number, not None."),
        ({"params": {"temperature": -1}}, "Temperature must be at least 0.0, not -1."),
        ({"params": {"temperature": float("nan")}}, "Temperature must be"),
        ({"params": {"temperature": "hot"}}, "Temperature must be a number, not 'hot'."),
        ({"params": {"top_p": 0}}, "Top-p must be more than 0.0, not 0."),
        ({"params": {"colour": 1}}, "colour is not a setting of this method."),
        ({"params": {"max_tokens": 0}}, "Longest text must be at least 1, not 0."),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"session_id": "missing"}, "session no longer exists"),
    ],
)
async def test_bad_requests_name_what_is_wrong(
    service: RunService, database: Database, request_fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        await service.launch([asked(), asked(**request_fields)] if "session_id" not in request_fields
                             else [asked(**request_fields)], person="local")  # fmt: skip
    assert why in str(refused.value)
    assert (await database.read(lambda s: library_store.search(s, person="local"))).total == 0


async def test_a_question_too_long_is_refused_with_the_token_counts(service: RunService, stage: Stage) -> None:
    stage.current = Puppet(context_length=8192)
    with pytest.raises(BadRequest, match=r"takes 100,\d\d\d tokens .* 100 more, but puppet reads at most 8,192"):
        await service.launch([asked(question="x" * 100_000)], person="local")
    with pytest.raises(BadRequest, match=r"Shorten the question or allow shorter texts\."):
        await service.launch([asked(question="x" * 8_100)], person="local")
    with pytest.raises(BadRequest, match="2,000,000 characters"):
        await service.launch([asked(question="x" * 2_000_000)], person="local")


async def test_without_a_model_or_a_method_there_is_nothing_to_run(service: RunService, stage: Stage) -> None:
    with pytest.raises(BadRequest, match="at least one method"):
        await service.launch([], person="local")
    stage.current = None
    with pytest.raises(BadRequest, match="not ready yet"):
        await service.launch([asked()], person="local")


async def test_whatever_is_typed_is_data(service: RunService, database: Database, puppet: Puppet) -> None:
    hostile = "<script>alert(1)</script> ${x} {{value}} \ud800 \0 " + "e" + "\u0301" * 10_000
    puppet.script = lambda prompt, sample: "<script>alert(2)</script> " + "\u0301" * 100
    (run_id,) = await service.launch([asked(question=hostile, params={"max_tokens": 500})], person="local")
    await service.wait(run_id)
    page = await database.read(lambda s: library_store.search(s, person="local"))
    assert page.total == 1 and page.items[0].status == "finished"


def test_the_same_question_typed_twice_is_the_same_problem() -> None:
    assert typed_problem("Why?", "text", "a").id == typed_problem("Why?", "text", "b").id
    assert typed_problem("Why?", "choice", "A", ("x", "y")).id != typed_problem("Why?", "choice", "A", ("x",)).id


def test_sessions_are_named_after_the_first_line_of_their_question() -> None:
    assert shortened("  How   many\nlegs?") == "How many"
    assert len(shortened("word " * 50)) == 60
    assert shortened("") == ""
