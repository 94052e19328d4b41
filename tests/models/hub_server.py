"""A Hugging Face Hub of one model on this machine: enough of its protocol for the real client to download from."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Hub(BaseHTTPRequestHandler):
    folder: ClassVar[Path]
    model: ClassVar[str]
    gated: ClassVar[bool]
    requests: ClassVar[list[str]]

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        self.requests.append(f"{self.command} {self.path}")
        if self.path.startswith(f"/api/models/{self.model}/tree/"):
            self._send(200, json.dumps(self._files()).encode(), with_body)
        elif self.path.startswith(f"/api/models/{self.model}"):
            siblings = [{"rfilename": file["path"], "size": file["size"]} for file in self._files()]
            description = {"id": self.model, "sha": COMMIT, "siblings": siblings}
            self._send(200, json.dumps(description).encode(), with_body)
        elif self.gated:
            self._send(403, b"{}", with_body, {"X-Error-Code": "GatedRepo", "X-Error-Message": "gated"})
        elif self.path.startswith(f"/{self.model}/resolve/") and (file := self._file()).is_file():
            content = file.read_bytes()
            etag = hashlib.sha256(content).hexdigest()
            self._send(200, content, with_body, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})
        else:
            self._send(404, b"{}", with_body, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "not found"})

    def _file(self) -> Path:
        return self.folder / self.path.partition("/resolve/")[2].partition("/")[2]

    def _files(self) -> list[dict[str, str | int]]:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return [
            {"type": "file", "path": str(path.relative_to(self.folder)), "size": path.stat().st_size, "oid": "0"}
            for path in files
        ]

    def _send(self, code: int, body: bytes, with_body: bool, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output clean."""


@contextmanager
def hub_of(model: str, folder: Path, *, gated: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder as a Hub model; yield the address and the list of requests so far."""
    requests: list[str] = []
    handler = type("Hub", (_Hub,), {"folder": folder, "model": model, "gated": gated, "requests": requests})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
