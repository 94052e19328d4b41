"""Problems made and sliced: checked fields, ids from content, samples by seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from storage.records import Problem, ProblemKind
from webapp.tasks import choice, graders
from webapp.tasks.normalise import clean, normalised
from webapp.tasks.text import ALTERNATIVES

ID_LENGTH = 16


def make_problem(
    question: str,
    kind: ProblemKind = "none",
    reference: str | None = None,
    choices: Sequence[str] = (),
    *,
    source: str = "typed",
    tags: Sequence[str] = (),
) -> Problem:
    """Return a problem with a canonical reference and an id that is the hash of its content.

    The reference of a choice may be the letter or the option's text; a text's may list alternatives ("a | b").

    Raises:
        ValueError: with a sentence, when the question is empty, or reference, choices and kind do not fit.

    """
    question, options = clean(question).strip(), tuple(clean(option).strip() for option in choices)
    if not question:
        raise ValueError("the question is empty")
    _check_choices(kind, options)
    stated = clean(reference).strip() if reference is not None else ""
    wanted = _canonical_reference(kind, stated, options) if stated else None
    return Problem(content_id(question, kind, wanted, options), question, kind, wanted, options, source, tuple(tags))


def content_id(question: str, kind: ProblemKind, reference: str | None, choices: Sequence[str]) -> str:
    """Return the hash of what a problem is: equal problems have equal ids in every file and on every machine."""
    parts = [question, kind, reference or "", *choices]
    digest = hashlib.sha256("".join(f"{len(part.encode())}:{part}" for part in parts).encode())
    return digest.hexdigest()[:ID_LENGTH]


def sample(problems: Sequence[Problem], n: int, seed: int = 0) -> list[Problem]:
    """Return n problems chosen by seed, in their original order; a larger n of the same seed contains a smaller.

    Raises:
        ValueError: for a negative n, or more than there are.

    """
    if not 0 <= n <= len(problems):
        raise ValueError(f"{n} problems were asked for; there are {len(problems)}")
    ranked = sorted(range(len(problems)), key=lambda i: (stable_hash(seed, problems[i].id), i))
    return [problems[i] for i in sorted(ranked[:n])]


def stable_hash(*parts: object) -> bytes:
    """Hash values by their text: the same on every machine and in every release of Python."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).digest()


def _check_choices(kind: ProblemKind, choices: tuple[str, ...]) -> None:
    if kind != "choice":
        if choices:
            raise ValueError(f'choices are given, but the kind is "{kind}"')
        return
    if not 2 <= len(choices) <= choice.MAX_CHOICES:
        raise ValueError(f"a choice needs 2 to {choice.MAX_CHOICES} options, not {len(choices)}")
    if "" in choices:
        raise ValueError("an option is empty")
    if len(set(choices)) < len(choices):
        raise ValueError("two options are the same")


def _canonical_reference(kind: ProblemKind, reference: str, choices: tuple[str, ...]) -> str:
    if kind == "none":
        return reference
    if kind == "text":
        if not all(normalised(alternative) for alternative in reference.split(ALTERNATIVES)):
            raise ValueError(f'the reference "{reference}" lists an empty alternative')
        return reference
    if kind in ("math", "procedural"):
        return reference
    found = choice.letter_of(reference, choices) if kind == "choice" else graders.extract(kind, reference)
    if found is None:
        raise ValueError(f'"{reference[:80]}" is no {_EXPECTED[kind]}')
    return found


_EXPECTED: dict[ProblemKind, str] = {
    "numeric": "number",
    "choice": "letter or text of one option",
    "yesno": "yes, no, true or false",
}
