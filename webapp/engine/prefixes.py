"""What was read of recent texts: one that begins alike is read from where they part."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from webapp.engine.sequences import Kept, SequenceCache

WORTHWHILE = 16  # tokens; fewer are read again as fast as they are copied


class Prefixes:
    """What was read, by the ids it was read from; the least recently used goes first. `limit` is in tokens."""

    def __init__(self, limit: int = 0) -> None:
        self.limit = limit
        self.lent = 0
        self.texts: OrderedDict[tuple[int, ...], Kept] = OrderedDict()

    def recall(self, cache: SequenceCache, slot: int, ids: Sequence[int], most: int) -> int:
        """Fill a slot with the longest known beginning of ids, at most `most` tokens; return how many they are."""
        text = tuple(ids[:most])
        best = max(self.texts, key=lambda known: common(known, text), default=())
        shared = common(best, text)
        if shared < WORTHWHILE:
            return 0
        self.texts.move_to_end(best)
        cache.put(self.texts[best], slot, shared)
        return shared

    def keep(self, cache: SequenceCache, slot: int, ids: Sequence[int]) -> None:
        """Remember what was read of ids into a slot, if that adds enough to what is known."""
        text = tuple(ids)
        alike = {known: common(known, text) for known in self.texts}
        extended = [known for known, length in alike.items() if length == len(known)]
        shared = max(alike.values(), default=0)
        little_new = shared == len(text) or (2 * shared > len(text) and not extended)
        if little_new or not WORTHWHILE <= len(text) <= self.limit - self.lent:
            return
        for known in extended:
            del self.texts[known]
        self._make_room(len(text))
        self.texts[text] = cache.take(slot, len(text))

    @contextmanager
    def lend(self, tokens: int) -> Iterator[None]:
        """Remember so much less for a while, for what needs the memory."""
        self.lent += tokens
        self._make_room(0)
        try:
            yield
        finally:
            self.lent -= tokens

    def clear(self) -> None:
        """Forget everything."""
        self.texts.clear()

    def _make_room(self, tokens: int) -> None:
        while self.texts and sum(map(len, self.texts)) + tokens > self.limit - self.lent:
            self.texts.popitem(last=False)


def common(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """Return how many ids two texts share from the start."""
    low, high = 0, min(len(a), len(b))
    if a[:high] == b[:high]:
        return high
    while high - low > 1:  # slices are compared in C, so halving beats a loop over the ids
        middle = (low + high) // 2
        low, high = (middle, high) if a[low:middle] == b[low:middle] else (low, middle)
    return low
