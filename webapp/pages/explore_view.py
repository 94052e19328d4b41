"""What stands where on the Explore page."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.blocks import Block

from webapp.components.address import Address
from webapp.components.hot_key import HotKey
from webapp.components.method_form import MethodForm
from webapp.components.model_status import ModelStatus
from webapp.components.notice import Notice
from webapp.components.plot_view import PlotView
from webapp.components.run_view import RunView
from webapp.pages.problem_form import ProblemForm
from webapp.pages.upload_form import UploadForm

# One a column; the first two are there on a first visit.
FIRST_METHODS: tuple[dict[str, Any], ...] = (
    {"method": "p_true", "values": {"samples": 4, "ideas": 0, "max_tokens": 80}},
    {"method": "rci", "values": {"samples": 1, "rounds": 1, "max_tokens": 80}},
    {"method": "self_consistency", "values": {"samples": 4, "max_tokens": 80}},
)
FIRST_COUNT = 2
FIRST_JUDGE: dict[str, Any] = {"method": "p_true", "values": {}}
SPEEDS = [("as it was made", 1.0), ("twice as fast", 2.0), ("four times as fast", 4.0)]


class ExploreView:
    """Lays out the page; the components are its attributes."""

    def __init__(self) -> None:
        self.address = Address(elem_id="address")
        HotKey(within="question", press="run")
        self.model = ModelStatus(elem_id="model-status")
        with gr.Row(elem_id="ask"):
            with gr.Column(scale=5, min_width=320):
                self.problem = ProblemForm(self._buttons)
                self.upload = UploadForm()
            with gr.Column(scale=7, min_width=320):
                self._methods()
                self._launch()
        self.notice = Notice(elem_id="notice")
        self.runs = RunView(elem_id="run-view")
        self._baselines()
        self._judge()
        self._replay()
        with gr.Accordion("Entropy along the text", open=True, elem_id="along"):
            self.entropy = PlotView(elem_id="entropy")

    @property
    def launched(self) -> list[Block]:
        """What changes when other runs are shown."""
        return [self.address, self.runs, self.session]

    @property
    def opened(self) -> list[Block]:
        """What changes when a page opens: the runs, and the fields that made them."""
        return [*self.launched, *self.methods, *self.columns, self.count, self.seed, *self.problem.fields]

    def _methods(self) -> None:
        self.methods: list[MethodForm] = []
        self.columns: list[gr.Column] = []
        with gr.Row(elem_id="methods"):
            for place, (name, first) in enumerate(zip(("first", "second", "third"), FIRST_METHODS, strict=True)):
                with gr.Column(min_width=280, visible=place < FIRST_COUNT) as column:
                    self.methods.append(MethodForm(value=first, elem_id=f"method-{name}"))
                self.columns.append(column)

    def _launch(self) -> None:
        with gr.Row():
            self.count = gr.Radio(
                label="Methods side by side", choices=[1, 2, 3], value=FIRST_COUNT, elem_id="count", min_width=150
            )
            self.seed = gr.Number(
                label="Seed",
                value=0,
                precision=0,
                elem_id="seed",
                min_width=100,
                info="Same seed, same first drafts.",
            )
            self.session = gr.Dropdown(
                label="Session", choices=[], value=None, allow_custom_value=True, elem_id="session", min_width=200,
                info="Pick one, or type a new name.",
            )  # fmt: skip

    def _buttons(self) -> None:
        with gr.Row():
            self.run = gr.Button("Run", variant="primary", elem_id="run", min_width=120)
            self.stop = gr.Button("Stop", variant="stop", elem_id="stop", min_width=120)
        self.examples = gr.Button("Load the recorded examples", elem_id="examples", visible=False, size="sm")

    def _baselines(self) -> None:
        with gr.Row(visible=False, elem_id="baselines") as self.baselines:
            self.baselines_text = gr.Markdown(elem_id="baselines-text")
            self.baselines_start = gr.Button(elem_id="baselines-start", size="sm", scale=0, min_width=300)

    def _judge(self) -> None:
        with gr.Column(visible=False, elem_id="judge") as self.judge:
            self.judged = gr.Textbox(visible="hidden", elem_id="judged-run")
            gr.Markdown("**Use these samples as the input of another method**")
            self.judge_method = MethodForm(value=FIRST_JUDGE, elem_id="judge-method")
            with gr.Row():
                self.judge_start = gr.Button("Start", variant="primary", elem_id="judge-start", min_width=120)
                self.judge_cancel = gr.Button("Cancel", elem_id="judge-cancel", min_width=120)

    def _replay(self) -> None:
        with gr.Row(elem_id="replaying"):
            self.speed = gr.Dropdown(
                label="Replay speed", choices=SPEEDS, value=1.0, elem_id="speed", min_width=220, scale=0
            )
            self.replay = gr.Button("Replay", elem_id="replay", min_width=110, scale=0)
            self.instant = gr.Button("Show at once", elem_id="instant", min_width=160, scale=0)
