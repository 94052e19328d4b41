"""What methods are called on pages, those of people and of other programs among them."""

from __future__ import annotations

from storage.records import BY_HAND
from webapp.methods.registry import methods

BRANCH = "branch"  # the method name of a run that a person branched off
PERSONAL = {BRANCH: "Branch", BY_HAND: "By hand"}  # what no method does


def title_of(method: str) -> str:
    """Return the title of a method; one that is not installed goes by its name."""
    spec = methods().get(method)
    return PERSONAL.get(method, method) if spec is None else spec.title
