"""Ids to text and back: pieces, stop strings, chat formats."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerBase

from tests.engine.asking import sample
from webapp.engine.chat import Chat
from webapp.engine.local import LocalEngine
from webapp.engine.pieces import Pieces
from webapp.engine.protocol import Message, Prompt
from webapp.engine.stops import StopWatch


@pytest.mark.parametrize(
    "text", ["plain words", "naïve café", "日本語", "🧠 emoji 👩‍🔬", "tabs\tand\nlines", " spaces  "]
)
def test_the_pieces_of_a_text_join_to_its_bytes(tokenizer: PreTrainedTokenizerBase, text: str) -> None:
    pieces = Pieces(tokenizer)
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert b"".join(pieces[i] for i in ids) == text.encode()


def test_special_tokens_have_names_and_add_no_text(tokenizer: PreTrainedTokenizerBase) -> None:
    pieces = Pieces(tokenizer)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert pieces[end] == b"<|im_end|>"
    assert pieces.text_bytes(end) == b""


def test_a_stop_string_across_tokens_cuts_before_its_first_byte() -> None:
    watch = StopWatch(frozenset({0}), ["\nQ:"], 10)
    assert [watch.see(5, piece) for piece in (b"yes", b"\n", b"Q")] == [None, None, None]
    assert watch.see(5, b": next") == "stop"
    assert watch.cut == 3


def test_the_end_comes_by_id_or_by_length() -> None:
    assert StopWatch(frozenset({7}), [], 10).see(7, b"") == "eos"
    assert StopWatch(frozenset({7}), [], 1).see(1, b"a") == "length"


async def test_a_stopped_text_ends_before_the_stop_string_and_keeps_its_tokens(engine: LocalEngine) -> None:
    whole = await sample(engine, temperature=0.0, max_tokens=12)
    word = whole.text.split()[2]
    cut = await sample(engine, temperature=0.0, max_tokens=12, stop=(word,))
    assert cut.finish_reason == "stop"
    assert cut.text == whole.text[: whole.text.index(word)]
    assert cut.trace.text()[0].startswith(cut.text) and word in cut.trace.text()[0]


def test_a_model_without_a_template_gets_a_plain_format(tokenizer: PreTrainedTokenizerBase) -> None:
    template, tokenizer.chat_template = tokenizer.chat_template, None
    try:
        chat = Chat(tokenizer, None)
        ids = chat.ids(Prompt((Message("user", "One?"), Message("assistant", "1."), Message("user", "Two?"))))
        assert tokenizer.decode(ids) == "Question: One?\n\nAnswer: 1.\n\nQuestion: Two?\n\nAnswer:"
        assert chat.stop == ("\nQuestion:",)
    finally:
        tokenizer.chat_template = template
    assert Chat(tokenizer, None).stop == ()


def test_a_prefix_stands_inside_the_assistants_message(tokenizer: PreTrainedTokenizerBase) -> None:
    chat = Chat(tokenizer, None)
    prompt = Prompt.user("Hi")
    assert chat.ids(prompt.continuing((5, 6))) == (*chat.ids(prompt), 5, 6)


async def test_choosing_pools_variants_and_drops_those_that_extend_another(engine: LocalEngine) -> None:
    prompt = Prompt.user("Is Paris in France?\n(A) True\n(B) False").continuing(engine.tokenize("The answer is: ("))
    [chosen] = await engine.choose([prompt], [["A", " A", "A)"], ["B"]])
    [bare] = await engine.choose([prompt], [["A"], ["B"]])
    assert [name for name, _ in chosen.variants[0]] == ["A", " A"]
    assert chosen.masses[0] == pytest.approx(sum(mass for _, mass in chosen.variants[0]))
    assert chosen.masses[1] == pytest.approx(bare.masses[1], rel=1e-4)
    assert 0 < chosen.captured <= 1 + 1e-6
    assert sum(chosen.probabilities) == pytest.approx(1)


async def test_an_option_of_several_tokens_is_scored_as_a_full_string(engine: LocalEngine) -> None:
    prompt = Prompt.user("Name a city.")
    text = "Copenhagen harbour"
    [chosen] = await engine.choose([prompt], [[text], ["A"]])
    [trace] = await engine.score([prompt], [engine.tokenize(text)])
    assert trace.logprob is not None
    assert chosen.masses[0] == pytest.approx(float(torch.tensor(trace.logprob).double().sum().exp()), rel=1e-3)


async def test_embeddings_are_the_mean_of_the_last_hidden_states(engine: LocalEngine, embedded_model: Path) -> None:
    found = await engine.embed(["a text", "another text"])
    ids = engine.tokenizer("a text", return_tensors="pt")
    dtype = getattr(torch, engine.info.record.dtype)
    model = AutoModelForCausalLM.from_pretrained(embedded_model, dtype=dtype, local_files_only=True).float()
    with torch.inference_mode():
        expected = model.base_model(**ids).last_hidden_state[0].mean(0)
    assert found.shape == (2, expected.shape[0])
    assert torch.allclose(torch.tensor(found[0]), expected, atol=1e-4)
