"""Renders chat messages to token ids: with the model's own template, or in a plain question-and-answer format."""

from __future__ import annotations

from functools import lru_cache

from transformers import GenerationConfig, PreTrainedTokenizerBase

from webapp.engine.plain import PLAIN_STOP, begins_with_system, encodable, plain, without_system
from webapp.engine.protocol import EngineError, Message, Prompt

REMEMBERED = 64  # prompts: the one just answered is often counted, scored and continued


class Chat:
    """Turns prompts into ids; a prefix continues inside the assistant's message. Any thread may ask."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig | None) -> None:
        self.tokenizer = tokenizer
        self.has_template = tokenizer.chat_template is not None
        self.end_ids = _end_ids(tokenizer, generation)
        self._rendered = lru_cache(REMEMBERED)(self._render)
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is not None:  # else the first call of each thread would switch them off under the others
            backend.no_truncation()
            backend.no_padding()

    @property
    def stop(self) -> tuple[str, ...]:
        """Stop strings that the plain format needs, since its model does not know when a turn ends."""
        return () if self.has_template else PLAIN_STOP

    def ids(self, prompt: Prompt) -> tuple[int, ...]:
        """Return the ids of the rendered messages, the opened assistant message and the prefix.

        Raises:
            EngineError: when the model's template refuses the conversation.

        """
        return (*self._rendered(prompt.messages), *prompt.prefix)

    def text_ids(self, text: str, *, special: bool = False) -> tuple[int, ...]:
        """Return the ids of a bare text, with the tokens that begin or end a text if `special`."""
        return tuple(self.tokenizer.encode(encodable(text), add_special_tokens=special))

    def _render(self, messages: tuple[Message, ...]) -> tuple[int, ...]:
        text = self._template(messages) if self.has_template else plain(messages)
        return self.text_ids(text, special=not self.has_template)

    def _template(self, messages: tuple[Message, ...]) -> str:
        try:
            return self._apply(messages)
        except Exception as error:  # a template is the model author's code, and raises what it likes
            if begins_with_system(messages):
                return self._template(without_system(messages))
            raise EngineError(f"The model's chat template refuses this conversation: {error}") from error

    def _apply(self, messages: tuple[Message, ...]) -> str:
        turns = [{"role": m.role, "content": m.content} for m in messages]
        return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))


def _end_ids(tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig | None) -> frozenset[int]:
    listed = getattr(generation, "eos_token_id", None)
    ids = {tokenizer.eos_token_id, *(listed if isinstance(listed, list) else [listed])}
    for name in ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>"):
        token = tokenizer.convert_tokens_to_ids(name)
        if token is not None and token != tokenizer.unk_token_id:
            ids.add(token)
    return frozenset(int(i) for i in ids if i is not None)
