"""The Explore page: a question in, one to three methods side by side out, live."""

from __future__ import annotations

import gradio as gr

from webapp.pages.baseline_actions import BaselineActions
from webapp.pages.explore_actions import ExploreActions
from webapp.pages.explore_view import ExploreView
from webapp.pages.problem_actions import ProblemActions
from webapp.pages.wiring import Wiring
from webapp.runs.services import Services


def explore_page(page: gr.Blocks, services: Services) -> None:
    """Lay out the page and wire its events, inside the Blocks that is open."""
    view = ExploreView()
    wiring = Wiring(view.notice)
    actions = ExploreActions(services, view)
    for opening in (page.load, view.address.moved):
        wiring.on(opening, actions.open, changes=[*view.opened, view.examples])
    wiring.on(view.examples.click, actions.load_examples, changes=[*view.opened, view.examples], repeat=False)
    _wire_runs(wiring, view, actions)
    _wire_judging(wiring, view, actions)
    _wire_baselines(wiring, view, BaselineActions(actions))
    _wire_problem(wiring, view, ProblemActions(view.problem, view.upload, view.notice))


def _wire_runs(wiring: Wiring, view: ExploreView, actions: ExploreActions) -> None:
    asked = [*view.methods, view.count, view.seed, view.session]
    fields = [view.problem.picker, *view.upload.inputs, *view.problem.inputs]
    wiring.on(view.run.click, actions.run, [*asked, *fields], view.launched, repeat=False)
    wiring.on(view.stop.click, actions.stop, [view.runs])
    wiring.on(view.runs.token_branch, actions.branch, [view.runs], view.launched)
    wiring.on(view.runs.correct_text, actions.correct, [view.runs], view.launched)
    wiring.on(view.runs.run_done, actions.draw, [view.runs], [view.entropy])
    wiring.on(view.replay.click, actions.replay, [view.runs, view.speed], [view.runs])
    wiring.on(view.instant.click, actions.replay, [view.runs], [view.runs])
    wiring.on(view.count.input, actions.choose_count, [view.count], view.columns)
    wiring.on(view.model.switch_model, actions.switch_model)


def _wire_judging(wiring: Wiring, view: ExploreView, actions: ExploreActions) -> None:
    judging = [view.judged, view.judge_method, view.runs]
    wiring.on(view.runs.judge_run, actions.choose_judge, changes=[view.judged, view.judge])
    wiring.on(view.judge_start.click, actions.judge, judging, [*view.launched, view.judge], repeat=False)
    wiring.on(view.judge_cancel.click, actions.hide_judge, changes=[view.judge])


def _wire_baselines(wiring: Wiring, view: ExploreView, actions: BaselineActions) -> None:
    offer = [view.baselines, view.baselines_text, view.baselines_start]
    wiring.on(view.runs.run_done, actions.offer, [view.runs], offer)
    launched = [*view.launched, view.baselines]
    wiring.on(view.baselines_start.click, actions.start, [view.runs], launched, repeat=False)


def _wire_problem(wiring: Wiring, view: ExploreView, actions: ProblemActions) -> None:
    problem, upload = view.problem, view.upload
    wiring.on(problem.picker.input, actions.pick_starter, [problem.picker], problem.fields)
    typed = [problem.picker, *upload.inputs, *problem.inputs]
    wiring.on(problem.question.input, actions.type_question, typed, [upload.rows, *problem.fields])
    wiring.on(problem.kind.change, actions.choose_kind, [problem.kind], [problem.choices])
    wiring.on(upload.format.input, actions.choose_format, [upload.format], [upload.columns])
    wiring.on(upload.read.click, actions.read_file, upload.inputs, [upload.rows, *problem.fields])
    wiring.on(upload.rows.input, actions.pick_row, upload.inputs, problem.fields)
