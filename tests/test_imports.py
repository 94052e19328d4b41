"""The import rules of the architecture, read from the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOP_LEVEL = {
    "app.py", "requirements.txt", "README.md", "LICENSE", "pyproject.toml", "webapp", "storage", "tests",
    ".ci", ".gitignore", ".git",
}  # fmt: skip

# app -> server -> pages -> {components, charts, reports, experiments} -> runs -> {methods, analysis, export}
# -> {tasks, engine, models, events} -> storage's records and traces. A module may import its own layer and below.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"storage.records", "storage.experiments", "storage.annotations", "storage.trace"}),
    frozenset({"webapp.tasks", "webapp.engine", "webapp.models", "webapp.events"}),
    frozenset({"webapp.methods", "webapp.analysis", "webapp.export"}),
    frozenset({"webapp.runs", "webapp.auth"}),
    frozenset({"webapp.components", "webapp.charts", "webapp.reports", "webapp.experiments", "webapp.annotation"}),
    frozenset({"webapp.pages"}),
    frozenset(
        {
            "webapp.server",
            "webapp.routes",
            "webapp.guard",
            "webapp.gate",
            "webapp.login",
            "webapp.password",
            "webapp.prefix",
        }
    ),
    frozenset({"app", "webapp.startup"}),
)
# Options and folders depend on nothing of the program, so every layer that is given them may name them.
LEAVES = frozenset({"webapp.settings", "webapp.paths"})
USES_DATABASE = frozenset(
    {
        "webapp.runs",
        "webapp.experiments",
        "webapp.annotation",
        "webapp.export",
        "webapp.reports",
        "webapp.auth",
        "webapp.server",
        "webapp.startup",
        "storage",
    }
)


def sources() -> list[Path]:
    return sorted([ROOT / "app.py", *(ROOT / "webapp").rglob("*.py"), *(ROOT / "storage").rglob("*.py")])


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names a file imports, wherever in it; `from a import b` yields `a.b`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, packages: frozenset[str] | set[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def layer(name: str) -> int | None:
    return next((number for number, packages in enumerate(LAYERS) if within(name, packages)), None)


def ours(name: str) -> bool:
    return within(name, {"webapp", "storage", "app"})


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_imports_point_one_way(path: Path) -> None:
    importer = module_name(path)
    own = layer(importer)
    for name in filter(ours, imports(path)):
        if within(name, LEAVES) or (within(name, {"storage"}) and layer(name) is None):
            continue
        target = layer(name)
        assert target is not None, f"{importer} imports {name}, which belongs to no layer"
        if importer == "webapp" or own is None:
            assert within(importer, {"storage", *LEAVES}), f"{importer} belongs to no layer"
            assert target == 0, f"{importer} imports {name} above it"
        else:
            assert target <= own, f"{importer} imports {name} above it"


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_only_some_packages_use_the_database(path: Path) -> None:
    importer = module_name(path)
    if within(importer, USES_DATABASE):
        return
    found = [name for name in imports(path) if within(name, {"storage"}) and layer(name) != 0]
    assert not found, f"{importer} uses {found}"
    assert not [name for name in imports(path) if within(name, {"sqlalchemy", "alembic"})], importer


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    importer, found = module_name(path), set(imports(path))
    if within(importer, {"webapp.pages", "webapp.components", "webapp.charts", "webapp.methods"}):
        assert not [name for name in found if within(name, {"torch", "transformers"})], importer
    if within(
        importer, {"webapp.engine", "webapp.models", "webapp.methods", "webapp.tasks", "webapp.analysis", "storage"}
    ):
        assert not [name for name in found if within(name, {"gradio", "plotly", "starlette", "fastapi"})], importer
    if not within(importer, {"webapp.engine.remote"}):
        assert not [name for name in found if within(name, {"openai"})], (
            f"{importer}: only the remote engine speaks so"
        )
    if not within(importer, {"webapp.charts"}):
        assert not [name for name in found if within(name, {"plotly"})], f"{importer}: only charts make figures"


def test_the_top_level_is_fixed() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    names = {name.split("/")[0] for name in listed.split("\0") if name}
    assert names <= TOP_LEVEL, names - TOP_LEVEL


@pytest.mark.parametrize("package", ["webapp.engine", "webapp.methods", "webapp.analysis", "webapp.tasks"])
def test_works_without_page_and_database(package: str) -> None:
    """A notebook or a GPU node has neither gradio nor plotly nor sqlalchemy."""
    code = (
        "import sys\n"
        "for name in ('gradio', 'plotly', 'sqlalchemy', 'alembic'): sys.modules[name] = None\n"
        f"import importlib, pkgutil\n"
        f"package = importlib.import_module({package!r})\n"
        "for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "    if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_engine_on_a_server_needs_no_torch() -> None:
    """A laptop that uses a server neither waits for torch nor holds it in memory."""
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'gradio', 'sqlalchemy'): sys.modules[name] = None\n"
        "import webapp.engine.remote.connect, webapp.models.load\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_help_needs_no_page_and_no_model() -> None:
    """--help answers at once, because neither gradio nor torch is imported for it."""
    code = (
        "import sys, runpy\n"
        "for name in ('gradio', 'torch', 'transformers', 'sqlalchemy'): sys.modules[name] = None\n"
        "sys.argv = ['app.py', '--help']\n"
        "runpy.run_path('app.py', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "SECOND_THOUGHTS_MODEL" in done.stdout
