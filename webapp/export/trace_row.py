"""What an imported run is made of, and the JSON Lines format: one such object a line.

    {"problem": {"question": "How many legs have 3 cats?", "kind": "numeric", "reference": "12"},
     "model": "some-model", "method": "self-refine",
     "texts": [{"role": "draft", "text": "3 cats have 10 legs."},
               {"role": "critique", "text": "A cat has 4 legs.", "parents": [0]},
               {"role": "revision", "text": "12", "round": 1, "parents": [0, 1]}]}

Required are `problem` (an object, or only its question), `model`, `method` and one text at least.

| field | meaning |
|---|---|
| problem.kind | numeric, math, choice, yesno, text or none; without it choice where there are choices, else none |
| problem.reference, .choices, .source, .tags | as in the data sets; of a choice the letter or the option's text |
| texts[].role | draft, critique, revision, verification, question, evaluation, aggregate, tool_call, tool_result, search, plan |
| texts[].text | the text |
| texts[].round, .branch | numbers from 0 on: the round of a correction, and which sample it belongs to |
| texts[].parents | indices of earlier texts that it follows |
| texts[].prompt | the chat messages that it answered: [{"role": "user", "content": "..."}] |
| texts[].finish_reason | eos, stop or length |
| texts[].answer | the answer it states, if the file knows; without it ours is looked for |
| texts[].tokens | [{"id", "text" or "bytes", "logprob", "entropy"}]: nats, at temperature 1 |
| chosen | index of the text that holds the final answer; without it the last that answers |
| answer | the final answer, where it is that of no single text |
| seed, params | how the method was run |
| cost | {"generated_tokens", "prompt_tokens", "calls", "seconds"} |
| scores | {"name": number}: what the file says of the whole run |
| error | why the run broke, if it did |

Other fields are refused, so that a misspelt one is not lost. Null means unknown. A line may have 16 MiB, a text about
a million characters, and a run 1,024 texts. Tokens with ids become a token trace
if their texts add up to the text; without ids only their sums and means are kept.
"""  # noqa: E501  # a table's row is a line

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from storage.records import Role
from storage.text import storable

LONGEST_TEXT = 2**20  # characters: our graders read them all
MOST_TEXTS = 1_024  # in a run: the answers of first drafts are compared with one another

Kind: TypeAlias = Literal["numeric", "math", "choice", "yesno", "text", "none"]
Small: TypeAlias = Annotated[int, Field(ge=0, le=1_000_000)]
Total: TypeAlias = Annotated[int, Field(ge=0, le=2**53)]
Prose: TypeAlias = Annotated[str, Field(max_length=LONGEST_TEXT)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]
LogProb: TypeAlias = Annotated[float, Field(le=1e-6)]  # float32 rounds the log-probability of a certain token


class RowError(Exception):
    """A row that cannot be imported: the field, and what is wrong with it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field, self.reason = field, reason


class Part(BaseModel):
    """What all parts of a row have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class ProblemPart(Part):
    """The problem of a run."""

    question: Prose
    kind: Kind | None = None
    reference: str | None = None
    choices: tuple[str, ...] = ()
    source: str = ""
    tags: tuple[str, ...] = ()


class MessagePart(Part):
    """A chat message."""

    role: str
    content: str


class TokenPart(Part):
    """A token of a text; `bytes` wins over `text`, as a token may be a part of a character."""

    id: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    text: str | None = None
    bytes: tuple[Annotated[int, Field(ge=0, le=255)], ...] | None = None
    logprob: LogProb | None = None
    entropy: Annotated[float, Field(ge=0)] | None = None


class TextPart(Part):
    """A text of a run."""

    role: Role
    text: Prose
    round: Small = 0
    branch: Small = 0
    parents: tuple[Small, ...] = ()
    prompt: tuple[MessagePart, ...] = ()
    finish_reason: Literal["eos", "stop", "length"] | None = None
    answer: Prose | None = None
    tokens: tuple[TokenPart, ...] | None = None


class CostPart(Part):
    """What a run cost; 0 is unknown."""

    generated_tokens: Total = 0
    prompt_tokens: Total = 0
    calls: Total = 0
    seconds: Annotated[float, Field(ge=0, le=1e12)] = 0.0


class TraceRow(Part):
    """A run, as a line of our format says it."""

    problem: ProblemPart
    model: Name
    method: Name
    texts: Annotated[tuple[TextPart, ...], Field(min_length=1, max_length=MOST_TEXTS)]
    chosen: Small | None = None
    answer: Prose | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    cost: CostPart = CostPart()
    scores: dict[Name, float | None] = Field(default_factory=dict)
    error: str = ""

    @model_validator(mode="after")
    def _indices_exist(self) -> TraceRow:
        for index, text in enumerate(self.texts):
            if any(parent >= index for parent in text.parents):
                raise ValueError(f"text {index} follows one that does not come before it")
        if self.chosen is not None and self.chosen >= len(self.texts):
            raise ValueError(f"chosen is {self.chosen}, but there are {len(self.texts)} texts")
        return self


def trace_row(content: Mapping[str, Any]) -> TraceRow:
    """Return the run that an object describes; characters that cannot be stored are replaced.

    Raises:
        RowError: with the field and what is wrong with it.

    """
    problem = content.get("problem")
    if isinstance(problem, str):
        content = {**content, "problem": {"question": problem}}
    try:
        # Strict validation takes lists for tuples only from JSON.
        return TraceRow.model_validate_json(json.dumps(storable(content)))
    except RecursionError:
        raise RowError("", "it is nested too deeply") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"]))[:80]
        reason = first["msg"].removeprefix("Value error, ").rstrip(".")[:200]
        raise RowError(field, reason[:1].lower() + reason[1:]) from None
