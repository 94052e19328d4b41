"""A PostgreSQL of the tests' own: in a folder of its own, on a socket in it, gone with them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from sqlalchemy import URL

from tests.parts import require

_PATIENCE = 60  # seconds
_SERVER = "postgres"
# Nothing is lost when a process dies, only when the machine does: no test goes that far.
_QUICK = {"fsync": "off", "full_page_writes": "off", "max_connections": "200", "shared_buffers": "32MB"}


def programs() -> Path:
    """Return the folder of PostgreSQL's programs; Debian does not put them into the PATH."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    require(bool(places), "there is no PostgreSQL", "apt-get install --no-install-recommends postgresql")
    return places[-1]


class Cluster:
    """A server with databases; it may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._bin = programs()
        self._data = folder / "data"
        self._folder = folder
        self._made = 0
        self._process: subprocess.Popen[bytes] | None = None
        make = ["initdb", "--no-sync", "--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C"]
        subprocess.run(self._as_user([*make, "-D", str(self._data)]), check=True, capture_output=True, cwd=folder)

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        settings = {"listen_addresses": "", "unix_socket_directories": str(self._folder), **_QUICK}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._as_user([_SERVER, "-D", str(self._data), *options]),
                stdout=log, stderr=log, cwd=self._folder, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text())
            time.sleep(0.02)  # between two looks

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server and every connection: SIGINT in order, SIGQUIT as if it had crashed."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), how)
            self._process.wait(_PATIENCE)
            self._process = None

    def url(self, name: str) -> URL:
        """Return the address of a database."""
        return URL.create("postgresql", username="tester", database=name, query={"host": str(self._folder)})

    def create(self, template: str | None = None, options: str = "") -> URL:
        """Make a database, empty or a copy of another, and return its address."""
        self._made += 1
        name = f"made_{self._made}"
        of = f"TEMPLATE {template}" if template else ""
        self.say(f"CREATE DATABASE {name} {of} {options}")
        return self.url(name)

    def drop(self, url: URL) -> None:
        """Remove a database, whoever is still connected to it."""
        self.say(f"DROP DATABASE {url.database} WITH (FORCE)")

    def say(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the administrator, and return its rows."""
        with self._connected(database) as connection:
            found = connection.execute(statement)  # type: ignore[call-overload]  # a text made here
            return found.fetchall() if found.description else []

    def _answers(self) -> bool:
        try:
            with self._connected("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def _connected(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self._folder), user="tester", dbname=database, autocommit=True)

    def _as_user(self, command: Sequence[str]) -> list[str]:
        """Return a command of PostgreSQL for a user it takes: it refuses to work for an administrator."""
        full = [str(self._bin / command[0]), *command[1:]]
        return ["runuser", "-u", "postgres", "--", *full] if os.geteuid() == 0 else full


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make and start a server, and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="st-pg-"))  # short: a socket's path has at most 107 characters
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        made = Cluster(folder)
        made.start()
        try:
            yield made
        finally:
            made.stop(signal.SIGQUIT)  # nobody needs its files any more
    finally:
        shutil.rmtree(folder)


@contextmanager
def database(server: Cluster, template: str | None = None) -> Iterator[str]:
    """Make a database for a while and yield its address."""
    made = server.create(template)
    try:
        yield made.render_as_string(hide_password=False)
    finally:
        server.drop(made)
