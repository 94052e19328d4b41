"""The pages and how one gets from one to another."""

from __future__ import annotations

import gradio as gr
from gradio.components.navbar import Navbar

from webapp.components.person_bar import PersonBar
from webapp.experiments.service import ExperimentService
from webapp.pages.annotate import annotate_page
from webapp.pages.compare import ComparePage
from webapp.pages.experiments import ExperimentsPage
from webapp.pages.explore import explore_page
from webapp.pages.library import LibraryPage
from webapp.pages.methods import methods_page
from webapp.runs.services import Services


def build(services: Services, experiments: ExperimentService) -> gr.Blocks:
    """Return all pages over the services, ready to be mounted at /."""
    site = gr.Blocks(title="Second Thoughts", analytics_enabled=False, fill_width=True)
    with site:
        _head()
        explore_page(site, services)
    with site.route("Compare", "/compare"):
        _head()
        ComparePage(site, services)
    with site.route("Annotate", "/annotate"):
        _head()
        annotate_page()
    with site.route("Experiments", "/experiments"):
        _head()
        ExperimentsPage(services, experiments)
    with site.route("Methods", "/methods"):
        _head()
        methods_page()
    with site.route("Library", "/library"):
        _head()
        LibraryPage(site, services)
    return site


def _head() -> None:
    Navbar(main_page_name="Explore")
    PersonBar(elem_id="person")
