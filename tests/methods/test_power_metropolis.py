"""Power sampling by Metropolis-Hastings: chains that agree with the exact target, and how a run of it is made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from storage.records import StoredRun
from tests.enumeration import Language, chi_square_z
from tests.methods.playing import SUM, Play, first_drafts, of_role
from tests.methods.signalled import Signalled, failed, score_of
from tests.methods.tabled import TabledRun
from webapp.engine.protocol import EngineEvent, Prompt, Sampling
from webapp.methods.power_metropolis import PowerMetropolisParams, Variant, power_metropolis
from webapp.methods.registry import methods
from webapp.runs.request import RunRequest
from webapp.tasks.question import Question

LANGUAGE = Language(1, spread=0.8)
ALPHA = 1.5
CHAINS = 300
BOUND = 4.0  # standard deviations of the chi-square
QUESTION = Question("q", "What comes?", "text")


async def last_texts(**settings: Any) -> tuple[Counter[tuple[int, ...]], Counter[tuple[int, ...]], float]:
    """Return how often chains ended at each text and began with it, and the share of proposals taken."""
    p = PowerMetropolisParams(**{"alpha": ALPHA, "temperature": 1 / ALPHA, "max_tokens": 3, "moves": 16} | settings)
    last, first, rates = Counter[tuple[int, ...]](), Counter[tuple[int, ...]](), []
    for seed in range(CHAINS // p.samples):
        run = TabledRun(LANGUAGE, p, seed)
        await power_metropolis(run, QUESTION, p)  # type: ignore[arg-type]
        [rate] = [value for name, value, _ in run.scores if name == "acceptance_rate"]
        rates.append(rate or 0.0)
        first.update(run.text(draft) for draft in run.generations[: p.samples])
        last.update(run.text(text) for text in run.last)
    return last, first, float(np.mean(rates))


@pytest.mark.parametrize(
    "settings",
    [
        {"blocks": 1},
        {"blocks": 3, "moves": 12},
        {"blocks": 2, "temperature": 0.8},  # not 1 / alpha
        {"blocks": 1, "samples": 5},
    ],
)
async def test_chains_end_where_the_target_says(settings: dict[str, Any]) -> None:
    last, first, rate = await last_texts(**settings)
    assert 0.5 < rate < 0.8
    assert abs(chi_square_z(last, LANGUAGE.law(ALPHA), CHAINS)) < BOUND
    assert chi_square_z(first, LANGUAGE.law(ALPHA), CHAINS) > 5 * BOUND, "a low temperature is another law"


async def test_the_authors_code_takes_more_and_ends_elsewhere() -> None:
    last, _, rate = await last_texts(blocks=1, variant="authors")
    assert rate > 0.95
    assert chi_square_z(last, LANGUAGE.law(ALPHA), CHAINS) > 5 * BOUND


def shorter(prompt: Prompt, sample: int) -> str:
    """Begin with a long text; whatever is kept of it is ended at once."""
    begun = bytes(prompt.prefix).decode()
    return f"{begun}." if begun else "Let me think about that for a while. Answer: 4"


def longer(prompt: Prompt, sample: int) -> str:
    """Go on for ever after anything but nothing."""
    begun = bytes(prompt.prefix).decode()
    return f"{begun} {'and so on ' * 20}" if begun else f"Answer: {sample}"


@pytest.fixture
def model() -> Signalled:
    return Signalled()


async def moved(play: Play, **settings: Any) -> StoredRun:
    return await play("power_metropolis", **{"blocks": 1, "moves": 6} | settings)


def chain_of(stored: StoredRun, number: int = 0) -> dict[str, Any]:
    chain: dict[str, Any] = score_of(stored, "acceptance_rate").details["chains"][number]
    return chain


async def test_every_proposal_is_kept_and_follows_the_text_it_was_made_from(play: Play, model: Signalled) -> None:
    model.script = shorter
    stored = await moved(play)
    [draft], proposals, [last] = first_drafts(stored), of_role(stored, "search"), of_role(stored, "revision")
    moves = chain_of(stored)["moves"]
    assert [move["generation"] for move in moves] == [g.id for g in proposals] and len(moves) == 6
    current = draft
    for move, proposal in zip(moves, proposals, strict=True):
        assert proposal.parents == (current.id,)
        ids = stored.traces[current.id].ids.tolist()
        assert list(proposal.prefix) == ids[: move["start"]] and move["start"] < len(ids)
        current = proposal if move["taken"] else current
    assert last.text == current.text
    assert [g.sampling["redraw"] for g in proposals] == [1, 2, 3, 4, 5, 6], "each has noise of its own"
    assert len({move["start"] for move in moves}) > 1


async def test_the_last_text_is_graded_beside_the_draft_and_costs_nothing(play: Play, model: Signalled) -> None:
    model.script = lambda prompt, sample: "Answer: 5" if not prompt.prefix else bytes(prompt.prefix).decode()
    stored = await moved(play, moves=12)
    [draft], [last] = first_drafts(stored), of_role(stored, "revision")
    assert (last.label, last.round, last.parents, last.branch) == ("last", 13, (draft.id,), 0)
    assert (last.cost.generated_tokens, last.cost.calls) == (0, 0)
    assert (last.answer, last.verdict) == (stored.run.outcome.answer, stored.run.outcome.verdict)
    assert stored.run.outcome.chosen_generation == last.id
    assert stored.traces[last.id].ids.tolist() == list(last.prefix)


async def test_a_likelier_end_is_taken_for_sure(play: Play, model: Signalled) -> None:
    model.script = shorter
    stored = await moved(play, moves=3)
    moves = chain_of(stored)["moves"]
    # every token is as likely as any other here, so what is shorter is likelier
    assert (moves[0]["odds"], moves[0]["taken"]) == (1.0, True)
    assert moves[0]["current"] == moves[0]["proposed"] == pytest.approx(-0.25 * moves[0]["length"])
    assert chain_of(stored)["began"] == pytest.approx(
        -0.25 * (len("Let me think about that for a while. Answer: 4") + 1)
    )


async def test_what_is_not_taken_changes_nothing(play: Play, model: Signalled) -> None:
    model.script = longer
    stored = await moved(play)
    moves = [move for move in chain_of(stored)["moves"] if move["start"]]
    assert moves and not any(move["taken"] for move in moves)
    assert all(move["odds"] < 1e-9 for move in moves)
    assert (stored.run.outcome.answer, of_role(stored, "revision")[0].text) == ("0", "Answer: 0")
    assert {score.value for score in stored.scores if score.name == "acceptance"} == {
        move["odds"] for move in chain_of(stored)["moves"]
    }


async def test_texts_grow_block_by_block_from_the_beginning_of_the_draft(play: Play, model: Signalled) -> None:
    model.script = lambda prompt, sample: bytes(prompt.prefix).decode() + "x" * 40
    stored = await moved(play, blocks=4, moves=2, max_tokens=20)
    moves = chain_of(stored)["moves"]
    assert [move["limit"] for move in moves] == [5, 5, 10, 10, 15, 15, 20, 20]
    assert [move["length"] for move in moves] == [5, 5, 10, 10, 15, 15, 20, 20]
    texts = of_role(stored, "search")
    assert len(texts) == 8 + 3, "each further block begins with an extension"
    assert chain_of(stored)["began"] == pytest.approx(-0.25 * 5)
    assert len(first_drafts(stored)[0].text) == 20, "the draft is whole"
    assert texts[0].parents == (first_drafts(stored)[0].id,)


@pytest.mark.parametrize(("blocks", "moves"), [(1, 40), (4, 20)])
async def test_a_run_costs_what_the_card_says(play: Play, model: Signalled, blocks: int, moves: int) -> None:
    model.script = lambda prompt, sample: bytes(prompt.prefix).decode() + "x" * 80
    stored = await moved(play, blocks=blocks, moves=moves, max_tokens=80)
    assert "b (1 + m) calls" in methods()["power_metropolis"].cost
    assert stored.run.cost.calls == blocks * (1 + moves)
    assert "n T (2 - 1 / b + m (b + 1) / 4) tokens" in methods()["power_metropolis"].cost
    told = 80 * (2 - 1 / blocks + moves * (blocks + 1) / 4)
    assert stored.run.cost.generated_tokens == pytest.approx(told, rel=0.1)


async def test_a_text_that_ended_goes_straight_to_the_last_block(play: Play, model: Signalled) -> None:
    model.script = shorter
    stored = await moved(play, blocks=2, moves=3, max_tokens=200)
    assert [move["limit"] for move in chain_of(stored)["moves"]] == [200] * 3


class Plain(Signalled):
    """A model without a chat template: its texts end where it begins another question."""

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, *, n: int = 1, **options: Any
    ) -> AsyncIterator[EngineEvent]:
        ending = replace(sampling, stop=(*sampling.stop, "\nQuestion:"))
        async for event in super().generate(prompts, ending, n=n, **options):
            yield event


@pytest.mark.parametrize("model", [Plain()])
async def test_a_text_that_a_stop_string_ended_does_not_grow_beyond_it(play: Play, model: Signalled) -> None:
    model.script = lambda prompt, sample: "Answer: 4\nQuestion: And 3 + 3?\nAnswer: 6"
    stored = await moved(play, blocks=4, moves=2, max_tokens=120)
    moves = chain_of(stored)["moves"]
    assert [move["limit"] for move in moves] == [120] * 2, "it has ended, so it goes straight to the last block"
    assert {move["length"] for move in moves} == {len("Answer: 4\nQuestion:")}
    assert {g.text for g in stored.generations} == {"Answer: 4"}
    assert stored.run.outcome.answer == "4"


@pytest.mark.parametrize(("variant", "to_the_last"), [("exact", True), ("authors", False)])
async def test_the_authors_code_stops_when_a_text_has_ended(
    play: Play, model: Signalled, variant: Variant, to_the_last: bool
) -> None:
    model.script = lambda prompt, sample: f"{bytes(prompt.prefix).decode()}." if prompt.prefix else "x" * 60
    stored = await moved(play, blocks=3, moves=4, max_tokens=30, variant=variant)
    moves = chain_of(stored)["moves"]
    assert (moves[-1]["limit"] == 30) is to_the_last
    assert len(moves) <= 8, "a block was left out, or came no more"
    if variant == "authors":
        assert all(move["length"] <= move["limit"] for move in moves)


async def test_climbing_takes_only_what_is_likelier(play: Play, model: Signalled) -> None:
    model.script = shorter
    stored = await moved(play, variant="climb")
    moves = chain_of(stored)["moves"]
    assert {move["odds"] for move in moves} == {0.0, 1.0}
    likelihoods = [chain_of(stored)["began"], *(move["current"] for move in moves)]
    for before, move in zip(likelihoods, moves, strict=False):
        assert move["taken"] is (move["proposed"] > before)


async def test_several_chains_vote_and_run_side_by_side(play: Play, model: Signalled) -> None:
    model.script = lambda prompt, sample: f"Answer: {[7, 4, 4][sample]}"
    stored = await moved(play, samples=3, moves=2)
    assert stored.run.outcome.answer == "4"
    assert [(vote.answer, vote.branches) for vote in stored.run.outcome.votes] == [("4", (1, 2)), ("7", (0,))]
    branches = [g.branch for g in of_role(stored, "search")]
    assert sorted(branches[:3]) == sorted(branches[3:]) == [0, 1, 2]


async def test_what_truncation_does_to_the_target_is_said(play: Play, model: Signalled) -> None:
    plain, truncated = await moved(play), await moved(play, top_p=0.9)
    assert plain.run.outcome.note == "6 of 6 proposals were taken."
    assert truncated.run.outcome.note.endswith("the target has only texts whose every token survives it.")


async def test_without_log_probabilities_there_is_nothing_to_weigh(play: Play, model: Signalled) -> None:
    model.numbers = lambda sample: {"sampled_logprob": None}
    stored = await failed(play, RunRequest(SUM, "power_metropolis", {}))
    assert "How probable the tokens were is not known" in stored.run.error
