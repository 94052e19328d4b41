"""Token traces as bytes: what the database and session files hold, readable with numpy alone.

Layout, little-endian: 4 bytes magic, u16 version, u32 length of the header, u32 CRC-32 of all that follows; the
header as JSON; one zlib stream with the arrays that the header lists, one after the other, then the raw token bytes.
Within the stream an array of 32-bit numbers is stored as its first bytes, then its second bytes and so on, which
packs better.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from storage.trace import COLUMNS, TokenTrace

Arrays: TypeAlias = dict[str, NDArray[Any]]

MAGIC = b"STtt"
VERSION = 1
LARGEST = 2**28  # bytes of an unpacked trace: far above any real one, far below what a hostile one may claim
_PREFIX = struct.Struct("<4sHII")
_LISTS = frozenset({"piece_ids", "piece_sizes", "special"})  # of other lengths than the columns
_INTEGERS = frozenset({"ids", "candidates", "top_ids"}) | _LISTS
_WIDE = frozenset({"top_ids", "top_logprobs"})


class CodecError(ValueError):
    """The bytes are no token trace; the text says why."""


def encode(trace: TokenTrace) -> bytes:
    """Return a trace as bytes."""
    arrays, raw = _arrays(trace)
    header = {
        "vocab_size": int(trace.vocab_size),
        "entropy_is_lower_bound": bool(trace.entropy_is_lower_bound),
        "grid": [float(temperature) for temperature in trace.grid],
        "arrays": [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()],
        "bytes": len(raw),
    }
    head = json.dumps(header, separators=(",", ":")).encode()
    body = head + zlib.compress(b"".join([*map(_shuffled, arrays.values()), raw]))
    return _PREFIX.pack(MAGIC, VERSION, len(head), zlib.crc32(body)) + body


def decode(blob: bytes) -> TokenTrace:
    """Return the trace that `encode` made the bytes of.

    Raises:
        CodecError: when they are damaged, of a newer release, or something else.

    """
    head, packed = _parts(blob)
    try:
        header = json.loads(head)
        arrays, raw = _unpacked(header, packed)
        return _trace(header, arrays, raw)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError, zlib.error) as error:
        raise CodecError(f"The token trace is damaged: {error}.") from error


def _parts(blob: bytes) -> tuple[bytes, bytes]:
    if len(blob) < _PREFIX.size or not blob.startswith(MAGIC):
        raise CodecError("This is no token trace.")
    _, version, length, checksum = _PREFIX.unpack_from(blob)
    if version != VERSION:
        raise CodecError(f"The token trace is of version {version}; this release reads version {VERSION}.")
    body = blob[_PREFIX.size :]
    if zlib.crc32(body) != checksum or length > len(body):
        raise CodecError("The token trace is damaged: its checksum does not fit.")
    return body[:length], body[length:]


def _arrays(trace: TokenTrace) -> tuple[Arrays, bytes]:
    arrays: Arrays = {}
    for name in COLUMNS:
        if (column := getattr(trace, name)) is not None:
            arrays[name] = np.asarray(column, _dtype(name))
    for number, (lse, mean) in enumerate(trace.grid.values()):
        arrays[f"grid_lse_{number}"] = np.asarray(lse, "<f4")
        arrays[f"grid_mean_{number}"] = np.asarray(mean, "<f4")
    arrays["piece_ids"] = np.array(list(trace.pieces), "<i4")
    arrays["piece_sizes"] = np.array([len(piece) for piece in trace.pieces.values()], "<i4")
    arrays["special"] = np.array(sorted(trace.special), "<i4")
    return arrays, b"".join(trace.pieces.values())


def _shuffled(array: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(-1, 4).T.tobytes()


def _unpacked(header: Mapping[str, Any], packed: bytes) -> tuple[Arrays, bytes]:
    listed = [(str(name), np.dtype(_known(dtype)), _shape(shape)) for name, dtype, shape in header["arrays"]]
    sizes = [4 * math.prod(shape) for _, _, shape in listed]
    total = sum(sizes) + _count(header["bytes"])
    if total > LARGEST:
        raise ValueError(f"it claims to hold {total} bytes")
    unpacker = zlib.decompressobj()
    body = unpacker.decompress(packed, total + 1)
    if len(body) != total or not unpacker.eof or unpacker.unused_data:
        raise ValueError("it does not hold what its header lists")
    starts = list(accumulate(sizes, initial=0))
    arrays = {
        name: _unshuffled(body[start:stop], dtype).reshape(shape)
        for (name, dtype, shape), (start, stop) in zip(listed, pairwise(starts), strict=True)
    }
    return arrays, body[starts[-1] :]


def _unshuffled(data: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(4, -1).T).reshape(-1).view(dtype)


def _trace(header: Mapping[str, Any], arrays: Arrays, raw: bytes) -> TokenTrace:
    for name, array in arrays.items():
        if array.dtype != _dtype(name) or array.ndim != (2 if name in _WIDE else 1):
            raise ValueError(f"its column {name} has another form")
        if name not in _LISTS and len(array) != len(arrays["ids"]):
            raise ValueError(f"its column {name} has another length")
    if len({arrays[name].shape for name in _WIDE & arrays.keys()}) > 1:
        raise ValueError("its alternatives do not have a probability each")
    temperatures = [_temperature(value) for value in header["grid"]]
    return TokenTrace(
        **{name: arrays.get(name) for name in COLUMNS if name != "ids"},
        ids=arrays["ids"],
        pieces=dict(_pieces(arrays["piece_ids"], arrays["piece_sizes"], raw)),
        vocab_size=_count(header["vocab_size"]),
        special=frozenset(arrays["special"].tolist()),
        entropy_is_lower_bound=header["entropy_is_lower_bound"] is True,
        grid={t: (arrays[f"grid_lse_{i}"], arrays[f"grid_mean_{i}"]) for i, t in enumerate(temperatures)},
    )


def _pieces(ids: NDArray[Any], sizes: NDArray[Any], raw: bytes) -> Iterator[tuple[int, bytes]]:
    if len(ids) != len(sizes) or (sizes < 0).any() or sizes.sum() != len(raw):
        raise ValueError("its tokens' bytes do not add up")
    for token, (start, stop) in zip(ids.tolist(), pairwise(accumulate(sizes.tolist(), initial=0)), strict=True):
        yield token, raw[start:stop]


def _dtype(name: str) -> str:
    return "<i4" if name in _INTEGERS else "<f4"


def _known(dtype: object) -> str:
    if dtype not in ("<i4", "<f4"):
        raise ValueError(f"it holds numbers of type {dtype!r}")
    return str(dtype)


def _shape(shape: list[object]) -> tuple[int, ...]:
    return tuple(_count(size) for size in shape)


def _temperature(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no temperature")
    return float(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no number of things")
    return value
