"""The exact columns of every format, and masks in tokens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.export.training.cases import LEGS
from webapp.export.training.examples import Example, Graded, Meta, Online, Pair, Piece, Reply, Steps, said
from webapp.export.training.formats.format import CannotSay, Way
from webapp.export.training.formats.tokens import NO_LOSS
from webapp.export.training.material import plain
from webapp.export.training.registry import BUILDERS, FORMATS, formats_of
from webapp.export.training.template import Template

META = Meta("legs", "legs row 1", "kind", "reason", labelled_by=("Ada",))
PROMPT = plain(LEGS)
WRONG, RIGHT = Piece("It is 7. ", trained=False), Piece("No, 12.")
EXAMPLES: dict[type[Example], Example] = {
    Reply: Reply(META, PROMPT, (RIGHT,)),
    Pair: Pair(META, PROMPT, (RIGHT,), (Piece("7"),)),
    Graded: Graded(META, PROMPT, (RIGHT,), True),
    Steps: Steps(
        META,
        PROMPT,
        "Q",
        ("s1", "s2", "s3", "s4"),
        tuple(map(said, ("s1", "s2", "s3"))),
        (1, 0, -1),
        (True, True, False),
        "12",
        labelled_by=("Ada",),
        seconds=2.5,
        labelled_at="2026-01-02",
    ),
    Online: Online(META, PROMPT, "12", dict.fromkeys(("request", "y1", "y2", "r1", "r2", "turn2_reward"), "")),
}


class Bytes:
    """A tokenizer whose tokens are bytes, with a chat template of its own."""

    chat_template = "yes"
    bos_token_id, eos_token_id = None, 256

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": list(text.encode())}

    def apply_chat_template(self, messages: list[dict[str, str]], **_: Any) -> str:
        return "".join(f"<{each['role']}>{each['content']}" for each in messages) + "<assistant>"


TEMPLATE = Way(template=Template(Bytes(), "bytes"))


@pytest.mark.parametrize("name", FORMATS)
def test_rows_have_exactly_the_columns_that_are_promised(name: str) -> None:
    format = FORMATS[name]
    for shape in format.takes:
        for row in format.write(EXAMPLES[shape], TEMPLATE):
            assert set(row) - {"meta", "append_eos"} == set(format.columns) - {"append_eos"}
            assert "meta" in row or name == "prm800k"


TRL = {
    "sft": ("prompt", "completion"),
    "sft-tokens": ("input_ids", "labels"),
    "dpo": ("prompt", "chosen", "rejected"),
    "reward": ("prompt", "chosen", "rejected"),
    "kto": ("prompt", "completion", "label"),
    "stepwise": ("prompt", "completions", "labels"),
    "stepwise-tokens": ("input_ids", "labels"),
    "online": ("prompt", "answer"),
}


@pytest.mark.parametrize(("name", "columns"), TRL.items())
def test_the_columns_are_those_of_trl(name: str, columns: tuple[str, ...]) -> None:
    assert tuple(FORMATS[name].columns)[: len(columns)] == columns


def test_every_builder_has_a_format_and_every_format_a_builder() -> None:
    assert all(formats_of(builder) for builder in BUILDERS.values())
    assert {name for builder in BUILDERS.values() for name in formats_of(builder)} == set(FORMATS)


@pytest.mark.parametrize("name", ["isc", "agent-r"])
def test_what_is_masked_is_written_only_where_a_mask_can_be_said(name: str) -> None:
    assert formats_of(BUILDERS[name]) == ["sft-spans", "sft-tokens"]
    assert formats_of(BUILDERS["lemma-fix"])[0] == "sft"


def test_standard_rows_are_strings_and_conversational_ones_messages() -> None:
    [spoken] = FORMATS["dpo"].write(EXAMPLES[Pair], Way())
    assert spoken["prompt"] == [{"role": "user", "content": PROMPT[0][1]}]
    assert spoken["chosen"] == [{"role": "assistant", "content": "No, 12."}]
    [plainly] = FORMATS["dpo"].write(EXAMPLES[Pair], Way("standard"))
    assert (plainly["prompt"], plainly["rejected"]) == (f"{PROMPT[0][1]}\n\n", "7")
    [rendered] = FORMATS["dpo"].write(EXAMPLES[Pair], Way("standard", TEMPLATE.template))
    assert rendered["prompt"] == f"<user>{PROMPT[0][1]}<assistant>"


@pytest.mark.parametrize("ends", [True, False])
def test_the_trained_tokens_spell_the_trained_text(ends: bool) -> None:
    [row] = FORMATS["sft-tokens"].write(Reply(META, PROMPT, (WRONG, RIGHT), ends=ends), TEMPLATE)
    learnt = [label for label in row["labels"] if label != NO_LOSS]
    assert bytes(i for i in learnt if i < 256).decode() == "No, 12."
    assert (learnt[-1] == 256) == ends
    assert all(label in (NO_LOSS, token) for token, label in zip(row["input_ids"], row["labels"], strict=True))
    told = bytes(i for i in row["input_ids"] if i < 256).decode()
    assert told.endswith("<assistant>It is 7. No, 12.")


class Begun(Bytes):
    """A tokenizer of bytes that begins every text with a token of its own, as its chat template does."""

    bos_token_id, bos_token = 1, "\x01"

    def __call__(self, text: str, *, add_special_tokens: bool = True, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [*([1] if add_special_tokens else []), *text.encode()]}

    def apply_chat_template(self, messages: list[dict[str, str]], **_: Any) -> str:
        return "\x01" + super().apply_chat_template(messages)


class Plain(Begun):
    """The same without a chat template."""

    chat_template = None  # type: ignore[assignment]


@pytest.mark.parametrize("tokenizer", [Begun(), Plain()])
def test_a_text_begins_once_however_it_is_tokenised(tokenizer: Begun) -> None:
    way = Way("standard", Template(tokenizer, "begun"))
    [row] = FORMATS["sft-tokens"].write(EXAMPLES[Reply], way)
    assert row["input_ids"][:2].count(1) == 1
    [told] = FORMATS["sft"].write(EXAMPLES[Reply], way)
    assert tokenizer(told["prompt"])["input_ids"] == row["input_ids"][: -len("No, 12.") - 1]
    [steps] = FORMATS["stepwise-tokens"].write(EXAMPLES[Steps], way)
    assert (steps["input_ids"][:2], steps["labels"][:4]) == ([1, ord("Q")], [-100] * 4)


def test_steps_begin_with_the_token_for_that_even_where_the_tokenizer_does_not_add_it() -> None:
    """TRL 1.13, PRMTrainer.tokenize_row: the id stands before the question wherever the tokenizer has one."""
    quiet = Bytes()
    quiet.bos_token_id = 1  # type: ignore[assignment]
    [row] = FORMATS["stepwise-tokens"].write(EXAMPLES[Steps], Way(template=Template(quiet, "quiet")))
    assert (row["input_ids"][:4], row["labels"][:4]) == ([1, *b"Qs1"], [-100] * 4)


def test_a_row_without_anything_to_learn_is_none() -> None:
    with pytest.raises(CannotSay):
        FORMATS["sft-tokens"].write(Reply(META, PROMPT, (WRONG,), ends=False), TEMPLATE)
    with pytest.raises(CannotSay):
        FORMATS["sft"].write(Reply(META, PROMPT, (RIGHT,), ends=False), Way())
    with pytest.raises(CannotSay):
        FORMATS["sft-tokens"].write(EXAMPLES[Reply], Way())


def test_step_labels_stand_on_the_last_token_of_a_step() -> None:
    [row] = FORMATS["stepwise-tokens"].write(EXAMPLES[Steps], TEMPLATE)
    assert row["labels"] == [-100, -100, -100, 1, -100, -100, 1, -100, -100, 0]
    assert bytes(row["input_ids"]).decode() == "Qs1\ns2\ns3\n"


def test_a_prm800k_record() -> None:
    [row] = FORMATS["prm800k"].write(EXAMPLES[Steps], Way())
    assert (row["labeler"], row["timestamp"], row["generation"]) == ("Ada", "2026-01-02", None)
    assert row["question"]["problem"] == "Q"
    assert row["question"]["ground_truth_answer"] == "12"
    assert row["question"]["pre_generated_steps"] == ["s1", "s2", "s3", "s4"], "the whole solution"
    assert [step["completions"][0] for step in row["label"]["steps"]] == [
        {"text": "s1", "rating": 1, "flagged": None},
        {"text": "s2", "rating": 0, "flagged": None},
        {"text": "s3", "rating": -1, "flagged": None},
    ]
    assert (row["label"]["total_time"], row["label"]["finish_reason"]) == (2500, "found_error")


def test_steps_say_who_wrote_them() -> None:
    steps = (said("3 × 4 "), (Piece("is "), Piece("12", origin="person")))
    example = Steps(META, PROMPT, "Q", ("3 × 4 ", "is 12"), steps, (1, 1), (True, True), "12")
    for name in ("stepwise", "stepwise-tokens"):
        [row] = FORMATS[name].write(example, TEMPLATE)
        assert row["meta"]["origins"] == [[], [{"start": 3, "end": 5, "origin": "person"}]]


def test_a_pair_becomes_a_good_and_a_bad_reply() -> None:
    assert [row["label"] for row in FORMATS["kto"].write(EXAMPLES[Pair], Way())] == [True, False]
