"""Renders chat messages to token ids: with the model's own template, or in a plain question-and-answer format."""

from __future__ import annotations

from transformers import GenerationConfig, PreTrainedTokenizerBase

from webapp.engine.protocol import Message, Prompt

PLAIN_NAMES = {"system": "", "user": "Question: ", "assistant": "Answer: "}
PLAIN_STOP = ("\nQuestion:",)


class Chat:
    """Turns prompts into ids; a prefix continues inside the assistant's message."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig | None) -> None:
        self.tokenizer = tokenizer
        self.has_template = tokenizer.chat_template is not None
        self.end_ids = _end_ids(tokenizer, generation)

    @property
    def stop(self) -> tuple[str, ...]:
        """Stop strings that the plain format needs, since its model does not know when a turn ends."""
        return () if self.has_template else PLAIN_STOP

    def ids(self, prompt: Prompt) -> tuple[int, ...]:
        """Return the ids of the rendered messages, the opened assistant message and the prefix."""
        text = self._template(prompt.messages) if self.has_template else _plain(prompt.messages)
        return (*self.tokenizer.encode(text, add_special_tokens=not self.has_template), *prompt.prefix)

    def _template(self, messages: tuple[Message, ...]) -> str:
        turns = [{"role": m.role, "content": m.content} for m in messages]
        text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return str(text)


def _plain(messages: tuple[Message, ...]) -> str:
    turns = [f"{PLAIN_NAMES[m.role]}{m.content}" for m in messages]
    return "\n\n".join([*turns, "Answer:"])


def _end_ids(tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig | None) -> frozenset[int]:
    listed = getattr(generation, "eos_token_id", None)
    ids = {tokenizer.eos_token_id, *(listed if isinstance(listed, list) else [listed])}
    for name in ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>"):
        token = tokenizer.convert_tokens_to_ids(name)
        if token is not None and token != tokenizer.unk_token_id:
            ids.add(token)
    return frozenset(int(i) for i in ids if i is not None)
