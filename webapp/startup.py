"""From settings to a running server, with a sentence in the terminal for everything that stops it."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import sys
import webbrowser

from webapp.models.offline import go_offline
from webapp.settings import Settings

_STOP_PATIENCE = 5  # seconds that open streams get to end when the server is stopped


class StartError(Exception):
    """Why the server cannot start, as a sentence."""


def serve(settings: Settings) -> int:
    """Serve until interrupted; return the exit code."""
    go_offline()
    _log_to_terminal()
    try:
        with listen(settings) as listener:
            return _serve(settings, listener)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1


def listen(settings: Settings) -> socket.socket:
    """Return a socket that accepts connections from now on; they are answered once the server runs.

    Raises:
        StartError: when the address cannot be listened on.

    """
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        # A server that was just stopped leaves its port reserved for a minute; that must not stop the next one.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(128)
    except OSError as error:
        raise StartError(_why_not_listening(settings, error)) from error
    return listener


def address(settings: Settings) -> str:
    """Return the URL to open on this machine; there is no need for a proxy."""
    host = settings.host
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}{settings.root_path}"


def _serve(settings: Settings, listener: socket.socket) -> int:
    import uvicorn

    from storage.database import DatabaseError
    from webapp.auth.people import PeopleError
    from webapp.server import create_app

    print(f"Second Thoughts is at {address(settings)} (Ctrl+C stops it)", flush=True)
    try:
        app = create_app(settings)
    except (DatabaseError, PeopleError) as error:
        raise StartError(str(error)) from error
    if settings.open_browser:
        webbrowser.open(address(settings))
    config = uvicorn.Config(
        app, log_level="warning", server_header=False, timeout_graceful_shutdown=_STOP_PATIENCE, lifespan="on"
    )
    server = uvicorn.Server(config)
    with contextlib.suppress(KeyboardInterrupt):  # after an orderly stop uvicorn raises it again, or does not
        server.run(sockets=[listener])
    if server.started:
        print("Stopped.", flush=True)
    return 0 if server.started else 1


def _log_to_terminal() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("second_thoughts")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _why_not_listening(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.port} is taken: another program, perhaps another copy of this one, listens on it. "
            "Stop that one, or choose another port with --port."
        )
    if error.errno == errno.EACCES:
        return f"Port {settings.port} may not be used by this user; choose one above 1023 with --port."
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{settings.host} is not an address of this machine; leave --host away to use 127.0.0.1."
    return f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}."
