"""Logs of Inspect (inspect_ai): `.json`, one document, and `.eval`, a zip with a JSON file for each sample.

Of the header are read the task, the model, the solvers and the generation settings; of a sample its input, target,
choices, messages, output, scores and usage. A message that the model wrote is a text: the first a draft, those after
it revisions in rounds of their own, calls of tools and their results by their names. Several choices of one output
are drafts side by side. The log-probabilities have no token ids, so that only their sums and means are kept.
Reasoning that a log keeps apart from the text is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from webapp.export.inspect_log import members, whole
from webapp.export.inspect_texts import dicts, question_of, texts_of
from webapp.export.rows import Found, ImportRefused, Refusal, Row, finite
from webapp.export.trace_row import RowError, trace_row

_SETTINGS = ("temperature", "top_p", "top_k", "max_tokens", "frequency_penalty", "presence_penalty", "num_choices")
_GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}  # Inspect's letters: correct, partial, incorrect, no answer


def read_inspect(path: Path) -> Iterator[Row]:
    """Yield a run or a refusal for every sample.

    Raises:
        ImportRefused: for a file that is no log.

    """
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    header, samples = members(path) if zipped else whole(path)
    about = header.get("eval")
    if not isinstance(about, dict):
        raise ImportRefused(f"{path.name} is no log of Inspect: it says nothing of an evaluation.")
    plan = header.get("plan")
    run = _run(about, plan if isinstance(plan, dict) else {})
    for place, sample in samples:
        if isinstance(sample, RowError):
            yield Refusal(place, sample.field, sample.reason)
            continue
        try:
            yield Found(place, trace_row(run | _content(sample, about)))
        except RowError as error:
            yield Refusal(place, error.field, error.reason)


def _run(about: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what all samples of a log have in common."""
    settings = {**_dict(about.get("model_generate_config")), **_dict(plan.get("config"))}
    steps = [step.get("solver") for step in dicts(plan.get("steps"))]
    solvers = "+".join(step for step in steps if isinstance(step, str))
    params = {name: settings[name] for name in _SETTINGS if settings.get(name) is not None}
    return {
        "model": about.get("model"),
        "method": about.get("solver") or solvers or "unknown",
        "seed": settings.get("seed"),
        "params": params | _dict(about.get("solver_args")),
    }


def _content(sample: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    scores = _dict(sample.get("scores"))
    texts = texts_of(sample)
    choices = sample.get("choices") or []
    answers = [score.get("answer") for score in scores.values() if isinstance(score, dict)]
    error = sample.get("error")
    data = _dict(about.get("dataset")).get("name") or about.get("task")
    return {
        "problem": {
            "question": question_of(sample),
            "reference": _reference(sample.get("target")),
            "choices": choices,
            "source": f"{data} sample {sample.get('id')}",
        },
        "texts": texts,
        "answer": next((answer for answer in answers if isinstance(answer, str) and answer.strip()), None),
        "cost": _cost(sample),
        "scores": {name: value for name, score in scores.items() if (value := _number(score)) is not None},
        "error": str(error.get("message") or "The sample failed.") if isinstance(error, dict) else "",
    }


def _reference(target: object) -> str | None:
    """Return the reference; several accepted ones as our graders list them."""
    several = target if isinstance(target, list) else [target]
    texts = [text for text in several if isinstance(text, str) and text.strip()]
    return " | ".join(texts) or None


def _cost(sample: Mapping[str, Any]) -> dict[str, Any]:
    usage = [used for used in _dict(sample.get("model_usage")).values() if isinstance(used, dict)]
    return {
        "generated_tokens": sum(_count(used.get("output_tokens")) for used in usage),
        "prompt_tokens": sum(_count(used.get("input_tokens")) for used in usage),
        "seconds": finite(sample.get("total_time")) or 0.0,
    }


def _number(score: object) -> float | None:
    value = _dict(score).get("value")
    if isinstance(value, str):
        return _GRADES.get(value)
    return finite(value)


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
