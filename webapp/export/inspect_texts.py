"""What the model wrote in a sample of an Inspect log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_ATTACHED = "attachment://"
_REASONS = {"stop": "eos", "max_tokens": "length", "model_length": "length"}


def question_of(sample: Mapping[str, Any]) -> str:
    """Return the input of a sample: its text, or that of its messages from the user."""
    given = sample.get("input")
    if isinstance(given, str):
        return _attached(given, sample)
    said = [content_of(message, sample) for message in dicts(given) if message.get("role") == "user"]
    return "\n\n".join(said)


def texts_of(sample: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the texts of a sample in the form of our own format, each with the messages it answered."""
    output = sample.get("output")
    choices = dicts(output.get("choices")) if isinstance(output, dict) else []
    if len(choices) > 1:
        return [_choice(choice, branch, sample) for branch, choice in enumerate(choices)]
    texts = list(_conversation(sample))
    if not texts:
        return [_choice(choice, 0, sample) for choice in choices]
    if choices and texts[-1]["role"] in ("draft", "revision"):
        texts[-1] |= _ending(choices[0])
    return texts


def content_of(message: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
    """Return the text of a message; its parts that are no text are left out."""
    content = message.get("content")
    if isinstance(content, str):
        return _attached(content, sample)
    parts = (part.get("text") for part in dicts(content) if part.get("type") == "text")
    return "\n".join(_attached(part, sample) for part in parts if isinstance(part, str))


def _conversation(sample: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what was written in the conversation of a sample, each text after the one before it."""
    before: list[dict[str, str]] = []
    written, attempts = 0, 0
    for message in dicts(sample.get("messages")):
        role, text = message.get("role"), content_of(message, sample)
        ours = {"tool": "tool_result"}.get(str(role))
        if role == "assistant" and message.get("source") != "input":
            calls = bool(message.get("tool_calls"))
            ours = "tool_call" if calls else "draft" if attempts == 0 else "revision"
        if ours is not None:
            parents = [written - 1] if written else []
            yield {"role": ours, "text": text, "round": attempts, "parents": parents, "prompt": list(before)}
            written, attempts = written + 1, attempts + (ours in ("draft", "revision"))
        before.append({"role": str(role), "content": text})


def _choice(choice: Mapping[str, Any], branch: int, sample: Mapping[str, Any]) -> dict[str, Any]:
    message = choice.get("message")
    text = content_of(message, sample) if isinstance(message, dict) else ""
    return {"role": "draft", "text": text, "branch": branch, **_ending(choice)}


def _ending(choice: Mapping[str, Any]) -> dict[str, Any]:
    """Return why a text ended, and its tokens where their log-probabilities are kept."""
    logprobs = choice.get("logprobs")
    tokens = dicts(logprobs.get("content")) if isinstance(logprobs, dict) else []
    kept = [
        {name: token.get(name) for name in ("bytes", "logprob")} | {"text": token.get("token")} for token in tokens
    ]
    return {"finish_reason": _REASONS.get(str(choice.get("stop_reason"))), "tokens": kept or None}


def _attached(text: str, sample: Mapping[str, Any]) -> str:
    """Return the text that a reference to an attachment stands for; Inspect puts long ones apart."""
    attachments = sample.get("attachments")
    if text.startswith(_ATTACHED) and isinstance(attachments, dict):
        found = attachments.get(text.removeprefix(_ATTACHED))
        return found if isinstance(found, str) else text
    return text


def dicts(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list; there are none in anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
