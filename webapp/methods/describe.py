"""Methods as plain data, and what keeps a model from carrying one out."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from webapp.engine.protocol import Capability
from webapp.methods.interface import MethodSpec
from webapp.methods.registry import methods


def describe() -> list[dict[str, Any]]:
    """Return every method as JSON-ready data, in the registry's order."""
    return [describe_one(spec) for spec in methods().values()]


def describe_one(spec: MethodSpec) -> dict[str, Any]:
    """Return one method; `parameters` is the JSON schema of its settings."""
    return {
        "name": spec.name,
        "title": spec.title,
        "family": spec.family,
        "paper": spec.paper,
        "faithful": spec.faithful,
        "faithful_note": spec.faithful_note,
        "needs": sorted(spec.needs),
        "takes_inputs": spec.takes_inputs,
        "version": spec.version,
        "description": spec.description,
        "cost": spec.cost,
        "reported": spec.reported,
        "unverified": spec.unverified,
        "parameters": spec.params.model_json_schema(),
    }


def unavailable(spec: MethodSpec, capabilities: Set[Capability]) -> str | None:
    """Return why a model with these capabilities cannot carry a method out, as a sentence; None if it can."""
    return lacking(spec.title, spec.needs, capabilities)


def lacking(who: str, needs: Set[Capability], capabilities: Set[Capability]) -> str | None:
    """Return what a model with these capabilities does not offer of what somebody needs, as a sentence."""
    missing = ", ".join(word.replace("_", " ") for word in sorted(needs - capabilities))
    return f"{who} needs a model that offers: {missing}." if missing else None
