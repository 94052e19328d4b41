"""Other processes, small disks, files as they were, a look inside: what tests of the database's file need."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from storage import tables
from storage.database import Database

ROOT = Path(__file__).resolve().parents[2]

_PROLOGUE = """
import asyncio, os, signal, sys
from storage.database import Database
from storage.repositories import runs, sessions
from tests.storage import making
place = sys.argv[1]
"""


def process(code: str, place: str) -> subprocess.Popen[str]:
    """Start a process that runs the code with `place`, `Database`, the repositories and `making` at hand."""
    command = [sys.executable, "-c", _PROLOGUE + code, place]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def told(started: subprocess.Popen[str], word: str) -> None:
    """Wait until a process says a word."""
    assert started.stdout is not None and started.stderr is not None
    line = started.stdout.readline().strip()
    assert line == word, (line, started.stderr.read() if started.poll() is not None else "")


@contextmanager
def heard(words: str, of: str = "storage") -> Iterator[threading.Event]:
    """Yield what is set once a part of the program has said some words in its log."""
    said = threading.Event()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if words in record.getMessage():
                said.set()

    log, ear = logging.getLogger(f"second_thoughts.{of}"), Ear()
    log.addHandler(ear)
    try:
        yield said
    finally:
        log.removeHandler(ear)


def names(s: Session) -> list[str]:
    """Return the names of the sessions."""
    return list(s.scalars(select(tables.Session.name).order_by(tables.Session.id)))


def address(database: Database) -> str:
    """Return the address under which others may open a database."""
    return database.url.render_as_string(hide_password=False)


def pragma(name: str, s: Session) -> object:
    """Return what SQLite says of a setting of the connection."""
    return s.execute(text(f"PRAGMA {name}")).scalar()


def folder_as_it_is(folder: Path) -> dict[str, str]:
    """Return what lies in a folder, by the hash of its content."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir()) if p.is_file()}


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """Mount a memory disk on a folder, which only an administrator may; what it is for is skipped elsewhere."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True
    )
    if made.returncode != 0:
        pytest.skip(
            f"no disk can be mounted here ({made.stderr.strip()}); run as an administrator, uid {os.geteuid()}"
        )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
