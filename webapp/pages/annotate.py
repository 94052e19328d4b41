"""The Annotate page: queues of traces, labelled by keyboard; what was labelled goes out for training."""

from __future__ import annotations

from webapp.components.annotate_view import AnnotateView
from webapp.components.training_form import TrainingForm


def annotate_page() -> None:
    """Lay out the page, inside the Blocks that is open."""
    AnnotateView(elem_id="annotate-view")
    TrainingForm(elem_id="training-form")
