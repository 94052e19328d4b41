"""The ready schemas: what is usually asked about a correction trace."""

from __future__ import annotations

from collections.abc import Mapping

from storage.annotations import FIRST, NO_ERROR, SECOND, STEP, TIE, Field, FieldKind, LabelSchema, Option

# Kinds whose values are given, whatever a schema is called: the editor shows no options for them.
FIXED: Mapping[FieldKind, tuple[Option, ...]] = {
    "first_error": (Option(STEP, "This step"), Option(NO_ERROR, "No error")),
    "preference": (Option(FIRST, "First"), Option(SECOND, "Second"), Option(TIE, "Equally good")),
}

OUTCOME = Field(
    "outcome",
    "Is the answer right?",
    "choice",
    (Option("right", "Right", 1), Option("wrong", "Wrong", -1), Option("unclear", "Unclear", 0)),
    required=True,
)
STEPS = Field(
    "steps",
    "Each step",
    "steps",
    (Option("good", "Good", 1), Option("neutral", "Neutral", 0), Option("bad", "Bad", -1)),
    required=True,
    help="Nothing needs to be said of what follows the first bad step.",
)
FIRST_ERROR = Field("first_error", "First wrong step", "first_error", FIXED["first_error"], required=True)
ERROR_TYPES = Field(
    "error_types",
    "Kinds of error",
    "choices",
    (
        Option("calculation", "Calculation"),
        Option("misread_question", "Misread question"),
        Option("wrong_formula", "Wrong formula"),
        Option("logic", "Logic"),
        Option("missing_step", "Missing step"),
        Option("fact", "Fact"),
        Option("formatting", "Formatting"),
        Option("other", "Other"),
    ),
)
REFLECTION = Field(
    "reflection",
    "What the reflection did",
    "choice",
    (
        Option("found_error", "Found the error", 1),
        Option("false_alarm", "False alarm", -1),
        Option("missed", "Missed the error", -1),
        Option("broke_right", "Broke a right answer", -1),
        Option("nothing_to_find", "Nothing to find, none claimed", 1),
    ),
    required=True,
)
SPANS = Field(
    "spans",
    "Stretches of the text",
    "spans",
    (
        Option("error", "Error"),
        Option("self_correction", "Self-correction"),
        Option("doubt", "Doubt"),
        Option("made_up", "Made-up fact"),
        Option("repetition", "Repetition"),
    ),
)
PREFERENCE = Field("preference", "Which is better?", "preference", FIXED["preference"], required=True)
CONFIDENCE = Field(
    "confidence",
    "How sure are you?",
    "scale",
    tuple(
        Option(str(n), title) for n, title in enumerate(("Guessing", "Unsure", "Fairly sure", "Sure", "Certain"), 1)
    ),
)
NOTE = Field("note", "Note", "text")


def _ready(key: str, name: str, guideline: str, *fields: Field) -> LabelSchema:
    return LabelSchema(key, "", name, (*fields, CONFIDENCE, NOTE), guideline)


READY: Mapping[str, LabelSchema] = {
    schema.id: schema
    for schema in (
        _ready("outcome", "Right or wrong", "Judge the final answer alone, not how it was found.", OUTCOME),
        _ready(
            "steps", "Steps", "A step is bad where it is wrong itself, not where it only follows a wrong one.",
            STEPS, OUTCOME,
        ),
        _ready(
            "first_error", "First error and its kind", "Mark the first step that is wrong, and say in which way.",
            FIRST_ERROR, ERROR_TYPES, OUTCOME,
        ),
        _ready(
            "reflection", "Quality of a reflection", "Judge the critique against the text that it is about.",
            REFLECTION, ERROR_TYPES,
        ),
        _ready("spans", "Spans", "Mark stretches as short as they can be; they may overlap.", SPANS, OUTCOME),
        _ready("preference", "Which of two is better", "Prefer what is right; else the clearer.", PREFERENCE),
        _ready(
            "everything", "Everything", "All questions about one text.",
            STEPS, FIRST_ERROR, ERROR_TYPES, SPANS, OUTCOME,
        ),
    )
}  # fmt: skip
