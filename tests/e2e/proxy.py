"""A real nginx with the lines of the README, and a certificate of its own."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.program import ROOT
from tests.parts import require

NAME = "lab.example"
_PATIENCE = 20  # seconds
_AROUND = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
{lines}
}}
"""


def snippet(language: str) -> str:
    """Return the only block of a language in the README's section on servers."""
    section = (ROOT / "README.md").read_text("utf-8").split("\n## On a server\n")[1].split("\n## ")[0]
    [found] = re.findall(rf"```{language}\n(.*?)```", section, re.S)
    return str(found)


@contextmanager
def nginx(folder: Path, program: int, port: int) -> Iterator[str]:
    """Run the README's proxy for a program on a port, itself on another, and yield where it shows the program."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    require(found is not None, "there is no nginx", "apt-get install --no-install-recommends nginx")
    require(shutil.which("openssl") is not None, "there is no openssl", "apt-get install openssl")
    certificate, key = _certificate(folder)
    here = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "http://127.0.0.1:7860": f"http://127.0.0.1:{program}",
        "/etc/ssl/certs/lab.example.pem": str(certificate),
        "/etc/ssl/private/lab.example.key": str(key),
    }
    lines = snippet("nginx")
    for there, instead in here.items():
        assert lines.count(there) == 1, f"the README does not say {there!r} any more"
        lines = lines.replace(there, instead)
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, lines=lines))
    process = subprocess.Popen([str(found), "-p", str(folder), "-c", "nginx.conf", "-e", str(folder / "error.log")])
    try:
        _until_it_answers(process, certificate, port, folder / "error.log")
        yield f"https://{NAME}:{port}/second-thoughts/"
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "lab.pem", folder / "lab.key"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    about = ["-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, *about, *files], check=True, capture_output=True)
    return certificate, key


def _until_it_answers(process: subprocess.Popen[bytes], certificate: Path, port: int, log: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with (
                socket.create_connection(("127.0.0.1", port)) as line,
                context.wrap_socket(line, server_hostname=NAME),
            ):
                return
        except ConnectionError:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)  # between two looks
