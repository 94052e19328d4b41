"""The chat template and tokenizer of the model that is to be trained, and prompts as plain strings without one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from webapp.export.training.examples import Messages

NAMES = {"system": "System", "user": "User", "assistant": "Assistant"}


class Template:
    """Renders and tokenises as the model's own tokenizer does."""

    def __init__(self, tokenizer: Any, name: str) -> None:
        self._tokenizer = tokenizer
        self.name = name

    @classmethod
    def load(cls, folder: Path, name: str) -> Template:
        """Read the tokenizer of a model folder; nothing is fetched."""
        from transformers import AutoTokenizer  # takes seconds

        return cls(AutoTokenizer.from_pretrained(folder, local_files_only=True), name)

    def string(self, messages: Messages) -> str:
        """Return a conversation up to where its reply begins, as a string for trainers that tokenise it themselves.

        What the tokenizer puts before every text is left out: it would stand there twice.
        """
        told = self._rendered(messages)
        return told.removeprefix(self._tokenizer.bos_token) if _adds_begin(self._tokenizer) else told

    def prompt(self, messages: Messages) -> list[int]:
        """Return the token ids of a conversation as the model reads it, up to where its reply begins."""
        begun = self.begin if self._template is None and _adds_begin(self._tokenizer) else []
        return [*begun, *self.ids(self._rendered(messages))]

    def ids(self, text: str) -> list[int]:
        """Return the token ids of a text; nothing is added to it."""
        return [int(i) for i in self._tokenizer(text, add_special_tokens=False)["input_ids"]]

    @property
    def begin(self) -> list[int]:
        """The id for the beginning of a text, if the tokenizer has one, whether or not it adds that by itself."""
        token = self._tokenizer.bos_token_id
        return [] if token is None else [int(token)]

    @property
    def end(self) -> list[int]:
        """The id that ends a reply."""
        token = self._tokenizer.eos_token_id
        return [] if token is None else [int(token)]

    @property
    def _template(self) -> object:
        return getattr(self._tokenizer, "chat_template", None)

    def _rendered(self, messages: Messages) -> str:
        if self._template is None:
            return plainly(messages)
        told = [{"role": role, "content": content} for role, content in messages]
        return str(self._tokenizer.apply_chat_template(told, tokenize=False, add_generation_prompt=True))


def plainly(messages: Messages) -> str:
    """Return a conversation as a string that a reply can follow; a single question stands for itself."""
    if len(messages) == 1:
        return f"{messages[0][1]}\n\n"
    said = [f"{NAMES.get(role, role)}: {content}" for role, content in messages]
    return "\n\n".join([*said, f"{NAMES['assistant']}: "])


def _adds_begin(tokenizer: Any) -> bool:
    ids: Sequence[int] = tokenizer("a")["input_ids"]
    return tokenizer.bos_token_id is not None and ids[0] == tokenizer.bos_token_id
