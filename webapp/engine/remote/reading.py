"""Reads a model's whole vocabulary from a server that can tokenize and detokenize, as vLLM does.

Such a server spells a token alone by decoding it, which loses the bytes of a token that holds a part of a character.
The names that the tokenizer gives its tokens keep them, but are told only of the tokens of a text. So a text of many
characters is tokenized: nearly all tokens that split a character occur in it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from webapp.engine.remote.client import Client
from webapp.engine.remote.errors import unreadable
from webapp.engine.remote.vocabulary import Vocabulary
from webapp.engine.spelling import is_byte_level, spelled

BATCH = 8192  # ids in a request
AT_ONCE = 4
LARGEST = 1 << 20
MARKS = ("<|endoftext|>", "<|im_end|>", "</s>", "<eos>", "<|end_of_text|>", "[SEP]")
_SPECIAL = re.compile(
    r"<\|[^\s<>|]+\|>|<｜[^<>]+｜>|</?s>|<(pad|bos|eos|unk|mask|start_of_turn|end_of_turn)>|\[/?(INST|SEP|CLS|PAD)\]"
)


async def read_vocabulary(client: Client, model: str) -> Vocabulary | None:
    """Return what every token id spells, and which are special; None where the server cannot tell.

    Raises:
        EngineError: when it breaks off.

    """
    names = await _names(client, model, _unusual())
    marks = await _marks(client, model)
    if not names or not marks:
        return None
    pieces = await _decoded(client, model, marks[0])
    byte_level = is_byte_level(names.values())
    exact = {i: spelled(name, byte_level=byte_level) for i, name in names.items()}
    pieces = {**pieces, **exact, **{i: name.encode() for i, name in marks}}
    return Vocabulary(pieces, (i for i, piece in pieces.items() if is_special(piece.decode(errors="replace"))))


def is_special(name: str) -> bool:
    """Say whether a token of this name marks a place in a conversation and is no part of a text."""
    return _SPECIAL.fullmatch(name) is not None


async def tokenized(client: Client, body: Mapping[str, Any]) -> tuple[list[int], list[str]]:
    """Return the ids and names of the tokens of a text or a conversation, as the server tokenizes it.

    Raises:
        EngineError: for what it refuses, or where it answers with something else.

    """
    answer = await client.ask(f"{client.address.root}/tokenize", {**body, "return_token_strs": True})
    ids, names = answer.get("tokens"), answer.get("token_strs")
    if not isinstance(ids, list) or not all(isinstance(i, int) for i in ids):
        raise unreadable(client.address)
    return ids, [str(name) for name in names] if isinstance(names, list) else []


def _unusual() -> str:
    """Return characters of every script and the emoji, each with and without a space before it."""
    ranges = (
        range(0xA1, 0x600), range(0x600, 0xD800, 5), range(0xE000, 0xFFFE, 9), range(0x10000, 0x1F000, 60),
        range(0x1D400, 0x1D800, 6), range(0x1F000, 0x1FB00, 2), range(0x20000, 0x110000, 4001),
    )  # fmt: skip
    characters = [chr(code) for codes in ranges for code in codes]
    alphabet = " " + "".join(map(chr, range(0x21, 0x7F)))
    return alphabet + "".join(characters) + " " + " ".join(characters)


async def _names(client: Client, model: str, text: str) -> dict[int, str]:
    ids, names = await tokenized(client, {"model": model, "prompt": text, "add_special_tokens": False})
    return dict(zip(ids, names, strict=False))


async def _marks(client: Client, model: str) -> list[tuple[int, str]]:
    """Return special tokens, by id and name; detokenized, one of them stands between others as its name."""
    each = [_names(client, model, mark) for mark in MARKS]
    found = [named for named in await asyncio.gather(*each) if len(named) == 1]
    return [next(iter(named.items())) for named in found if next(iter(named.values())) in MARKS]


async def _decoded(client: Client, model: str, mark: tuple[int, str]) -> dict[int, bytes]:
    """Return what every id spells alone; ids beyond the vocabulary spell nothing."""
    pieces: dict[int, bytes] = {}
    for start in range(0, LARGEST, AT_ONCE * BATCH):
        starts = [start + BATCH * i for i in range(AT_ONCE)]
        parts = await asyncio.gather(*(_batch(client, model, mark, range(at, at + BATCH)) for at in starts))
        for at, texts in zip(starts, parts, strict=True):
            pieces.update({at + i: text.encode() for i, text in enumerate(texts) if text})
        if not any(parts[-1]):
            break
    return pieces


async def _batch(client: Client, model: str, mark: tuple[int, str], ids: Sequence[int]) -> list[str]:
    """Detokenize ids with the mark between them, so that each is decoded by itself."""
    number, name = mark
    tokens = [token for i in ids for token in (number, i)]
    answer = await client.ask(f"{client.address.root}/detokenize", {"model": model, "tokens": [*tokens, number]})
    said = str(answer.get("prompt", ""))
    # The mark's own id leaves an empty place, as one beyond the vocabulary does, and a mark too many.
    texts = said.replace(name * 3, name * 2).split(name)[1:-1] if number in ids else said.split(name)[1:-1]
    if len(texts) != len(ids):
        raise unreadable(client.address)
    return texts
