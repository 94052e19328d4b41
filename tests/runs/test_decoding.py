"""Looking into the tokens of stored texts: read again by their model, or from what is stored of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from storage.database import Database
from storage.records import Generation, Span
from storage.repositories import generations as generation_store
from tests.runs.following import asked
from tests.runs.puppet import VOCABULARY, Puppet, Stage
from webapp.analysis.truncation import Distribution, Rules, cuts
from webapp.auth import LOCAL
from webapp.engine.protocol import EngineError, Prompt
from webapp.runs.decoding import BLOCK, Decoding
from webapp.runs.inspection import FEWEST, MOST
from webapp.runs.library import LibraryService
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService

RULES = Rules(alpha=0.6, top_p=0.8, top_k=5)


def logits_at(position: int) -> NDArray[np.float32]:
    return np.random.default_rng(position).normal(size=VOCABULARY).astype(np.float32) * 3


@dataclass
class Open(Puppet):
    """A puppet that tells whole distributions; each depends on how many tokens were said before."""

    asked: list[tuple[Prompt, tuple[int, ...], int, int]] = field(default_factory=list)
    refuses: str = ""

    async def logits(
        self, prompt: Prompt, said: Sequence[int], start: int, stop: int, **_: Any
    ) -> NDArray[np.float32]:
        if self.refuses:
            raise EngineError(self.refuses)
        self.asked.append((prompt, tuple(said), start, stop))
        return np.stack([logits_at(i) for i in range(start, stop)])


@pytest.fixture
def puppet() -> Puppet:
    return Open()


@pytest.fixture
def decoding(database: Database, stage: Stage) -> Decoding:
    return Decoding(LibraryService(database), stage)  # type: ignore[arg-type]


async def drawn(
    service: RunService, database: Database, method: str = "self_consistency", **params: Any
) -> list[Generation]:
    (run_id,) = await service.launch([asked(method, params=params)], person="local")
    await service.wait(run_id)
    found: list[Generation] = await database.read(lambda s: generation_store.of_run(s, run_id))
    return found


async def test_a_text_is_read_again_up_to_the_token(
    service: RunService, database: Database, puppet: Open, decoding: Decoding
) -> None:
    text, *_ = await drawn(service, database, temperature=0.5)
    found = await decoding.at(text.id, 3, None, RULES, person=LOCAL)
    assert puppet.asked == [(Prompt.user(text.messages[0][1]), (*b"Answer: 0", 256), 3, 4)]
    assert (found.index, found.token, found.temperature, found.unknown) == (3, ord("w"), 0.5, "")
    d = Distribution.of(logits_at(3), 0.5)
    assert found.cuts == cuts(d, RULES) and found.entropy == d.entropy
    assert found.listed.probabilities == pytest.approx(d.probabilities[: len(found.listed.ids)].tolist())
    order = np.argsort(-logits_at(3))
    assert list(found.listed.ids) == order[: len(found.listed.ids)].tolist()
    assert found.rank == order.tolist().index(ord("w"))
    assert found.probability == pytest.approx(d.probabilities[found.rank])


async def test_tokens_are_listed_as_far_as_any_rule_keeps_some_and_the_rest_is_a_count_and_a_mass(
    service: RunService, database: Database, decoding: Decoding
) -> None:
    text, *_ = await drawn(service, database)
    for rules, count in ((Rules(top_p=0.01, top_k=1, eta=0.5), FEWEST), (Rules(top_k=200, eta=0.5), 200)):
        listed = (await decoding.at(text.id, 0, 1.0, rules, person=LOCAL)).listed
        assert len(listed.ids) == len(listed.texts) == count and listed.others == VOCABULARY - count
        assert listed.others_mass == pytest.approx(1 - sum(listed.probabilities))
    assert MOST >= 200


async def test_any_temperature_can_be_asked_for_and_a_greedy_text_is_shown_at_one(
    service: RunService, database: Database, decoding: Decoding
) -> None:
    text, *_ = await drawn(service, database, temperature=0.0)
    assert (await decoding.at(text.id, 0, None, RULES, person=LOCAL)).temperature == 1.0
    warm = await decoding.at(text.id, 0, 2.0, RULES, person=LOCAL)
    assert warm.entropy == Distribution.of(logits_at(0), 2.0).entropy


async def test_along_a_text_every_position_is_read_in_blocks(
    service: RunService, database: Database, puppet: Open, decoding: Decoding
) -> None:
    puppet.script = lambda prompt, sample: "x" * 99
    text, *_ = await drawn(service, database, temperature=1.0)
    found = await decoding.along(text.id, None, RULES, person=LOCAL)
    assert [(start, stop) for *_, start, stop in puppet.asked] == [(0, BLOCK), (BLOCK, 100)]
    expected = [cuts(Distribution.of(logits_at(i)), RULES) for i in range(100)]
    assert found.kept == {name: [each[name].kept for each in expected] for name in expected[0]}
    assert found.entropy == [Distribution.of(logits_at(i)).entropy for i in range(100)]


async def test_a_text_that_was_continued_is_read_once(
    service: RunService, database: Database, puppet: Open, decoding: Decoding
) -> None:
    puppet.script = lambda prompt, sample: f"{bytes(prompt.prefix).decode()}{'x' * 40}"
    *_, last = await drawn(
        service, database, "iterative_deepening", samples=1, first_boundary=9, trigger="So?", max_tokens=20
    )
    assert last.prefix
    await decoding.at(last.id, 11, None, RULES, person=LOCAL)
    [(prompt, said, start, _)] = puppet.asked
    assert prompt.prefix == () and bytes(said[:12]) == b"xxxxxxxxxSo?" and start == 11


async def test_with_another_model_the_stored_alternatives_have_to_do(
    service: RunService, database: Database, stage: Stage, decoding: Decoding
) -> None:
    text, *_ = await drawn(service, database, temperature=0.5)
    for other in (Open(name="other"), None):
        stage.current = other
        found = await decoding.at(text.id, 3, 2.0, Rules(top_p=0.5, top_k=2), person=LOCAL)
        assert found.unknown == (
            "This text was written by puppet, which is not loaded now: only the 2 likeliest tokens of the "
            "distribution are stored, at temperature 1, and the rest is unknown."
        )
        assert (found.temperature, found.entropy, found.rank) == (1.0, 0.5, 0)
        assert list(found.listed.texts) == ["w", "z"] and found.listed.others == VOCABULARY - 2
        assert {name: cut.kept for name, cut in found.cuts.items()} == {
            "top_h": 1, "top_h_repo": 1, "top_p": 1, "min_p": None, "top_k": None, "eta": None,
        }  # fmt: skip
        along = await decoding.along(text.id, 2.0, Rules(top_p=0.5), person=LOCAL)
        assert along.kept["top_p"] == [1] * 10 and along.kept["min_p"] == [None] * 10
        assert (along.temperature, along.entropy) == (1.0, [0.5] * 10)


async def test_a_model_that_does_not_tell_whole_distributions_is_not_asked(
    service: RunService, database: Database, stage: Stage, decoding: Decoding
) -> None:
    text, *_ = await drawn(service, database)
    stage.current = Puppet()
    assert "does not tell whole" in (await decoding.at(text.id, 0, None, RULES, person=LOCAL)).unknown


async def test_a_text_of_mixtures_is_not_read_again(
    service: RunService, database: Database, decoding: Decoding
) -> None:
    text, *_ = await drawn(service, database)
    soft = text.with_(spans=(Span(0, 2, "soft"), Span(2, 9, "model")))
    await database.write(lambda s: generation_store.save(s, soft, None))
    assert "mixtures" in (await decoding.at(text.id, 5, None, RULES, person=LOCAL)).unknown


async def test_what_cannot_be_looked_into_is_refused_with_a_sentence(
    service: RunService, database: Database, puppet: Open, stage: Stage, decoding: Decoding
) -> None:
    texts = await drawn(service, database, "iterative_deepening", samples=1, first_boundary=2, trigger="So?")
    puppet.refuses = "The model was closed."
    with pytest.raises(BadRequest, match="model was closed"):
        await decoding.at(texts[0].id, 0, None, RULES, person=LOCAL)
    with pytest.raises(BadRequest, match="has 10 tokens; there is no token 10"):
        await decoding.at(texts[0].id, 10, None, RULES, person=LOCAL)
    with pytest.raises(BadRequest, match="not stored"):
        await decoding.along("nowhere", None, RULES, person=LOCAL)
    stage.current = None
    with pytest.raises(BadRequest, match="Load puppet, which wrote this text"):
        await decoding.at(texts[1].id, 3, None, RULES, person=LOCAL)
