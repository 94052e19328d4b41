"""Specs in files, YAML or JSON: what is wrong is said with the file and the line."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from webapp.experiments.spec import ExperimentSpec, FileData, Location, SpecError, checked
from webapp.runs.request import BadRequest

LARGEST = 2**20  # bytes of a spec
INDENT = re.compile(r"^\t+", re.MULTILINE)


class SpecFileError(BadRequest):
    """A spec file that cannot be used, as a sentence with the file and the line."""


def read_spec(path: Path) -> ExperimentSpec:
    """Return the spec in a file; the path of a data file is relative to it.

    Raises:
        SpecFileError: with a sentence.

    """
    text = _text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)  # JSON is YAML
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SpecFileError(_syntax(path, error)) from None
    except RecursionError:
        raise SpecFileError(f"{path.name}: the file is nested too deeply.") from None
    except ValueError as error:  # what looks like a date is none, or a number has thousands of digits
        raise SpecFileError(f"{path.name}: a value in it cannot be read ({error}).") from None
    if root is None:
        raise SpecFileError(f"{path.name}: the file is empty.")
    _check_keys(path, root, set())
    try:
        spec = checked(data)
    except SpecError as error:
        raise SpecFileError(f"{path.name}, line {_line(root, error.at)}: {error}") from None
    if isinstance(spec.data, FileData):
        data_file = (path.parent / Path(spec.data.path).expanduser()).absolute()
        return spec.model_copy(update={"data": spec.data.model_copy(update={"path": str(data_file)})})
    return spec


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise SpecFileError(f"{path} has more than a megabyte; it is no description of an experiment.")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecFileError(f"{path} cannot be read ({(error.strerror or 'unknown error').lower()}).") from None
    except UnicodeDecodeError:
        raise SpecFileError(f"{path.name}: the file is not UTF-8; save it with that encoding.") from None
    # JSON may be indented with tabs, which YAML does not allow, and holds no line that begins within a text
    return INDENT.sub(lambda tabs: " " * len(tabs[0]), text) if text.lstrip().startswith("{") else text


def _syntax(path: Path, error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"{path.name}: this is no YAML or JSON."
    mark = error.problem_mark
    return f"{path.name}, line {mark.line + 1}, column {mark.column + 1}: {error.problem or 'this is no YAML'}."


def _check_keys(path: Path, node: yaml.Node, known: set[int]) -> None:
    """Refuse a field that is given twice, of which YAML would silently keep the last."""
    if id(node) in known:  # an alias: the same node again, perhaps within itself
        return
    known.add(id(node))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                line = key.start_mark.line + 1
                raise SpecFileError(f'{path.name}, line {line}: "{key.value}" is given twice.')
            seen.add(str(key.value))
            _check_keys(path, value, known)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(path, item, known)


def _line(root: yaml.Node, at: Location) -> int:
    """Return the line of the innermost field of a path that is in the file; the path may name kinds as well."""
    node, line = root, int(root.start_mark.line)
    for part in at:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found is not None:
                line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
    return line + 1
