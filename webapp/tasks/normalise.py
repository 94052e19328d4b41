"""Text made comparable: what is dropped before two short answers are called the same."""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_DROPPED = re.compile(r"['’‘`´\"“”]|(?<!\d)\.|\.(?!\d)|(?<=\d),(?=\d{3}\b)")
_SEPARATORS = re.compile(r"[^\w.+#%$€£°-]|_|(?<=\w)-|(?<!\s)-(?!\d)|(?<=\s)-(?!\d)")
_WRAPPERS = " \t\n\r*_`\"'“”‘’<>[]{}()"


def clean(text: str) -> str:
    """Replace what UTF-8 storage cannot hold: lone surrogates and NUL."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def unwrapped(text: str) -> str:
    """Strip markdown emphasis, quotes, brackets and sentence ends around a short text."""
    text = text.strip().strip(_WRAPPERS)
    return text.rstrip(".!?;:, ").strip(_WRAPPERS)


def without_accents(text: str) -> str:
    """Return the text with combining marks removed: São becomes Sao."""
    marked = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFKC", "".join(c for c in marked if not unicodedata.combining(c)))


def normalised(text: str, *, accents: bool = False) -> str:
    """Reduce a short text to what counts when it is compared.

    Case, articles, punctuation, repeated spaces and (unless `accents`) accents do not count; the order of the
    words, their endings and digits do. A text that is nothing but such trifles keeps its bare letters.
    """
    text = unicodedata.normalize("NFKC", clean(text)).casefold()
    text = text if accents else without_accents(text)
    plain = " ".join(_SEPARATORS.sub(" ", _DROPPED.sub("", text)).split())
    bare = " ".join(_ARTICLES.sub(" ", plain).split())
    return bare or plain or " ".join(text.split())
