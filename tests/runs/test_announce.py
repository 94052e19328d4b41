"""What a score's event carries: what its bar shows, and not the states and trees that charts ask for."""

from __future__ import annotations

from tests.storage import making
from webapp.runs.announce import scored


def test_a_score_is_announced_with_what_its_bar_shows() -> None:
    details = {"masses": [0.25, 0.5], "captured": 0.75, "format": "A/B", "ideas": 3, "vector": [0.5] * 4096}
    event = scored(making.score("s", name="p_true", value=1 / 3, details=details))
    assert event.details == {"masses": [0.25, 0.5], "captured": 0.75, "format": "A/B", "ideas": 3}
    assert (event.name, event.value) == ("p_true", 1 / 3)
