"""The form of a new experiment: methods, models, problems, seeds and a budget, and what they make together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from storage.records import Problem
from webapp.components.arms_form import ArmsForm
from webapp.experiments.spec import Arm, ExperimentSpec, checked
from webapp.methods.registry import methods
from webapp.models.catalogue import recommended_models
from webapp.pages.data_form import DataForm
from webapp.runs.request import BadRequest

FIRST_ARMS = (
    {"method": "self_consistency", "params": {"samples": 5}, "title": ""},
    {"method": "ask_again", "params": {}, "title": ""},
)
THIS_MODEL = "the model that answers now"
MOST_SEEDS = 10_000


class ExperimentForm:
    """Lays out the fields and reads them back."""

    def __init__(self) -> None:
        self.name = gr.Textbox(label="Name", placeholder="What it is about", max_length=200, elem_id="name")
        gr.Markdown("### Methods")
        self.arms = ArmsForm({"arms": list(FIRST_ARMS)}, elem_id="arms")
        gr.Markdown("### Problems")
        self.data = DataForm()
        gr.Markdown("### How often, and with what")
        with gr.Row():
            self.seeds = gr.Textbox(
                label="Seeds", value="0", elem_id="seeds", min_width=140,
                info="One run each: 0, 1, 2 or 0-4. With one seed all methods start from the same drafts.",
            )  # fmt: skip
            self.models = gr.Dropdown(
                label="Models", choices=[(THIS_MODEL, ""), *((m.name, m.ref) for m in recommended_models())],
                value=[""], multiselect=True, allow_custom_value=True, elem_id="models", min_width=220,
                info="A Hub id, a folder or a .gguf file. Cells of a model wait until it is loaded.",
            )  # fmt: skip
        with gr.Accordion("Budget", open=False), gr.Row():
            self.tokens = gr.Number(
                label="Pause after so many generated tokens",
                value=None,
                precision=0,
                minimum=1,
                elem_id="budget-tokens",
            )
            self.hours = gr.Number(label="Pause after so many hours", value=None, minimum=0, elem_id="budget-hours")
            self.run_tokens = gr.Number(label="Longest run, in tokens", value=None, precision=0, minimum=1)
        self.make = gr.Button("Try a few cells and estimate", variant="primary", elem_id="make")

    @property
    def inputs(self) -> list[gr.components.Component]:
        """The components whose values `read` takes, in order."""
        own = [self.name, self.arms, self.seeds, self.models, self.tokens, self.hours, self.run_tokens]
        return [*own, *self.data.inputs]

    async def read(self, loaded: str | None, *values: Any) -> tuple[ExperimentSpec, Sequence[Problem]]:
        """Return the spec and the problems that the fields describe; `loaded` is the model that answers now.

        Raises:
            BadRequest: with a sentence about the first thing that is wrong.

        """
        name, arms, seeds, models, tokens, hours, run_tokens, *data = values
        bounds = {"tokens": tokens, "hours": hours, "run_tokens": run_tokens}
        spec: dict[str, Any] = {
            "methods": _arms(arms),
            "seeds": _seeds(seeds),
            "models": _models(models, loaded),
            "budget": {bound: value for bound, value in bounds.items() if value},
            "data": {"source": "starter"},
        }
        arms = checked(spec).methods  # before a long look for problems
        part, problems = await self.data.read(*data)
        named = (name or "").strip() or _named(arms, len(problems), part)
        return checked(spec | {"name": named[:200], "data": part}), problems


def _named(arms: Sequence[Arm], problems: int, data: Mapping[str, Any]) -> str:
    titles = list(dict.fromkeys(arm.title or methods()[arm.method].title for arm in arms))
    source = data.get("generator") or data.get("id") or data.get("path") or "starter problems"
    return f"{', '.join(titles[:3])}{'...' if len(titles) > 3 else ''} on {problems} of {source}"


def _arms(value: object) -> list[dict[str, Any]]:
    """Return the arms in the form's value, whoever sent it."""
    arms = value.get("arms") if isinstance(value, dict) else None
    if not isinstance(arms, list) or not arms or not all(isinstance(arm, dict) for arm in arms):
        raise BadRequest("Add at least one method.")
    return [{name: arm[name] for name in ("method", "params", "title") if name in arm} for arm in arms]


def _seeds(text: str | None) -> list[int]:
    """Read "0, 1, 5-9"."""
    found: dict[int, None] = {}
    for part in filter(None, re.split(r"[\s,;]+", (text or "").strip())):
        ends = re.fullmatch(r"(\d{1,18})(?:-(\d{1,18}))?", part)
        if ends is None:
            raise BadRequest(f"{part[:40]!r} is no seed: write whole numbers such as 0, 1, 2 or 0-4.")
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if last - first >= MOST_SEEDS:
            raise BadRequest(f"{part} are more than {MOST_SEEDS:,} seeds.")
        found.update(dict.fromkeys(range(first, last + 1)))
    if not found:
        raise BadRequest("Give at least one seed, such as 0.")
    return list(found)


def _models(value: object, loaded: str | None) -> list[str]:
    """Return the models that were picked; an empty one is the one that answers now."""
    picked = [model.strip() for model in value if isinstance(model, str)] if isinstance(value, list) else []
    models = [model or loaded or "embedded" for model in picked]
    if not models:
        raise BadRequest("Pick at least one model.")
    return list(dict.fromkeys(models))
