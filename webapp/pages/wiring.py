"""How events reach handlers: never published, never queued behind another person's, refusals told in the notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradio.blocks import Block

from webapp.components.notice import Notice
from webapp.pages.notices import Handler, guarded

Listener = Callable[..., Any]


class Wiring:
    """Connects a page's events to its handlers, which return updates by component."""

    def __init__(self, notice: Notice) -> None:
        self._notice = notice

    def on(
        self,
        event: Listener,
        handler: Handler,
        inputs: Sequence[Block] = (),
        changes: Sequence[Block] = (),
        *,
        repeat: bool = True,
    ) -> None:
        """Call a handler whenever an event happens; without `repeat`, not while an earlier call is under way.

        Args:
            event: a component's listener, such as `button.click`.
            handler: what answers it with updates of the notice and of components in `changes`.
            inputs: the components whose values it is given.
            changes: the components it may change.
            repeat: whether it may be called again before it has answered.

        """
        event(
            guarded(self._notice, handler), inputs=list(inputs), outputs=[self._notice, *changes], queue=False,
            trigger_mode="multiple" if repeat else "once", show_progress="hidden", api_visibility="private",
        )  # fmt: skip
