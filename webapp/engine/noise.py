"""The randomness of a draw: a pure function of what is drawn, never of when or beside what."""

from __future__ import annotations

import hashlib

from webapp.engine.protocol import Sampling


def uniform(sampling: Sampling, sample: int, index: int) -> float:
    """Return a number in [0, 1) keyed by seed, problem, call label, sample, redraw number and token index.

    53 bits of a BLAKE2b hash, so that neighbouring keys are independent and any machine gives the same number.
    """
    key = (sampling.seed, sampling.problem, sampling.label, sampling.first_sample + sample, sampling.redraw, index)
    digest = hashlib.blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)
