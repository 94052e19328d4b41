"""From messages to token ids: templates, templates that refuse, and models without one."""

from __future__ import annotations

import threading

import pytest

from tests.engine.asking import sample
from tests.engine.small import CONTEXT
from tests.models import tiny
from webapp.engine.chat import Chat
from webapp.engine.local import LocalEngine
from webapp.engine.plain import encodable
from webapp.engine.protocol import EngineError, Message, Prompt

SYSTEM = (Message("system", "Be brief."), Message("user", "Why?"))
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}" + tiny.TEMPLATE
REFUSES = "{{ raise_exception('roles must alternate') }}"


def chat(template: str | None = tiny.TEMPLATE) -> Chat:
    tokenizer = tiny.tokenizer()
    tokenizer.chat_template = template
    return Chat(tokenizer, None)


def spelled(made: Chat, *messages: Message) -> str:
    return str(made.tokenizer.decode(made.ids(Prompt(messages))))


def test_the_template_opens_the_assistants_turn() -> None:
    assert spelled(chat(), Message("user", "Hi")) == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_a_model_that_knows_no_system_turn_reads_the_instructions_with_the_question() -> None:
    assert spelled(chat(NO_SYSTEM), *SYSTEM).startswith("<|im_start|>user\nBe brief.\n\nWhy?<|im_end|>")
    assert spelled(chat(), *SYSTEM).startswith("<|im_start|>system\nBe brief.<|im_end|>")


def test_a_template_that_refuses_is_a_sentence() -> None:
    with pytest.raises(EngineError, match="chat template refuses this conversation: roles must alternate"):
        chat(REFUSES).ids(Prompt.user("Hi"))
    with pytest.raises(EngineError, match="roles must alternate"):
        chat(REFUSES).ids(Prompt(SYSTEM))


async def test_a_refusing_template_reaches_the_person_from_every_call() -> None:
    tokenizer = tiny.tokenizer()
    tokenizer.chat_template = REFUSES
    engine = LocalEngine(tiny.model(), tokenizer, id="refuses")
    for call in (
        sample(engine),
        engine.score([Prompt.user("Hi")], [[5]]),
        engine.choose([Prompt.user("Hi")], [["A"]]),
    ):
        with pytest.raises(EngineError, match="refuses"):
            await call
    await engine.close()


async def test_a_model_without_a_template_is_asked_plainly_and_says_so() -> None:
    tokenizer = tiny.tokenizer()
    tokenizer.chat_template = None
    engine = LocalEngine(tiny.model(), tokenizer, id="base")
    assert "chat" not in engine.info.capabilities
    assert engine.info.record.context_length == CONTEXT
    assert tokenizer.decode(engine.chat.ids(Prompt(SYSTEM))) == "Be brief.\n\nQuestion: Why?\n\nAnswer:"
    said = await sample(engine, Prompt.user("Why?"), max_tokens=5, temperature=1.0)
    assert said.finish_reason in ("length", "eos", "stop")
    await engine.close()


def test_a_prefix_is_taken_as_ids_and_never_spelled_out_again() -> None:
    made, ids = chat(), tuple(tiny.tokenizer().encode("t") + tiny.tokenizer().encode("he"))
    assert ids != tuple(tiny.tokenizer().encode("the"))
    assert made.ids(Prompt.user("Hi").continuing(ids))[-len(ids) :] == ids


def test_threads_may_render_at_once() -> None:
    made, found = chat(), []
    prompts = [Prompt.user(f"{i} " * 200) for i in range(40)]
    expected = [chat().ids(p) for p in prompts]
    threads = [threading.Thread(target=lambda: found.append([made.ids(p) for p in prompts])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_surrogate_pairs_are_joined_and_halves_replaced() -> None:
    assert encodable("\ud83e\udde0 \ud83e") == "🧠 \ufffd"
    assert encodable("plain é") == "plain é"
