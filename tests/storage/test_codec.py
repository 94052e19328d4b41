"""Token traces survive as bytes, bit by bit; what is no trace is refused, whatever it is."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from storage import codec
from storage.codec import CodecError, decode, encode
from storage.trace import COLUMNS, TokenTrace
from tests.storage import making

ROOT = Path(__file__).resolve().parents[2]
FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=True)
INTEGERS = st.integers(-1, 2**31 - 1)
TEMPERATURES = st.floats(0, 10, allow_nan=False)


@st.composite
def traces(draw: st.DrawFn) -> TokenTrace:
    size, width = draw(st.integers(0, 12)), draw(st.integers(0, 4))

    def column(name: str) -> Any:
        shape = (size, width) if name.startswith("top_") else (size,)
        integer = name in ("ids", "candidates", "top_ids")
        return draw(
            arrays.arrays(np.int32 if integer else np.float32, shape, elements=INTEGERS if integer else FLOATS)
        )

    kept = draw(st.sets(st.sampled_from(COLUMNS))) | {"ids"}
    columns = {name: column(name) if name in kept else None for name in COLUMNS}
    tokens = draw(st.dictionaries(INTEGERS, st.binary(max_size=6), max_size=8))
    return TokenTrace(
        **columns,
        pieces=tokens,
        vocab_size=draw(st.integers(0, 2**31)),
        special=frozenset(draw(st.sets(INTEGERS, max_size=3))),
        entropy_is_lower_bound=draw(st.booleans()),
        grid={t: (column("entropy"), column("entropy")) for t in draw(st.sets(TEMPERATURES, max_size=2))},
    )


def altered(blob: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return the blob with another header, and a checksum that fits it."""
    _, _, length, _ = struct.unpack_from("<4sHII", blob)
    header = json.loads(blob[14 : 14 + length])
    change(header)
    return sealed(json.dumps(header).encode(), blob[14 + length :])


def sealed(head: bytes, packed: bytes) -> bytes:
    return struct.pack("<4sHII", codec.MAGIC, codec.VERSION, len(head), zlib.crc32(head + packed)) + head + packed


def array(header: dict[str, Any], name: str) -> list[Any]:
    found: list[Any] = next(listed for listed in header["arrays"] if listed[0] == name)
    return found


@settings(max_examples=60, deadline=None)
@given(traces())
def test_any_trace_comes_back_bit_by_bit(trace: TokenTrace) -> None:
    making.assert_same_trace(decode(encode(trace)), trace)


def test_unknown_and_infinite_numbers_keep_their_bits() -> None:
    odd = np.array([0x7FC00001, 0xFFC12345, 0xFF800000, 0x7F800000, 0x80000000], np.uint32).view(np.float32)
    trace = making.trace([b"a"] * 5, logprob=odd)
    assert decode(encode(trace)).logprob.tobytes() == odd.tobytes()  # type: ignore[union-attr]


def test_an_empty_trace_comes_back_with_the_columns_it_had() -> None:
    empty = making.trace([], grid={})
    making.assert_same_trace(decode(encode(empty)), empty)
    bare = TokenTrace(ids=np.zeros(0, np.int32), pieces={}, vocab_size=5)
    making.assert_same_trace(decode(encode(bare)), bare)


def test_what_was_read_says_the_same_text_with_the_same_special_tokens() -> None:
    trace = making.trace()
    back = decode(encode(trace))
    assert back.text() == trace.text() == ("Twelve \N{EM DASH} 12.", False)
    assert back.pieces[13] == b"<|end|>" and back.special == {13}
    assert back.pieces[0] == b"\xff" and back.pieces[3] == b""


def test_numbers_of_numpy_are_as_good_as_python_s() -> None:
    columns = making.trace().grid[0.5]
    trace = making.trace(vocab_size=np.int64(77), grid={np.float32(0.5): columns}, entropy_is_lower_bound=np.True_)
    back = decode(encode(trace))
    assert (back.vocab_size, list(back.grid), back.entropy_is_lower_bound) == (77, [0.5], True)


def test_the_last_few_tokens_of_a_longer_text_come_back_as_rows_of_their_own() -> None:
    part = making.trace().slice(2)
    making.assert_same_trace(decode(encode(part)), part)


def test_a_long_trace_packs_well() -> None:
    rng = np.random.default_rng(0)
    trace = making.trace([b"tok"] * 2000, entropy=rng.random(2000, np.float32), grid={})
    columns = [getattr(trace, name) for name in COLUMNS]
    assert len(encode(trace)) < sum(column.nbytes for column in columns if column is not None) / 2


def test_equal_traces_make_equal_bytes() -> None:
    assert encode(making.trace()) == encode(making.trace())


@pytest.mark.parametrize("blob", [b"", b"STtt", b"x" * 100, encode(making.trace())[:13]], ids=range(4))
def test_what_is_no_trace_is_refused(blob: bytes) -> None:
    with pytest.raises(CodecError, match="no token trace"):
        decode(blob)


def test_every_changed_byte_is_noticed() -> None:
    blob = encode(making.trace())
    for place in range(len(blob)):
        broken = bytearray(blob)
        broken[place] ^= 0x55
        with pytest.raises(CodecError):
            decode(bytes(broken))


def test_every_missing_end_is_noticed() -> None:
    blob = encode(making.trace())
    for length in range(len(blob)):
        with pytest.raises(CodecError):
            decode(blob[:length])
    with pytest.raises(CodecError):
        decode(blob + b"\0")


def test_a_newer_version_is_named() -> None:
    blob = bytearray(encode(making.trace()))
    blob[4] = 2
    with pytest.raises(CodecError, match="of version 2; this release reads version 1"):
        decode(bytes(blob))


def hostile() -> dict[str, Callable[[dict[str, Any]], object]]:
    return {
        "huge": lambda h: array(h, "ids").__setitem__(2, [2**40]),
        "huge empty shape": lambda h: array(h, "top_ids").__setitem__(2, [0, 10**30]),
        "negative": lambda h: array(h, "ids").__setitem__(2, [-4]),
        "true": lambda h: array(h, "ids").__setitem__(2, [True]),
        "too many dimensions": lambda h: array(h, "ids").__setitem__(2, [1] * 70),
        "objects": lambda h: array(h, "entropy").__setitem__(1, "|O"),
        "type is a list": lambda h: array(h, "entropy").__setitem__(1, []),
        "floats as ids": lambda h: array(h, "ids").__setitem__(1, "<f4"),
        "floats as sizes": lambda h: array(h, "piece_sizes").__setitem__(1, "<f4"),
        "floats as special tokens": lambda h: array(h, "special").__setitem__(1, "<f4"),
        "integers as grid": lambda h: array(h, "grid_lse_0").__setitem__(1, "<i4"),
        "grid in rows": lambda h: array(h, "grid_lse_0").__setitem__(2, [2, 2]),
        "flat alternatives": lambda h: array(h, "top_ids").__setitem__(2, [12]),
        "alternatives of another width": lambda h: array(h, "top_ids").__setitem__(2, [2, 6]),
        "column missing": lambda h: h["arrays"].remove(array(h, "ids")),
        "more bytes": lambda h: h.__setitem__("bytes", h["bytes"] + 1),
        "bytes is text": lambda h: h.__setitem__("bytes", "9"),
        "vocabulary": lambda h: h.__setitem__("vocab_size", None),
        "temperature is text": lambda h: h.__setitem__("grid", ["0.5", 1.3]),
        "temperature is not a number": lambda h: h.__setitem__("grid", [float("nan"), 1.3]),
        "temperature is huge": lambda h: h.__setitem__("grid", [10**400, 1.3]),
        "temperature without columns": lambda h: h["grid"].append(2.0),
        "grid is no list": lambda h: h.__setitem__("grid", 3),
        "arrays is no list": lambda h: h.__setitem__("arrays", {"ids": 1}),
    }


@pytest.mark.parametrize("change", hostile().values(), ids=hostile())
def test_a_header_that_lies_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(CodecError, match="damaged"):
        decode(altered(encode(making.trace()), change))


@pytest.mark.parametrize(
    "head", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"arrays":[],"bytes":' + b"9" * 5000 + b"}"],
    ids=range(7),
)  # fmt: skip
def test_a_header_that_is_none_is_refused(head: bytes) -> None:
    with pytest.raises(CodecError, match="damaged"):
        decode(sealed(head, zlib.compress(b"")))


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(bytes(2**24))
    with pytest.raises(CodecError, match="does not hold what its header lists"):
        decode(sealed(b'{"arrays":[["ids","<i4",[2]]],"bytes":0}', bomb))
    with pytest.raises(CodecError, match="claims to hold"):
        decode(sealed(b'{"arrays":[["ids","<i4",[99999999]]],"bytes":0}', bomb))


def test_traces_are_read_without_torch_and_without_a_database(tmp_path: Path) -> None:
    (tmp_path / "trace").write_bytes(encode(making.trace()))
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'sqlalchemy', 'gradio'): sys.modules[name] = None\n"
        "from pathlib import Path; from storage.codec import decode\n"
        f"print(decode(Path({str(tmp_path / 'trace')!r}).read_bytes()).text()[0])"
    )
    environment = {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, env=environment)
    assert done.stdout.decode().strip() == "Twelve \N{EM DASH} 12.", done.stderr
