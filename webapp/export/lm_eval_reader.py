"""Sample files of lm-evaluation-harness (`samples_TASK_DATE.jsonl`, written with --log_samples).

A row is one document under one answer filter. Of it are read: `doc` (its question), `target`, `arguments` (the
prompt and the generation settings), `resps` (the generated texts, one a repeat) and the metrics, which are named
in `metrics` or, in older files, are the numbers that stand beside the rest. The same texts stand in the file once
for each filter; the first row counts, the others are told as repeats. The model is not in the file: its name is in
the `results_DATE.json` beside it, else it is unknown. Rows of option log-likelihoods hold no text and are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from webapp.export.rows import Found, Refusal, Repeat, Row, finite, lines, parsed
from webapp.export.trace_row import RowError, trace_row

_NAME = re.compile(r"samples_(?P<task>.+?)_(?P<date>\d{4}-\d\d-\d\dT[\d.-]+)")
_QUESTIONS = ("question", "problem", "Question", "Problem")
LARGEST_RESULTS = 2**26  # bytes
UNKNOWN = "unknown"
NO_TEXT = "there are log-likelihoods of options and no generated text"


def read_lm_eval(path: Path) -> Iterator[Row]:
    """Yield a run, a refusal or a repeat for every row."""
    named = _NAME.fullmatch(path.stem)
    task = named["task"] if named else path.stem.removeprefix("samples_")
    model = _model(path.with_name(f"results_{named['date']}.json")) if named else UNKNOWN
    seen: set[str] = set()
    for place, line in lines(path):
        try:
            row = parsed(line)
            told = [row.get(name) for name in ("doc_id", "doc_hash", "prompt_hash")]
            key = json.dumps(told)
            if key in seen and told != [None] * len(told):
                yield Repeat(place)
                continue
            yield Found(place, trace_row(_content(row, task, model)))
            seen.add(key)
        except RowError as error:
            yield Refusal(place, error.field, error.reason)


def _content(row: Mapping[str, Any], task: str, model: str) -> dict[str, Any]:
    prompt, settings = _request(row.get("arguments"))
    if isinstance(settings, str):
        raise RowError("arguments", NO_TEXT)
    prompt_messages = [{"role": "user", "content": prompt}] if prompt else []
    return {
        "problem": {
            "question": _question(row.get("doc")) or prompt or "",
            "reference": _reference(row.get("target")),
            "source": f"{task} doc {row.get('doc_id')}",
        },
        "model": model,
        "method": task,
        "texts": [
            {"role": "draft", "branch": branch, "text": text, "prompt": prompt_messages}
            for branch, text in enumerate(_texts(row.get("resps")))
        ],
        "chosen": 0,
        "params": settings,
        "scores": dict(_metrics(row)),
    }


def _texts(responses: object) -> list[str]:
    """Return the texts of the only request of a document."""
    if not isinstance(responses, list) or not responses:
        raise RowError("resps", "there is no list of responses")
    texts = responses[0] if isinstance(responses[0], list) else responses
    if len(responses) > 1 or not texts or not all(isinstance(text, str) for text in texts):
        raise RowError("resps", NO_TEXT)
    return texts


def _request(arguments: object) -> tuple[str | None, dict[str, Any] | str]:
    """Return the prompt of the first request with its generation settings, or the option that was scored.

    The older form is a list of pairs, the newer one an object of objects.
    """
    first: object = None
    if isinstance(arguments, dict):
        first = arguments.get("gen_args_0")
        first = [first.get("arg_0"), first.get("arg_1")] if isinstance(first, dict) else None
    elif isinstance(arguments, list) and arguments:
        first = arguments[0]
    if not isinstance(first, list) or not first:
        return None, {}
    settings = first[1] if len(first) > 1 and isinstance(first[1], dict | str) else {}
    return first[0] if isinstance(first[0], str) else None, settings


def _question(doc: object) -> str | None:
    if not isinstance(doc, dict):
        return None
    return next((doc[name] for name in _QUESTIONS if isinstance(doc.get(name), str) and doc[name].strip()), None)


def _reference(target: object) -> str | None:
    """Return the reference; a worked solution of GSM8K ends in it."""
    if not isinstance(target, str):
        return None
    return target.rpartition("####")[2].strip() or None


def _metrics(row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    names = row.get("metrics")
    told = names if isinstance(names, list) else [name for name in row if name != "doc_id"]
    filtered = row.get("filter")
    for name in told:
        value = finite(row.get(name)) if isinstance(name, str) else None
        if value is not None:
            yield f"{name},{filtered}" if isinstance(filtered, str) else name, value


def _model(results: Path) -> str:
    """Return the model that the results beside the samples name."""
    try:
        if results.stat().st_size > LARGEST_RESULTS:
            return UNKNOWN
        name = json.loads(results.read_bytes()).get("model_name")
    except (OSError, ValueError, RecursionError, AttributeError):
        return UNKNOWN  # it may be missing or damaged: the samples are readable without it
    return name if isinstance(name, str) and name else UNKNOWN
