"""Runs side by side, live or stored: token views, scores, votes, rounds, progress and cost.

Value: `{"runs": [run id, ...], "speed": null | number}`, one column each. With a speed (1 is as it was made),
finished runs are replayed; without, they are drawn at once. A further key of any kind (`"again": 2`) makes a value
new, so that the same replay starts over. With `"look": true` the runs are scrolled to. An empty list shows the empty
state.

Events (read them with `gr.EventData`; whoever calls can forge them):
    token_branch: `{run, generation, index, token}`, an alternative was picked at a token index.
    correct_text: `{run, generation, role, text, kept, go_on}`, a person wrote a "revision" or a "critique" of a
        text, after the first `kept` tokens of it; with `go_on` the model goes on from there.
    run_done: `{run, status}`, a run that was shown live has ended (also sent for stored runs, once drawn).
    judge_run: `{run}`, "use these samples as input".

Beside what its events tell, a finished run shows the evidence of `/api/runs/{id}/evidence`, asked for when its line
comes into sight and drawn when that is opened.

`[data-done="1"]` is set on the component when every run shown has ended.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent

EMPTY: dict[str, Any] = {"runs": [], "speed": None}


class RunView(ClientComponent):
    """Columns of runs, fed by `/api/runs/{id}/events`."""

    client = "run_view"
    styles = (
        "form", "run_view", "head", "token_view", "origin_spans", "hover_card", "scores", "votes", "rounds",
        "diff_view", "plot_view", "evidence", "decoding", "correction",
    )  # fmt: skip

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(EMPTY if value is None else value, **options)
