"""The list of methods: names, versions, cards, and methods that other packages bring."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from webapp.methods import registry
from webapp.methods.describe import describe, describe_one, unavailable
from webapp.methods.interface import MethodParams, MethodSpec
from webapp.methods.registry import BrokenMethodPackage, methods

SOURCE = '''
from pydantic import Field
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

HINT = {hint!r}
EXAMPLES = ("one", {example!r})
_TIMES = {times}
lower = {lower!r}


class Params(MethodParams):
    """Nothing of its own."""


@method(title="Nudge", family="revise", paper="", needs={{"generate", "embed"}}, faithful="variant")
async def {name}(run: RunContext, question: Question, p: Params) -> Answer:
    """Ask twice.

    And say so.
    """
    return Answer(None)
'''
ALL = list(methods().values())


@pytest.fixture(autouse=True)
def put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the registry and the loaded modules as they were."""
    methods()
    monkeypatch.setattr(registry, "_METHODS", dict(registry._METHODS))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def written(
    module: str = "nudging",
    *,
    name: str = "nudge",
    hint: str = "Sure?",
    example: str = "two",
    times: int = 2,
    lower: str = "x",
) -> MethodSpec:
    """Load a module that holds one method, and return the method."""
    made = sys.modules[module] = ModuleType(module)
    source = SOURCE.format(name=name, hint=hint, example=example, times=times, lower=lower)
    exec(compile(source, module, "exec"), made.__dict__)
    return registry._METHODS[name]


def announced(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    """Let the installed packages announce these methods."""
    monkeypatch.setattr(registry, "entry_points", lambda group: [p for p in points if p.group == group])
    registry.discover.cache_clear()


def test_a_method_is_known_by_the_name_of_its_function() -> None:
    spec = written()
    assert (spec.name, spec.title, spec.params.__name__) == ("nudge", "Nudge", "Params")
    assert spec.description == "Ask twice.\n\nAnd say so."
    assert "nudge" in methods()


def test_another_method_of_the_same_name_is_refused() -> None:
    first = written("one")
    with pytest.raises(ValueError, match="two methods are called nudge"):
        written("another")
    assert registry._METHODS["nudge"] is first
    with pytest.raises(ValueError, match="two methods are called rci"):
        written(name="rci")


def test_a_module_that_is_loaded_again_replaces_its_own_method() -> None:
    first = written(hint="Sure?")
    assert written(hint="Really?") is registry._METHODS["nudge"] is not first


@pytest.mark.parametrize("change", [{"hint": "Really?"}, {"example": "three"}, {"times": 3}])
def test_the_version_changes_with_a_prompt_constant(change: dict[str, str]) -> None:
    assert written().version != written(**change).version  # type: ignore[arg-type]


def test_versions_are_the_same_at_every_start() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from webapp.methods.registry import methods\n"
         "for name, spec in methods().items(): print(name, spec.version)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert dict(line.split() for line in told.splitlines()) == {n: spec.version for n, spec in methods().items()}


def test_the_version_stays_while_the_constants_do() -> None:
    assert written().version == written("elsewhere", name="nudge_too", lower="y").version


@pytest.mark.parametrize("name", ["P_TRUE.COMPARED", "RCI.REVIEW", "TWO_TURN.CORRECT", "SELF_REFINE.FEEDBACK"])
def test_our_prompts_are_part_of_our_versions(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    method, constant = name.split(".")
    module = f"webapp.methods.{method.lower()}"
    before = registry._version(module)
    assert before == methods()[method.lower()].version
    monkeypatch.setattr(sys.modules[module], constant, "Another wording.")
    assert registry._version(module) != before


def test_a_method_without_a_parameter_model_is_refused() -> None:
    with pytest.raises(TypeError, match="MethodParams"):

        @registry.method(title="Bare", family="sample", paper="", needs=set(), faithful="full")  # type: ignore[arg-type]
        async def bare(run: object, question: object, p: int) -> None: ...


def test_a_package_brings_a_method_by_an_entry_point(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "their_package.py").write_text(
        SOURCE.format(name="aardvark", hint="Hi", example="two", times=1, lower="x"), encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    announced(monkeypatch, EntryPoint("aardvark", "their_package", registry.ENTRY_POINT))
    assert list(methods()) == [*(spec.name for spec in ALL), "aardvark"], "ours first, then theirs"
    assert describe_one(methods()["aardvark"])["title"] == "Nudge"


@pytest.mark.parametrize(
    ("value", "why"),
    [("no_such_package.method", "No module named 'no_such_package'"), ("json:no_such_method", "no_such_method")],
)
def test_a_broken_package_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch, value: str, why: str) -> None:
    announced(monkeypatch, EntryPoint("nudge", value, registry.ENTRY_POINT))
    for _ in range(2):  # not only the first time somebody asks
        with pytest.raises(BrokenMethodPackage) as refusal:
            methods()
        sentence = str(refusal.value)
        assert sentence.startswith(f"The method 'nudge' of an installed package ({value}) cannot be loaded: ")
        assert why in sentence and sentence.endswith("Repair or uninstall that package.")


def test_methods_are_listed_by_title() -> None:
    assert [spec.title for spec in ALL] == sorted(spec.title for spec in ALL)


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_every_card_says_what_it_does_its_paper_and_how_faithful_it_is(spec: MethodSpec) -> None:
    year, _, number = spec.paper.partition(".")
    assert len(year) == 4 and len(number) == 5 and (year + number).isdigit(), "an arXiv number"
    assert spec.faithful in ("full", "prompted emulation", "variant") and len(spec.faithful_note) > 40
    first, *more = spec.description.split("\n\n")
    assert len(first) > 40 and first.endswith(".") and more
    assert spec.needs >= {"generate"}


@pytest.mark.parametrize("part", ["cost", "reported"])
def test_every_card_says_what_it_costs_and_what_was_reported(part: str) -> None:
    lacking = [spec.name for spec in ALL if len(getattr(spec, part)) < 20]
    assert not lacking, f"@method(..., {part}=...) is missing for: {', '.join(lacking)}"


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_every_setting_has_a_title_a_description_and_a_default(spec: MethodSpec) -> None:
    for name, field in spec.params.model_fields.items():
        assert field.title and field.description, name
        assert not field.is_required(), f"{name} needs a value before anything can be tried"
    assert spec.params.model_config["extra"] == "forbid"


def units(params: type[MethodParams]) -> dict[str, object]:
    """Return the unit of each setting that names one."""
    described = params.model_json_schema()["properties"]
    return {name: about["unit"] for name, about in described.items() if "unit" in about}


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_settings_in_tokens_name_their_unit(spec: MethodSpec) -> None:
    named = units(spec.params)
    assert named.items() >= units(MethodParams).items(), "also where a method replaces one that all have"
    assert {name for name in spec.params.model_fields if name.endswith("tokens")} <= named.keys()


def test_settings_of_lengths_and_rates_name_their_units() -> None:
    assert units(methods()["early_pruning"].params)["checkpoint"] == "tokens"
    assert units(methods()["adaptive_sampling"].params)["kappa"] == "samples"


def test_everything_about_a_method_is_plain_data() -> None:
    [told] = [known for known in describe() if known["name"] == "p_true"]
    assert told["needs"] == ["choose", "continue", "generate"]
    assert told["parameters"]["properties"]["ideas"]["title"] == "Ideas shown"
    assert (told["takes_inputs"], told["faithful"], told["version"]) == (True, "variant", methods()["p_true"].version)


def test_a_model_that_offers_too_little_is_told_what_is_missing() -> None:
    spec = methods()["p_true"]
    assert unavailable(spec, {"generate"}) == "P(True) needs a model that offers: choose, continue."
    assert unavailable(spec, {"generate", "choose", "continue", "embed"}) is None
    assert unavailable(written(), {"generate"}) == "Nudge needs a model that offers: embed."
