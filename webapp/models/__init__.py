"""Where models come from: the embedded default, the Hub, a folder, a GGUF file, a server."""

from webapp.models.load import LoadOptions, Prepared, listed_models, load, prepare
from webapp.models.progress import ModelError, PreparationCancelled, Progress, Stage, silent
from webapp.models.reference import ModelReference, canonical, parse_reference, shown

__all__ = [
    "LoadOptions",
    "ModelError",
    "ModelReference",
    "PreparationCancelled",
    "Prepared",
    "Progress",
    "Stage",
    "canonical",
    "listed_models",
    "load",
    "parse_reference",
    "prepare",
    "shown",
    "silent",
]
