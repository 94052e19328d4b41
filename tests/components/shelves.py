"""What a server would tell of its library, its methods and its model, made by hand in the contract's own types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.records import Cost, RunRow, SessionRow

BEGAN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
QUESTION = "What is the capital of Australia?"
Query = Mapping[str, str]


def session_row(key: str, **changes: Any) -> SessionRow:
    fields: dict[str, Any] = {
        "id": key, "person_id": "p", "name": f"Session {key}", "notes": "", "tags": (), "created_at": BEGAN,
        "updated_at": BEGAN, "runs": 3, "live_runs": 0,
    }  # fmt: skip
    return SessionRow(**(fields | changes))


def run_row(key: str, **changes: Any) -> RunRow:
    fields: dict[str, Any] = {
        "id": key, "session_id": "s1", "session_name": "Session s1", "launch_id": "l", "column": 0,
        "problem_id": "q", "question": QUESTION, "method": "self_refine", "model_id": "HuggingFaceTB/SmolLM2-135M",
        "seed": 7, "status": "finished", "answer": "Canberra", "verdict": "correct", "first_answer": "Sydney",
        "first_verdict": "incorrect", "oracle": False, "branch": False,
        "cost": Cost(generated_tokens=212, prompt_tokens=118, calls=4, seconds=8.4), "created_at": BEGAN,
        "name": "", "notes": "", "tags": (),
    }  # fmt: skip
    return RunRow(**(fields | changes))


def run_rows(count: int) -> list[RunRow]:
    """Runs r0, r1, ... a minute apart, the newest first."""
    return [run_row(f"r{i}", created_at=BEGAN - timedelta(minutes=i), seed=i) for i in range(count)]


def pages_of(rows: Sequence[Any]) -> Callable[[Query], dict[str, Any]]:
    """Answer a list's query as the library does: searched in, deleted or not, and a page at a time."""

    def page(query: Query) -> dict[str, Any]:
        deleted = query.get("deleted") == "true"
        found = [row for row in rows if bool(row.deleted_at) == deleted and query.get("text", "") in str(row)]
        found = [row for row in found if not query.get("tag") or query["tag"] in row.tags]
        offset = int(query.get("offset", 0))
        return {"items": found[offset : offset + int(query["limit"])], "total": len(found)}

    return page


def number(title: str, default: float, **bounds: Any) -> dict[str, Any]:
    kind = "integer" if isinstance(default, int) else "number"
    return {"type": kind, "title": title, "default": default, **bounds}


SAMPLING: dict[str, dict[str, Any]] = {
    "samples": number("Samples", 4, minimum=1, maximum=64),
    "temperature": number("Temperature", 0.7, minimum=0.0, maximum=5.0, description="0 is greedy."),
    "max_tokens": number("Longest text", 200, minimum=1, maximum=32768),
    "top_p": number("Top-p", 1.0, exclusiveMinimum=0.0, maximum=1.0, description="1 keeps everything."),
}


def method(name: str, title: str, own: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    fields = {
        "name": name, "title": title, "family": "revise", "paper": "2303.17651", "faithful": "full",
        "faithful_note": "As the authors did it.", "needs": ["generate"], "takes_inputs": True, "version": "1",
        "description": f"{title} in a sentence.\n\nAnd more about it.",
        "parameters": {"type": "object", "properties": SAMPLING | dict(own)},
    }  # fmt: skip
    return fields | changes


def methods() -> list[dict[str, Any]]:
    """Three methods: one with numbers, one with every other kind of control, one that this model cannot run."""
    styles = {"type": "string", "enum": ["re-ask", "critique"], "default": "re-ask", "title": "Second turn"}
    hint = {"anyOf": [{"type": "string", "maxLength": 40}, {"type": "null"}], "default": None, "title": "Hint"}
    keep = {"type": "boolean", "default": True, "title": "Keep history", "description": "Show all rounds."}
    ours = {"style": styles, "hint": hint, "keep": keep}
    rounds = number("Most rounds", 2, minimum=1, maximum=8, description="Times it may be refined.")
    return [
        method("self_refine", "Self-Refine", {"max_rounds": rounds}),
        method("ask_again", "Ask again", ours, faithful="prompted emulation"),
        method("p_true", "P(True)", {}, needs=["choose", "generate"]),
    ]


def model(state: str = "ready", **changes: Any) -> dict[str, Any]:
    """The answer of `/api/model`; `changes` are of its status."""
    status = {
        "state": state, "ref": "embedded", "name": "SmolLM2-135M-Instruct", "detail": "", "fraction": None,
        "error": "", "active": None,
    }  # fmt: skip
    about = {
        "record": {"dtype": "float32", "device": "cpu", "context_length": 8192}, "name": "SmolLM2-135M-Instruct",
        "parameters": 134_515_008, "capabilities": ["generate", "continue"], "max_batch": 16,
    }  # fmt: skip
    return {
        "status": status | changes,
        "model": about if state == "ready" else None,
        "recommended": [recommended("embedded", "SmolLM2-135M-Instruct", 134_515_008, 92_871_040),
                        recommended("Qwen/Qwen3-1.7B", "Qwen3-1.7B", 1_720_574_976, 3_441_185_256)],
    }  # fmt: skip


def recommended(ref: str, name: str, parameters: int, download: int) -> dict[str, Any]:
    return {
        "ref": ref, "name": name, "parameters": parameters, "download_bytes": download, "licence": "Apache-2.0",
        "gated": False, "source": f"https://huggingface.co/{ref}", "note": "Quick on any machine.",
        "memory_float32": parameters * 48 // 10, "memory_bfloat16": parameters * 24 // 10,
    }  # fmt: skip


def everything() -> dict[str, Any]:
    """What `/api` answers at the beginning of every test."""
    tagged = run_row("tagged", name="The one for Monday", tags=("demo", "argued out of it"), notes="Show round 1.",
                     first_verdict="correct", verdict="incorrect", answer="Sydney", first_answer="Canberra",
                     created_at=BEGAN + timedelta(hours=1))  # fmt: skip
    gone = run_row("gone", deleted_at=BEGAN, question="Deleted question?")
    sessions = [
        session_row("s1", name="Capital cities", tags=("geography",), notes="For the first lesson."),
        session_row("s2", runs=1, live_runs=1),
        session_row("binned", deleted_at=BEGAN),
    ]
    return {
        "methods": methods(), "model": model(),
        "library": pages_of([tagged, *run_rows(3), gone]), "library/sessions": pages_of(sessions),
    }  # fmt: skip
