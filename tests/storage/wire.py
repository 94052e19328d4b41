"""A wire to a PostgreSQL that breaks when it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Literal

SOCKET = ".s.PGSQL.5432"


class Wire:
    """Connections through a socket in a folder; `cut` breaks the next one that commits, once.

    Either the question is lost, so that the server never hears of it, or the answer.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self.cut: Literal["", "question", "answer"] = ""
        self.cuts = 0
        self._server = server
        self._entry = socket.socket(socket.AF_UNIX)
        self._entry.bind(str(folder / SOCKET))
        self._entry.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no further connections."""
        self._entry.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._entry.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while asked := client.recv(2**16):
                if self.cut and b"COMMIT" in asked:
                    how, self.cut = self.cut, ""
                    self.cuts += 1
                    client.shutdown(socket.SHUT_RDWR)  # from here on nothing reaches it
                    if how == "answer":
                        server.sendall(asked)
                    break
                server.sendall(asked)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)
        client.close()

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while answer := server.recv(2**16):
                client.sendall(answer)
