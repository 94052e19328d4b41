"""Where a model is loaded: in a thread that is gone afterwards, so that it leaves no team of threads behind."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from tests.models import tiny
from webapp.engine import attention
from webapp.engine.device import in_passing
from webapp.engine.local import LocalEngine


def test_work_in_passing_returns_or_raises_and_leaves_no_thread() -> None:
    ran: list[threading.Thread] = []

    def fails() -> None:
        ran.append(threading.current_thread())
        raise ValueError("no")

    assert in_passing(lambda: 3) == 3
    with pytest.raises(ValueError, match="no"):
        in_passing(fails)
    assert ran[0] is not threading.current_thread() and not ran[0].is_alive()


def test_a_model_is_loaded_and_tried_by_a_thread_that_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[threading.Thread] = []
    own = attention.scaled_dot_product_attention

    def noted(*args: object, **kwargs: object) -> object:
        computed.append(threading.current_thread())
        return own(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(attention, "scaled_dot_product_attention", noted)
    engine = LocalEngine.from_pretrained(tiny.write_folder(tmp_path), device="cpu")
    assert computed and not any(thread.is_alive() for thread in computed)
    asyncio.run(engine.close())
