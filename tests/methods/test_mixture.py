"""Mixtures: strictly one method after another, each handed exactly the text that is shown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import SUM, Judge, Play, counted, first_drafts, turns
from tests.methods.signalled import score_of
from webapp.engine.protocol import Prompt
from webapp.methods.mixture import MixtureParams, named
from webapp.methods.registry import methods
from webapp.runs.request import BadRequest, RunRequest, typed_problem
from webapp.tasks.question import Question

FORMAT = Question.of(SUM).answer_format()
ASKED = f"{SUM.question}\n\n{FORMAT}"


def counting(prompt: Prompt, sample: int) -> str:
    """Answer the plain question with 1; whoever is asked later gives the next number in everything it was shown."""
    numbers = [int(number) for number in re.findall(r"^Answer: (\d+)$", turns_of(prompt), re.M)]
    return f"Answer: {max(numbers, default=0) + 1 + 10 * sample}"


def turns_of(prompt: Prompt) -> str:
    return "\n".join(message.content for message in prompt.messages)


def stages_of(stored: StoredRun) -> list[dict[str, Any]]:
    return list(score_of(stored, "mixture_stages").details["stages"])


async def refused(play: Play, **params: Any) -> str:
    with pytest.raises(BadRequest) as error:
        await play.service.launch([RunRequest(SUM, "mixture", params)], person="local")
    return str(error.value)


async def test_the_final_text_is_appended_to_the_question_of_the_next_stage(play: Play, model: Judge) -> None:
    model.script = counting
    stored = await play("mixture", stages="two_turn > two_turn")
    first, corrected, second, last = stored.generations
    assert turns(first) == [ASKED] and turns(corrected)[:2] == [ASKED, "Answer: 1"]
    handed = "An earlier response to this question:\nAnswer: 2"
    asked_again = f"{SUM.question}\n\n{handed}\n\n{FORMAT}"
    assert turns(second) == [asked_again]
    assert turns(last)[:2] == [asked_again, "Answer: 3"], "the question keeps it through the whole stage"
    assert [stage["handed"] for stage in stages_of(stored)] == ["", handed]
    assert stages_of(stored)[1]["handed"] in turns(second)[0], "what is shown is what was handed over, word for word"


async def test_choices_stay_above_what_is_handed_over(play: Play, model: Judge) -> None:
    bird = typed_problem("Which is a bird?", "choice", "B", ("cat", "owl"))
    model.script = lambda prompt, sample: "Answer: B"
    stored = await play("mixture", bird, stages="two_turn > two_turn")
    assert turns(stored.generations[2])[0].startswith(
        "Which is a bird?\n(A) cat\n(B) owl\n\nAn earlier response to this question:\nAnswer: B\n\n"
    )


async def test_stages_follow_each_other_and_none_begins_before_the_last_has_ended(play: Play, model: Judge) -> None:
    model.script = counting
    stored = await play("mixture", samples=3, stages="self_consistency > rci")
    assert [call.label for _, call, _ in model.calls] == [
        "draft", "stage 2: draft", "stage 2: critique-1", "stage 2: revision-1",
    ]  # fmt: skip
    rounds = [g.round for g in stored.generations]
    assert rounds == [0, 0, 0, 1, 2, 2], "later stages are later rounds"


async def test_the_answer_is_that_of_the_last_stage_and_nothing_votes_over_the_stages(
    play: Play, model: Judge
) -> None:
    model.script = lambda prompt, sample: "Answer: 4" if "earlier response" not in turns_of(prompt) else "Answer: 5"
    own = '[{}, {}, {"samples": 1}]'
    stored = await play("mixture", stages="two_turn > two_turn > self_consistency", settings=own)
    outcome = stored.run.outcome
    assert [stage["answer"] for stage in stages_of(stored)] == ["4", "5", "5"]
    assert (outcome.answer, outcome.verdict, outcome.votes) == ("5", "incorrect", ())
    assert (outcome.first_answer, outcome.first_verdict) == ("4", "correct")
    assert outcome.chosen_generation == stored.generations[-1].id


async def test_the_first_stage_is_that_method_alone(play: Play, model: Judge) -> None:
    model.script = counting
    settings: dict[str, Any] = {"samples": 2, "temperature": 0.9}
    alone = await play("rci", seed=7, **settings)
    stored = await play("mixture", seed=7, stages="rci > two_turn", **settings)
    shared = len(alone.generations)
    assert [(g.messages, g.text, g.sampling, g.round) for g in stored.generations[:shared]] == [
        (g.messages, g.text, g.sampling, g.round) for g in alone.generations
    ]
    assert [g.branch for g in first_drafts(stored)] == [0, 1]


async def test_later_first_answers_are_revisions_of_what_was_handed_over(play: Play, model: Judge) -> None:
    model.script = counting
    stored = await play("mixture", stages="two_turn > rci")
    second = stored.generations[2]
    assert (second.role, second.parents, second.verdict) == ("revision", (stored.generations[1].id,), "incorrect")
    assert [g.role for g in stored.generations] == ["draft", "revision", "revision", "critique", "revision"]


@pytest.mark.parametrize(("carried", "texts"), [("every text so far", ["1", "2"]), ("the last text", ["2"])])
async def test_a_third_stage_gets_every_text_or_the_last(
    play: Play, model: Judge, carried: str, texts: list[str]
) -> None:
    model.script = counting
    once = '[{}, {"samples": 1}, {"samples": 1}]'
    three = "self_consistency > self_consistency > self_consistency"
    stored = await play("mixture", stages=three, settings=once, carried=carried)
    handed = "\n\n".join(f"An earlier response to this question:\nAnswer: {text}" for text in texts)
    assert turns(stored.generations[2]) == [f"{SUM.question}\n\n{handed}\n\n{FORMAT}"]


async def test_noise_of_a_stage_is_its_own(play: Play, model: Judge) -> None:
    model.script = counting
    stored = await play("mixture", stages="rci > rci > rci")
    keys = [(g.sampling["label"], g.sampling["first_sample"]) for g in stored.generations]
    assert len(set(keys)) == len(keys) == 9


async def test_settings_are_shared_unless_a_stage_says_otherwise(play: Play, model: Judge) -> None:
    model.script = counting
    own = '[{"rounds": 2}, {"samples": 2, "temperature": 0.0, "max_tokens": 50, "top_p": 0.5}]'
    stored = await play("mixture", stages="rci > two_turn", settings=own, temperature=0.9, max_tokens=70)
    first, later = stored.generations[:5], stored.generations[5:]
    assert {(g.sampling["temperature"], g.sampling["max_tokens"], g.sampling["top_p"]) for g in first} == {
        (0.9, 70, 1)
    }
    assert {(g.sampling["temperature"], g.sampling["max_tokens"], g.sampling["top_p"]) for g in later} == {
        (0, 50, 0.5)
    }
    assert [g.branch for g in later] == [0, 1, 0, 1]


async def test_in_correctbenchs_reading_stages_do_as_its_code_does(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Answer: 4"
    settings: dict[str, Any] = {"stages": "two_turn > rci", "settings": '[{}, {"rounds": 3}]'}
    paper, code = [await play("mixture", reading=reading, **settings) for reading in ("paper", "CorrectBench")]
    assert (len(paper.generations), paper.run.oracle) == (2 + 7, False)
    assert (len(code.generations), code.run.oracle) == (2 + 3, True), "RCI stops at the reference"
    assert [[stage["as_in_repository"] for stage in stages_of(each)] for each in (paper, code)] == [
        [False, False], [False, True],
    ]  # fmt: skip
    kept = await play(
        "mixture", reading="CorrectBench", stages="two_turn > rci", settings='[{}, {"reading": "paper"}]'
    )
    assert not kept.run.oracle, "a stage's own setting counts"


async def test_in_correctbenchs_reading_reflexion_tries_twice_by_the_reference(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Answer: 5"
    stored = await play("mixture", stages="two_turn > reflexion", reading="CorrectBench")
    labels = [g.label for g in stored.generations if g.label.startswith("stage 2")]
    assert labels == ["stage 2: draft", "stage 2: reflection-1", "stage 2: attempt-2"]
    assert stored.run.oracle and stages_of(stored)[1]["as_in_repository"]


async def test_what_all_stages_cost_is_charged_to_the_run(play: Play, model: Judge) -> None:
    model.script = counting
    stored = await play("mixture", stages="rci > p_true > spoc", samples=2)
    parts, whole = counted(stored), stored.run.cost
    assert (parts.generated_tokens, parts.prompt_tokens, parts.calls) == (
        whole.generated_tokens, whole.prompt_tokens, whole.calls,
    )  # fmt: skip
    assert first_drafts(stored) == [g for g in stored.generations if g.label == "draft"]


ALONE = [name for name, spec in methods().items() if name != "mixture" and spec.run.__module__.startswith("webapp.")]


async def test_every_method_can_be_a_later_stage(play: Play, model: Judge) -> None:
    model.script = counting
    requests = [RunRequest(SUM, "mixture", {"stages": f"self_consistency > {name}"}) for name in ALONE]
    for stored in await play.together(*requests):
        first, *later = stored.generations
        assert first_drafts(stored) == [first], "later drafts are no first attempts of the run"
        assert later and all(g.round > 0 for g in later)
        shown = "\n".join(content for _, content in later[0].messages)
        assert "An earlier response to this question:\nAnswer: 1" in shown


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"stages": "rci"}, "Mixture: Stages: name 2 to 6 methods parted by >, as in 'cove > rci', not 1."),
        ({"stages": ""}, "not 0."),
        ({"stages": " > ".join(["rci"] * 7)}, "not 7."),
        ({"stages": "rci > mixture"}, "Mixture: Stages: a mixture cannot be a stage of itself"),
        (
            {"stages": "rci > cot"},
            "Mixture: Stages: there is no method called 'cot'; choose among adaptive_sampling,",
        ),
        ({"settings": "{}"}, "Settings of the stages: they must be a list with an object for each of the 2 stages,"),
        ({"settings": "[{}]"}, "as in [{}, {}]."),
        ({"settings": "[{}, 1]"}, "as in [{}, {}]."),
        ({"settings": "[{},"}, "Mixture: Settings of the stages: this is no JSON ("),
        ({"settings": "[" * 4000}, "Mixture: Settings of the stages: this is"),
        (
            {"stages": "two_turn > rci", "settings": '[{}, {"rounds": 99}]'},
            "Mixture: Settings of the stages: stage 2, RCI: rounds: Input should be less than or equal to 8.",
        ),
        (
            {"stages": "two_turn > rci", "settings": '[{"tune": 1}, {}]'},
            "stage 1, Two-turn correction: tune: Extra inputs are not permitted.",
        ),
        (
            {"carried": "all"},
            "Mixture: Handed over must be one of 'every text so far' or 'the last text', not 'all'.",
        ),
    ],
)
async def test_what_cannot_be_a_mixture_is_refused_with_a_sentence(
    play: Play, params: dict[str, Any], sentence: str
) -> None:
    assert sentence in await refused(play, **params)


async def test_a_stage_that_needs_what_the_model_lacks_is_refused(play: Play, model: Judge) -> None:
    model.capabilities = frozenset({"generate", "choose"})
    model.__post_init__()
    told = await refused(play, stages="rci > p_true")
    assert told == "The stage P(True) needs a model that offers: continue. puppet does not."
    told = await refused(play, stages="rci > untargeted_refine > spoc")
    assert told == "The stage SPOC needs a model that offers: continue. puppet does not."


def test_stages_are_written_as_people_write_them() -> None:
    assert named("CoVe -> RCI") == named("cove→rci") == named(" cove\nrci > ") == ["cove", "rci"]
    assert named("Self-Refine > two turn") == ["self_refine", "two_turn"]
    assert [stage.spec.name for stage in MixtureParams().plan()] == ["cove", "rci"]
