"""Decode steps of fixed shapes: on a GPU each is captured once and then launched whole, signals and draw included."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch

from webapp.engine.cache import Window, bucketed
from webapp.engine.checking import MOST_ALTERNATIVES
from webapp.engine.forward import Forward
from webapp.engine.protocol import Sampling
from webapp.engine.sampling import Knobs, draw_untruncated
from webapp.engine.signals import signals
from webapp.engine.step import Step, step

_log = logging.getLogger(__name__)
WARM_UPS = 2  # runs before a capture, in which kernels choose their plans and workspaces


class Shape:
    """A step of so many rows over so many tokens: static inputs, and the results that a replay fills again."""

    def __init__(self, forward: Forward, rows: int, length: int) -> None:
        self.forward, self.rows, self.length = forward, rows, length
        self.ids = torch.zeros(rows, dtype=torch.long, device=forward.device)
        self.positions = torch.zeros(rows, dtype=torch.long, device=forward.device)
        self.order = torch.arange(rows, device=forward.device)
        self.knobs = Knobs.neutral(rows, forward.device)
        self.graph: torch.cuda.CUDAGraph | None = None
        self.result: Step | None = None

    def fill(self, tokens: Sequence[int], lengths: Sequence[int], knobs: Knobs, beyond: int) -> None:
        """Copy a step's inputs to where the captured kernels read them; rows beyond them write at `beyond`."""
        used = len(tokens)
        self.positions.fill_(beyond)
        self.ids[:used] = torch.tensor(tokens)
        self.positions[:used] = torch.tensor(lengths)
        for mine, given in zip(self.knobs, knobs, strict=True):
            mine[:used] = given

    def compute(self) -> Step:
        """Run the step as it is written."""
        forward = self.forward
        forward.cache.next = Window(slice(0, self.rows), self.length, self.length - 1, self.positions, self.order)
        masks = forward.masking.masks(self.positions[:, None], self.length)
        hidden = forward.body(forward.cache, self.ids[:, None], self.positions[:, None], masks)
        logits = forward.logits(hidden[:, -1])
        return Step(logits, signals(logits, MOST_ALTERNATIVES), draw_untruncated(logits, self.knobs))

    def run(self) -> Step:
        """Return this step's result, by replaying it once it was captured."""
        if self.graph is None or self.result is None:
            return self.compute()
        self.graph.replay()
        return self.result

    def capture(self) -> None:
        """Record the step; what the warm-ups write into the cache is what the replay will write again."""
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UPS):
                self.compute()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.result = self.compute()
        self.graph = graph


class Graphs:
    """The shapes that were met, for the buffers as they are now; growing buffers make all of them void."""

    def __init__(self, forward: Forward, *, capture: bool) -> None:
        self.forward = forward
        self.captures = capture
        self.shapes: dict[tuple[int, int], Shape] = {}
        self.buffers: tuple[int, int, int] | None = None

    def step(
        self,
        tokens: Sequence[int],
        lengths: Sequence[int],
        settings: Sequence[Sampling],
        noise: Sequence[float],
        beyond: int = 0,
    ) -> Step:
        """Read one token into each of the rows 0 to B - 1, of the given lengths, and draw the next of each.

        The shape may have rows beyond them, of which the first may hold a prompt that is being read: they write at
        position `beyond`, where nothing of it stands yet.
        """
        used = len(tokens)
        shape = self._shape(used, max(lengths) + 1, beyond)
        shape.fill(tokens, lengths, Knobs.of(settings, noise, self.forward.device), beyond)
        if self.captures and shape.graph is None:
            self._capture(shape)
        result = shape.run().of(range(used))
        truncated = any(s.truncates for s in settings)
        return step(result.logits, settings, noise) if truncated else result

    def _shape(self, rows: int, length: int, beyond: int) -> Shape:
        rows = min(1 << (rows - 1).bit_length(), self.forward.slots)
        length = bucketed(length)
        self.forward.cache.reserve(rows, max(length, beyond + 1))
        if (buffers := self.forward.cache.addresses()) != self.buffers:
            self.shapes.clear()
            self.buffers = buffers
        if (rows, length) not in self.shapes:
            self.shapes[rows, length] = Shape(self.forward, rows, length)
        return self.shapes[rows, length]

    def _capture(self, shape: Shape) -> None:
        try:
            shape.capture()
        except RuntimeError as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            _log.warning("decode steps cannot be captured here, so each is launched kernel by kernel: %s", error)
            self.captures = False
