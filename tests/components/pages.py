"""The page that component tests look at: each component once, its value taken from the address."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from tests.components.stage import Stage
from webapp.components.address import Address
from webapp.components.arms_form import ArmsForm
from webapp.components.compare_view import CompareView
from webapp.components.comparison_view import ComparisonView
from webapp.components.experiments_view import ExperimentsView
from webapp.components.hot_key import HotKey
from webapp.components.library_view import LibraryView
from webapp.components.method_form import MethodForm
from webapp.components.methods_view import MethodsView
from webapp.components.model_status import ModelStatus
from webapp.components.notice import Notice
from webapp.components.plot_view import PlotView
from webapp.components.problem_preview import ProblemPreview
from webapp.components.run_view import RunView


def build(stage: Stage) -> gr.Blocks:
    """Return the pages `/` (runs), `/forms`, `/plot`, `/compare`, `/many`, `/methods`, `/experiments`, `/library`."""
    with gr.Blocks(title="stage") as demo:
        _runs(demo, stage)
    with demo.route("Forms", "/forms"):
        _forms(stage)
    with demo.route("Plot", "/plot"):
        _plot(stage)
    with demo.route("Compare", "/compare"):
        view = CompareView(elem_id="compare-view")
        view.baseline_change(stage.hear("baseline_change"), queue=False)
        demo.load(_runs_of, None, view)
    with demo.route("Many", "/many"):
        many = ComparisonView(elem_id="comparison-view")
        demo.load(_sessions_of, None, many)
    with demo.route("Methods", "/methods"):
        MethodsView(elem_id="methods-view")
    with demo.route("Experiments", "/experiments"):
        _experiments(stage)
    with demo.route("Library", "/library"):
        reload = gr.Button("Reload", elem_id="reload")
        library = LibraryView(elem_id="library-view")
        reload.click(lambda: {"session": None, "changed": 1}, None, library, queue=False)
        for name in (
            "rename", "set_notes", "set_tags", "delete", "restore", "open_session", "set_sharing", "set_default",
        ):  # fmt: skip
            getattr(library, name)(stage.hear(name), queue=False, trigger_mode="multiple")
    return demo


def _runs(demo: gr.Blocks, stage: Stage) -> None:
    address = Address(elem_id="address")
    wanted = gr.Textbox(elem_id="wanted", label="Runs as JSON")
    show = gr.Button("Show", elem_id="show")
    HotKey("wanted", "show")
    view = RunView(elem_id="run-view")
    for name in ("token_branch", "run_done", "judge_run", "correct_text"):
        getattr(view, name)(stage.hear(name), queue=False, trigger_mode="multiple")
    show.click(lambda text: (json.loads(text), json.loads(text)), wanted, [view, address], queue=False)
    demo.load(_runs_of, None, view)


def _runs_of(request: gr.Request) -> dict[str, Any]:
    query = request.query_params
    listed = f"{query.get('run', '')},{query.get('runs', '')}".split(",")
    return {"runs": [run for run in listed if run], "speed": None}


def _sessions_of(request: gr.Request) -> dict[str, Any]:
    return {"runs": [], "sessions": request.query_params.get("sessions", "").split(","), "experiment": None}


def _forms(stage: Stage) -> None:
    status = ModelStatus(elem_id="model-status")
    status.switch_model(stage.hear("switch_model"), queue=False)
    status.model_ready(stage.hear("model_ready"), queue=False)
    notice = Notice(elem_id="notice")
    form = MethodForm({"method": "self_refine", "values": {"max_rounds": 2}}, elem_id="method-form")
    form.method_change(stage.hear("method_change"), queue=False)
    read = gr.Button("Read", elem_id="read")
    say = gr.Textbox(elem_id="say", label="Say")
    read.click(lambda value: stage.heard.append(("read", value)), form, queue=False)
    say.submit(lambda text: {"kind": "error", "text": text}, say, notice, queue=False)


def _experiments(stage: Stage) -> None:
    view = ExperimentsView(elem_id="experiments-view")
    for name in ("start", "pause", "cancel", "retry", "remove", "restore", "allow_loading"):
        getattr(view, name)(stage.hear(name), queue=False, trigger_mode="multiple")
    made = gr.Button("Made", elem_id="made")
    made.click(lambda: {"open": "e2", "changed": 2}, None, view, queue=False)
    arms = ArmsForm({"arms": [{"method": "self_refine", "params": {"max_rounds": 3}, "title": ""}]}, elem_id="arms")
    read = gr.Button("Read", elem_id="read")
    read.click(lambda value: stage.heard.append(("read", value)), arms, queue=False)
    preview = ProblemPreview(elem_id="preview")
    shown = gr.Textbox(elem_id="shown", label="Shown")
    shown.submit(json.loads, shown, preview, queue=False)


def _plot(stage: Stage) -> None:
    view = PlotView(elem_id="plot-view")
    figure = gr.Textbox(elem_id="figure", label="Figure")
    draw = gr.Button("Draw", elem_id="draw")
    draw.click(lambda text: text or None, figure, view, queue=False)
    view.point_click(stage.hear("point_click"), queue=False)
