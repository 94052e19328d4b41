"""From what a person wrote to a model that answers."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from webapp.engine.protocol import Engine, EngineError
from webapp.models import embedded, folder, gguf, hub
from webapp.models.cache import origin_of
from webapp.models.keys import Keys
from webapp.models.memory import free_share, require_memory
from webapp.models.progress import ModelError, Progress
from webapp.models.reference import ModelReference, parse_reference, parse_server


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """Where converted models are kept, and how the engine is to run; "auto" and 0 leave it to the program.

    `memory` is the most that weights and caches may take together, in bytes; `keys` are those of model servers.
    """

    cache: Path
    device: str = "auto"
    dtype: str = "auto"
    threads: int = 0
    max_batch: int = 0
    memory: int = 0
    keys: Keys = field(default_factory=Keys, repr=False)


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
            raise ModelError(f"The model at {reference.value} stays on its server; there is no folder of it here.")


def load(ref: str, options: LoadOptions, progress: Progress) -> Engine:
    """Return an engine for what a person wrote; blocks until it is ready, so call it in a thread.

    Raises:
        ModelError: when the model cannot be had, does not fit, or is of a kind that cannot be run.

    """
    reference = parse_reference(ref)
    if reference.place == "server":
        return _on_server(reference.value, options, progress)
    prepared = prepare(reference, options.cache, progress)
    try:
        return _engine(prepared, options, progress)
    except _DamagedWeights:
        if reference.place not in ("embedded", "gguf"):
            raise
        # What was converted here can be made again; what a person put on this machine is theirs.
        shutil.rmtree(prepared.folder)
        return _engine(prepare(reference, options.cache, progress), options, progress)


def listed_models(ref: str, keys: Keys) -> list[str]:
    """Return the names of the models of a server; blocks, so call it in a thread.

    Raises:
        ModelError: when it cannot be reached, refuses the key, or is no model server.

    """
    from webapp.engine.remote.connect import listed

    try:
        return asyncio.run(listed(parse_server(ref), keys.of(ref)))
    except EngineError as error:
        raise ModelError(str(error)) from error


def _on_server(ref: str, options: LoadOptions, progress: Progress) -> Engine:
    # Importing the client takes a second, which only those who use a server have to wait for.
    from webapp.engine.remote.connect import connected

    def tell(sentence: str) -> None:
        progress("loading", sentence)

    try:
        key = options.keys.of(ref)
        return connected(parse_server(ref), key, max_batch=options.max_batch, progress=tell)
    except EngineError as error:
        raise ModelError(str(error)) from error


class _DamagedWeights(ModelError):
    """The weight files are there but cannot be read."""


def _engine(prepared: Prepared, options: LoadOptions, progress: Progress) -> Engine:
    progress("loading", f"Loading {prepared.name}.")
    # Importing torch and transformers takes seconds, which the page must not wait for.
    from safetensors import SafetensorError

    from webapp.engine.local import LocalEngine

    dtype, device = _require_device(options)
    try:
        require_memory(prepared.folder, dtype)
        return LocalEngine.from_pretrained(
            prepared.folder,
            id=prepared.name,
            source=prepared.source,
            revision=prepared.revision,
            device=options.device,
            dtype=options.dtype,
            threads=options.threads,
            max_batch=options.max_batch,
            memory=options.memory or free_share(device),
        )
    except SafetensorError as error:
        raise _DamagedWeights(f"The weights in {prepared.folder} are damaged: {error}.") from error
    except EngineError as error:
        raise ModelError(str(error)) from error
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{prepared.name} could not be loaded: {reason}") from error


def _require_device(options: LoadOptions) -> tuple[str, str]:
    """Return the number format and device the engine will use, once it is sure that the device is there."""
    import torch

    from webapp.engine.device import place

    absent = {"cuda": not torch.cuda.is_available(), "mps": not torch.backends.mps.is_available()}
    if absent.get(options.device, False):
        raise ModelError(f"PyTorch finds no {options.device} device on this machine; leave --device away.")
    if options.dtype == "int8" and options.device not in ("auto", "cpu"):
        raise ModelError("int8 is for a CPU; leave --dtype away, or choose --device cpu.")
    where = place(options.device, options.dtype)
    return str(where.dtype).removeprefix("torch."), where.device.type
