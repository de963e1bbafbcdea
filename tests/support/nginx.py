"""An nginx of the test's own, with deploy/nginx/assent.conf in it."""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.certificates import self_signed
from tests.support.client import Answer
from tests.support.image import ROOT
from tests.support.ports import free_ports
from tests.support.processes import until

EXAMPLE = ROOT / "deploy" / "nginx" / "assent.conf"
API, FRAMES = "sca.example.com", "frames.example.com"


@dataclass(frozen=True)
class Proxy:
    """Where it listens, with TLS and without, and whose certificates it has."""

    port: int
    plain: int
    trust: Path

    def call(
        self,
        host: str,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> Answer:
        """Over TLS, checked as a client would. `source` is the caller's address."""
        context = ssl.create_default_context(cafile=str(self.trust))
        sent = {"content-type": "application/json"} | (headers or {})
        bare = socket.create_connection(
            ("127.0.0.1", self.port), timeout=30, source_address=(source, 0)
        )
        link = http.client.HTTPSConnection(host, timeout=30)
        with context.wrap_socket(bare, server_hostname=host) as link.sock:
            link.request(method, path, None if body is None else json.dumps(body).encode(), sent)
            answer = link.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            assert len(told) == len(answer.getheaders()), "a header twice"
            return Answer(answer.status, told, answer.read())


@contextmanager
def nginx(place: Path, apis: Sequence[int], frames: Sequence[int]) -> Iterator[Proxy]:
    """In front of servers on these ports of this machine."""
    place.mkdir()
    port, plain = free_ports(2)
    trust = _certificates(place)
    text = EXAMPLE.read_text()
    for name, ports in (("api", apis), ("frames", frames)):
        servers = "".join(f"server 127.0.0.1:{one} max_fails=1 fail_timeout=2s;" for one in ports)
        text, changed = re.subn(
            rf"(upstream assent_{name} {{).*?\n}}", rf"\1 {servers} }}", text, flags=re.S
        )
        assert changed == 1
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
    text = text.replace("/etc/nginx/tls", str(place))
    temporary = "".join(
        f"{name}_temp_path {place}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""  # its workers read the test's own folder
    config = place / "nginx.conf"
    config.write_text(
        f"{user} daemon off; pid {place}/pid; worker_processes 1; error_log stderr info;\n"
        f"events {{ worker_connections 256; }}\n"
        f"http {{ access_log off; {temporary}\n{text}\n}}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [program, "-p", str(place), "-e", "stderr", "-c", str(config)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        until("nginx listens", _listens, port)
        yield Proxy(port, plain, trust)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        return True


def _certificates(place: Path) -> Path:
    """One for each name, signed by itself; all of them in one file to trust."""
    made = [self_signed(place, name) for name in (API, FRAMES)]
    trust = place / "trust.pem"
    trust.write_bytes(b"".join(certificate.read_bytes() for certificate, _ in made))
    return trust
