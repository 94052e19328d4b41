"""The plan of the examples: what is run on which question, what it shows, and what a teacher should look at."""

from __future__ import annotations

from tests.examples.of_embedded import LAUNCHES as EMBEDDED
from tests.examples.of_stronger import LAUNCHES as STRONGER
from tests.examples.shape import Branch, Example, Launch

__all__ = ["NOTES", "PLAN", "SESSION", "Branch", "Example", "Launch"]

PLAN: tuple[Launch, ...] = (*STRONGER, *EMBEDDED)
SESSION = "Examples"
NOTES = (
    "Recorded runs to look at before your first own one: real texts of two small models in float32, chosen because "
    "they show something, not because they are typical. Each run has a name, tags and a note that says what to look "
    "at. Begin with “Spider”: two columns that start from the same drafts. Then “Loud” for the tokens, “Sun” for "
    "second thoughts that help, “Colosseum” and “Captain” for a judge that does not. "
    "Recorded by python -m tests.record_examples; nothing was edited."
)
