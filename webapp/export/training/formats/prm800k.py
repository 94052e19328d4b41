"""Records as PRM800K's files have them (arXiv 2305.20050): one labelled solution a line."""

from __future__ import annotations

from typing import Any

from webapp.export.training.examples import Steps, written
from webapp.export.training.formats.format import Format, Row, Way


def write(example: Steps, way: Way) -> list[Row]:
    """Return a record; ratings are 1, 0 and -1, and labels by rollouts name no labeler.

    Why labelling ended is null where neither an error was found nor the solution labelled to a right end.
    """
    rated = zip(map(written, example.steps), example.ratings, strict=True)
    label = {
        "steps": [_step(text, rating) for text, rating in rated],
        "total_time": round(1000 * example.seconds),
        "finish_reason": "found_error" if -1 in example.ratings else "solution" if example.concludes else None,
    }
    question = {
        "problem": example.question,
        "ground_truth_solution": None,
        "ground_truth_answer": example.reference,
        "pre_generated_steps": list(example.whole),
        "pre_generated_answer": None,
        "pre_generated_verifier_score": None,
    }
    head = {
        "labeler": ", ".join(example.labelled_by) or None, "timestamp": example.labelled_at or None,
        "generation": None, "is_quality_control_question": False, "is_initial_screening_question": False,
    }  # fmt: skip
    return [{**head, "question": question, "label": label}]


def _step(text: str, rating: int | None) -> dict[str, Any]:
    completion = {"text": text, "rating": rating, "flagged": None}
    return {"completions": [completion], "human_completion": None, "chosen_completion": 0}


PRM800K = Format(
    "prm800k", "PRM800K records", frozenset({Steps}),
    {
        "labeler": "who labelled it", "timestamp": "when", "generation": "null here",
        "is_quality_control_question": "false", "is_initial_screening_question": "false",
        "question": "{problem, ground_truth_answer, pre_generated_steps, ...}",
        "label": "{steps: [{completions: [{text, rating, flagged}], human_completion, chosen_completion}], "
        "total_time, finish_reason}",
    },
    "For tools that read PRM800K. `question.ground_truth_answer` is beside the solution, never in it: do not put it "
    "into a prompt.",
    write,
)  # fmt: skip
