"""What an experiment is asked to be: methods with settings, models, a slice of a data set, seeds, a budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from webapp.methods.interface import MethodParams
from webapp.models import ModelError, canonical, parse_reference
from webapp.runs.request import COMPLAINTS, BadRequest, checked_params, method_of

Location: TypeAlias = tuple[int | str, ...]

SOURCES = ("starter", "file", "reasoning_gym", "hub")
LARGEST_SEED = 2**63 - 1
Seed: TypeAlias = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Columns: TypeAlias = dict[str, str | list[str] | None]


class SpecError(BadRequest):
    """Something in a spec that cannot be done, as a sentence; `at` is the path of the field."""

    def __init__(self, sentence: str, at: Location = ()) -> None:
        super().__init__(sentence)
        self.at = at


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arm(_Part):
    """A method with its settings; without a title it is called as the method is, with what differs."""

    method: str
    params: dict[str, Any] = {}
    title: str = Field("", max_length=100)


class _Slice(_Part):
    """How many problems are taken: all without `n`, else `n` chosen by `seed`, or the first ones if asked for."""

    n: int | None = Field(None, ge=1)
    seed: Seed = 0
    first: bool = False


class StarterData(_Slice):
    """The starter problems of this program."""

    source: Literal["starter"]


class FileData(_Slice):
    """A data file in one of the known formats; `columns` says what its columns hold where the format needs that."""

    source: Literal["file"]
    path: str = Field(min_length=1)
    format: str
    columns: Columns | None = None


class ProceduralData(_Part):
    """Problems of a reasoning-gym generator: the first `n` that it makes from the seed."""

    source: Literal["reasoning_gym"]
    generator: str
    config: dict[str, Any] = {}
    n: int = Field(100, ge=1, le=100_000)
    seed: Seed = 0


class HubData(_Slice):
    """A data set of the Hugging Face Hub, read as one of the known formats or by its columns."""

    source: Literal["hub"]
    id: str = Field(min_length=1)
    config: str | None = None
    split: str = "test"
    revision: str | None = None
    format: str = "jsonl"
    columns: Columns | None = None


Data: TypeAlias = Annotated[StarterData | FileData | ProceduralData | HubData, Field(discriminator="source")]


_DATA: TypeAdapter[Data] = TypeAdapter(Data)


class Budget(_Part):
    """Bounds: generated tokens of one run, and tokens and hours after which the whole experiment pauses.

    The latter two count from the last start: to resume is to grant as much again.
    """

    run_tokens: int | None = Field(None, ge=1)
    tokens: int | None = Field(None, ge=1)
    hours: float | None = Field(None, gt=0, allow_inf_nan=False)


class ExperimentSpec(_Part):
    """A grid: every method with every model on every problem with every seed."""

    name: str = Field("Experiment", min_length=1, max_length=200)
    methods: tuple[Arm, ...] = Field(min_length=1, max_length=100)
    models: tuple[str, ...] = Field(("embedded",), min_length=1, max_length=100)
    data: Data
    seeds: tuple[Seed, ...] = Field((0,), min_length=1, max_length=10_000)
    budget: Budget = Budget()

    @field_validator("seeds", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [value] if isinstance(value, int) else value

    @field_validator("models", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _no_repetition(self) -> ExperimentSpec:
        for name, values in (("seeds", self.seeds), ("models", [canonical(model) for model in self.models])):
            if len(set(values)) < len(values):
                raise ValueError(f"one of the {name} is listed twice")
        return self

    def params(self, arm: int) -> MethodParams:
        """Return the settings of an arm, those that were not given by default."""
        return checked_params(method_of(self.methods[arm].method), self.methods[arm].params)


def checked(data: object) -> ExperimentSpec:
    """Return the spec that plain data describes, its methods, settings and models checked.

    Raises:
        SpecError: with a sentence about the first thing that is wrong, and where.

    """
    if not isinstance(data, Mapping):
        raise SpecError("An experiment is described by fields: methods, models, data, seeds, budget.")
    try:
        spec = ExperimentSpec.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise SpecError(_complaint(first), first["loc"]) from None
    _check_methods(spec)
    _check_models(spec)
    return spec


def checked_data(data: object) -> Data:
    """Return where problems come from, as plain data describes it.

    Raises:
        SpecError: with a sentence about the first thing that is wrong.

    """
    try:
        return _DATA.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise SpecError(_complaint(first | {"loc": ("data", *first["loc"])}), first["loc"]) from None


def _check_methods(spec: ExperimentSpec) -> None:
    seen: set[tuple[str, str]] = set()
    for i, arm in enumerate(spec.methods):
        try:
            key = (arm.method, spec.params(i).model_dump_json())
        except BadRequest as refusal:
            raise SpecError(str(refusal), ("methods", i)) from None
        if key in seen:
            raise SpecError(f"{arm.method} is listed twice with the same settings.", ("methods", i))
        seen.add(key)


def _check_models(spec: ExperimentSpec) -> None:
    for i, model in enumerate(spec.models):
        try:
            parse_reference(model)
        except ModelError as error:
            raise SpecError(str(error), ("models", i)) from None


def _complaint(error: ErrorDetails) -> str:
    parts = [part for part in error["loc"] if part not in SOURCES]  # pydantic names the kind of data as well
    name = ".".join(map(str, parts)) or "The experiment"
    if error["type"] == "extra_forbidden":
        return f"{name} is not a field that is known here."
    if error["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return f"{name}.source must be one of {', '.join(SOURCES)}."
    template = COMPLAINTS.get(error["type"])
    if template is None:
        message = error["msg"].removeprefix("Value error, ")
        return f"{name}: {message[0].lower()}{message[1:]}."
    return f"{name} {template.format(**error.get('ctx', {}))}."
