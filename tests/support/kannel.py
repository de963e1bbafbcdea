"""A Kannel with its fake SMS centre, on free ports of this machine, started and killed by tests."""

import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from urllib.parse import unquote_to_bytes

import pytest

from tests.support.ports import free_ports
from tests.support.processes import until
from tests.support.stand_in import Quiet, listening

FAKE_SMSC = "/usr/lib/kannel/test/fakesmsc"
NEVER = "+35677"
"""Numbers that begin so: Kannel takes the message, and then the SMS centre refuses it."""
_CONFIG = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal
store-type = file
store-location = {store}
sms-resend-freq = 1

group = smsc
smsc = fake
smsc-id = fake
port = {centre}
our-host = 127.0.0.1
connect-allow-ip = 127.0.0.1
denied-prefix = "{never}"

group = smsc
smsc = http
smsc-id = refusing
system-type = generic
allowed-prefix = "{never}"
send-url = "{refusing}/?to=%P"
status-success-regex = "yes"
status-permfail-regex = "never"
status-tempfail-regex = "later"

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {boxes}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1

{user}
"""
_GOT = re.compile(r"Got message \d+: <(\S+) (\S+) (.*)>")
_PORTS = ("admin", "boxes", "centre", "sendsms")


@dataclass
class Kannel:
    """The gateway, its box for text messages, and the phones behind its SMS centre."""

    place: Path
    config: str
    ports: dict[str, int]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Of `sendsms`."""
        return f"http://127.0.0.1:{self.ports['sendsms']}/cgi-bin/sendsms"

    def start(self) -> None:
        """Returns when a message would reach a phone."""
        self._start("bearerbox", which("bearerbox") or "/usr/sbin/bearerbox", self.config)
        until("bearerbox", self._listens)
        self._start("smsbox", which("smsbox") or "/usr/sbin/smsbox", self.config)
        self.phones_on()
        until("smsbox", lambda: "smsbox:" in self._status())
        until("sendsms", self._takes)

    def phones_on(self) -> None:
        """The SMS centre connects."""
        centre = ("-H", "127.0.0.1", "-r", str(self.ports["centre"]), "-m", "0", "1 2 text x")
        self._start("fakesmsc", FAKE_SMSC, *centre)
        until("fakesmsc", lambda: re.search(r"FAKE:\d+ \(online", self._status()))

    def phones_off(self) -> None:
        """The SMS centre is gone."""
        self._kill("fakesmsc")
        until("no fakesmsc", lambda: not re.search(r"FAKE:\d+ \(online", self._status()))

    def kill(self) -> None:
        """Without warning; what it has taken is in its store."""
        for name in ("smsbox", "bearerbox", "fakesmsc"):
            self._kill(name)

    def texts(self, number: str) -> list[str]:
        """What a phone showed, its long messages put together again."""
        log = self.place / "fakesmsc.log"
        whole: list[str] = []
        parts: dict[bytes, bytes] = {}
        for _, to, said in _GOT.findall(log.read_text() if log.exists() else ""):
            if to != number:
                continue
            kind, _, rest = said.partition(" ")
            if kind != "udh":
                whole.append(_decoded(kind, rest))
                continue
            header, _, text = rest.partition(" data ")
            of, total, part = unquote_to_bytes(header)[-3:]
            key = bytes([of])
            parts[key] = parts.get(key, b"") + unquote_to_bytes(text.replace("+", " "))
            if part == total:
                octets = parts.pop(key)
                whole.append(octets.decode("utf-16-be" if b"\0" in octets else "utf-8"))
        return whole

    def _start(self, name: str, *command: str) -> None:
        with (self.place / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=self.place, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _kill(self, name: str) -> None:
        if process := self.processes.pop(name, None):
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=30)

    def _listens(self) -> bool:
        """Or has ended, because somebody else took a port meanwhile."""
        if self.processes["bearerbox"].poll() is not None:
            raise AssertionError((self.place / "bearerbox.log").read_text()[-2_000:])
        return "SMSC connections" in self._status()

    def _takes(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.ports["sendsms"]), timeout=5):
            return True

    def _status(self) -> str:
        url = f"http://127.0.0.1:{self.ports['admin']}/status.txt?password=admin"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())


def _decoded(kind: str, text: str) -> str:
    if kind == "ucs-2":
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-16-be")
    if kind == "data":
        return unquote_to_bytes(text.replace("+", " ")).decode()
    return text


@contextmanager
def kannel(place: Path, user: str) -> Iterator[Kannel]:
    """Runs one; `user` is the group of its configuration that says who may send. Linux has it; on
    others these tests are left out."""
    if sys.platform != "linux":
        pytest.skip("there is no Kannel for this system")
    place.mkdir(parents=True, exist_ok=True)

    class Refusing(Quiet):
        def asked(self) -> None:
            self.reply(200, b"never")

    with listening(Refusing, threading.Event()) as refusing:
        ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        config = place / "kannel.conf"
        store = place / "store"
        config.write_text(
            _CONFIG.format(never=NEVER, refusing=refusing, store=store, user=user, **ports)
        )
        one = Kannel(place, str(config), ports)
        try:
            one.start()
            yield one
        finally:
            one.kill()
