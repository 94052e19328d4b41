"""From what a person wrote to a model that answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from webapp.engine.protocol import Engine
from webapp.models import embedded, folder, gguf, hub
from webapp.models.cache import origin_of
from webapp.models.memory import require_memory
from webapp.models.progress import ModelError, Progress
from webapp.models.reference import ModelReference, parse_reference


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """Where converted models are kept, and how the engine is to run; "auto" and 0 leave it to the engine."""

    cache: Path
    device: str = "auto"
    dtype: str = "auto"
    threads: int = 0
    max_batch: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model folder on this machine, and what a run records of where it came from."""

    folder: Path
    name: str
    source: str
    revision: str


def prepare(reference: ModelReference, cache: Path, progress: Progress) -> Prepared:
    """Bring a model onto this machine, as a folder that transformers can load.

    Raises:
        ModelError: when that cannot be done.

    """
    match reference.place:
        case "embedded":
            path = embedded.prepared(cache, progress)
            origin = origin_of(path)
            return Prepared(path, reference.name, f"{origin['package']}:{origin['file']}", origin["sha256"])
        case "gguf":
            path = gguf.converted(reference.path, cache, progress)
            return Prepared(path, reference.path.stem, reference.value, origin_of(path)["sha256"])
        case "hub":
            path = hub.snapshot(reference.value, progress)
            folder.check(path)
            return Prepared(path, reference.value.partition("@")[0], "hub", path.name)
        case "folder":
            folder.check(reference.path)
            return Prepared(reference.path, reference.name, reference.value, folder.fingerprint(reference.path))
        case "server":
            raise ModelError(
                f"Model servers are not yet available, so {reference.value} cannot be used. "
                "Give a Hub id, a folder or a .gguf file instead."
            )


def load(ref: str, options: LoadOptions, progress: Progress) -> Engine:
    """Return an engine for what a person wrote; blocks until it is ready, so call it in a thread.

    Raises:
        ModelError: when the model cannot be had, does not fit, or is of a kind that cannot be run.

    """
    reference = parse_reference(ref)
    prepared = prepare(reference, options.cache, progress)
    require_memory(prepared.folder, options.dtype)
    progress("loading", f"Loading {prepared.name}.")
    # Importing torch and transformers takes seconds, which the page must not wait for.
    from webapp.engine.local import LocalEngine

    return LocalEngine.from_pretrained(
        prepared.folder,
        id=prepared.name,
        source=prepared.source,
        revision=prepared.revision,
        device=options.device,
        dtype=options.dtype,
        threads=options.threads,
        max_batch=options.max_batch,
    )
