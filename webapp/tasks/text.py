"""Short texts: a name, a word, a phrase."""

from __future__ import annotations

import re

from webapp.tasks import statements
from webapp.tasks.normalise import clean, normalised, unwrapped

MAX_WORDS = 8
LONGEST_READ = 2000
ALTERNATIVES = "|"
_SENTENCE = re.compile(r"[^\n]+?(?:(?<=[\w)\"'”*])[.!?](?=\s|$)|$)", re.MULTILINE)
_CLAUSE_END = re.compile(
    r"(?:[,;:]\s|\s[-–—(]|\s(?:but|because|since|as it|which|who|that|where|based on|known for)\b)", re.IGNORECASE
)  # fmt: skip
_LEAD = re.compile(
    r"^.*\b(?:is|are|was|were|be|means|equals)\s+(?:(?:\w+ly|also|often|indeed|just|the word|called|named|said to be|"
    r"(?:\w+(?:ed|en|nt|ght|wn) )?(?:by|in|on|at|to|as))\s+)*",
    re.IGNORECASE,
)  # fmt: skip
_SUBJECT = r"^(?P<subject>(?:(?!\b(?:of|is|are|was|were|be)\b).){1,40}?)\s+"
_DOER = re.compile(
    _SUBJECT + r"(?:wrote|painted|discovered|invented|composed|directed|founded|created)\s(?!by\b)", re.IGNORECASE
)
_DESCRIBED = re.compile(
    _SUBJECT + r"(?:is|are|was|were) the (?:\w+ ){1,2}(?:of|for|to|in|on|that|which|who|after|before)\b",
    re.IGNORECASE,
)


def extract(text: str, choices: tuple[str, ...] = ()) -> str | None:
    """Return the short answer a text gives, normalised (see `webapp.tasks.normalise`).

    The last line "Answer: ..." counts first, then the last box, then the last "the answer is ...", then the
    first sentence that is no question or exclamation. Of a whole sentence only what it says counts: "The capital
    of Australia is Canberra, a planned city." gives canberra, "Canberra is the capital of Australia." as well,
    "Hamlet was written by Shakespeare." gives shakespeare. More than eight words is no short answer.
    """
    text = clean(text).strip()
    stated = (*statements.answer_lines(text, short=True), *statements.boxes(text), *statements.answer_phrases(text))
    statement = next((s for s in stated if normalised(s)), None) or _first_sentence(text)
    said = normalised(unwrapped(_said(statements.without_text_commands(statement))))
    return said if said and len(said.split()) <= MAX_WORDS else None


def same(a: str, b: str) -> bool:
    """Say whether two normalised texts are equal."""
    return a == b


def accepts(reference: str, answer: str) -> bool:
    """Say whether the answer equals one of the reference's alternatives, listed as "NaCl | salt"."""
    return answer in {normalised(alternative) for alternative in reference.split(ALTERNATIVES)}


def _first_sentence(text: str) -> str:
    text = text[:LONGEST_READ]
    sentences = [m[0].strip() for m in _SENTENCE.finditer(text)]
    return next((s for s in sentences if normalised(s) and not s.endswith(("?", "!"))), text)


def _said(statement: str) -> str:
    """Cut a sentence down to what it says; a statement without a verb stays whole."""
    sentence = next((m[0].strip() for m in _SENTENCE.finditer(statement)), statement)
    for pattern in (_DESCRIBED, _DOER):
        if match := pattern.match(sentence):
            return match["subject"]
    leads = ((clause, _LEAD.match(clause)) for clause in _CLAUSE_END.split(sentence))
    said = next((clause[lead.end() :] for clause, lead in leads if lead), sentence)
    return said if normalised(said) else ""
