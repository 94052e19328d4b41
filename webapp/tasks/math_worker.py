"""A process of its own that compares LaTeX with math-verify: run as a script, one JSON line each way.

It imports nothing of this program. The parent ends it when a comparison takes too long, so math-verify's own
timeouts, which need the main thread's signals, stay off; its memory is capped where the system can.
"""

from __future__ import annotations

import json
import logging
import sys

MEMORY_BYTES = 2 * 1024**3


def _cap_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the time limit holds there too.
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _equivalent(reference: str, answer: str) -> bool | None:
    """Return whether two LaTeX expressions are equivalent; None when either cannot be read."""
    from math_verify import parse, verify

    gold, target = (parse(f"\\boxed{{{text}}}", parsing_timeout=None) for text in (reference, answer))
    if not gold or not target:
        return None
    return bool(verify(gold, target, timeout_seconds=None))


def main() -> None:
    """Answer requests `[reference, answer]` until the input ends."""
    _cap_memory()
    logging.disable(logging.CRITICAL)
    # Imports and the parser's first use take seconds: "ready" is said only afterwards, so no request pays for them.
    _equivalent("\\frac{1}{2}", "x + 1")
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        reference, answer = json.loads(line)
        try:
            verdict = _equivalent(reference, answer)
        except (Exception, RecursionError, MemoryError):
            # Whatever a hostile expression breaks in the parser, it is an expression that could not be read.
            verdict = None
        print(json.dumps(verdict), flush=True)


if __name__ == "__main__":
    main()
