"""Where weights come from: the embedded default, the Hub, a folder, a GGUF file."""

from webapp.models.load import LoadOptions, Prepared, load, prepare
from webapp.models.progress import ModelError, PreparationCancelled, Progress, Stage, silent
from webapp.models.reference import ModelReference, canonical, parse_reference

__all__ = [
    "LoadOptions",
    "ModelError",
    "ModelReference",
    "PreparationCancelled",
    "Prepared",
    "Progress",
    "Stage",
    "canonical",
    "load",
    "parse_reference",
    "prepare",
    "silent",
]
