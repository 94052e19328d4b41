"""Conversations for models that know none: a plain question-and-answer format, or one without a system turn."""

from __future__ import annotations

from webapp.engine.protocol import Message

PLAIN_NAMES = {"system": "", "user": "Question: ", "assistant": "Answer: "}
PLAIN_STOP = ("\nQuestion:",)


def plain(messages: tuple[Message, ...]) -> str:
    """Return a conversation as text whose continuation is the answer."""
    turns = [f"{PLAIN_NAMES[m.role]}{m.content}" for m in messages]
    return "\n\n".join([*turns, "Answer:"])


def begins_with_system(messages: tuple[Message, ...]) -> bool:
    """Say whether instructions stand before the first question."""
    return len(messages) > 1 and messages[0].role == "system" and messages[1].role == "user"


def without_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Put the instructions at the head of the first question, for models that know no system turn."""
    system, first, *rest = messages
    return (Message("user", f"{system.content}\n\n{first.content}"), *rest)


def encodable(text: str) -> str:
    """Replace lone surrogates, which no tokenizer takes, by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
