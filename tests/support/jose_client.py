"""The other end of encrypted and signed calls, with another implementation of JOSE: Node's `jose`.

One process for the whole run; `make test` installs it (tests/support/jose_node/).
"""

import base64
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HOME = Path(__file__).parent / "jose_node"


class Refused(Exception):
    """The library would not; its name for the reason."""


@dataclass(frozen=True)
class KeyPair:
    """Base64 of DER: what the API calls key material."""

    algorithm: str
    public: str
    private: str

    @property
    def spki(self) -> bytes:
        return base64.b64decode(self.public)


@dataclass(frozen=True)
class Sent:
    """A request, and the content key that its client remembers."""

    token: str
    content_key: bytes


@dataclass(frozen=True)
class Read:
    """What came back."""

    payload: bytes
    header: dict[str, Any]

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


class JoseClient:
    """A partner's side."""

    def __init__(self) -> None:
        if not (_HOME / "node_modules" / ".ready").exists():
            raise RuntimeError("Node's jose is not installed. Run: make jose")
        self._process = subprocess.Popen(
            ["node", "client.mjs"],
            cwd=_HOME,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._kept: dict[tuple[str, int, str], KeyPair] = {}

    def pair(self, algorithm: str, bits: int = 2_048, name: str = "") -> KeyPair:
        """A key pair; the same again for the same name."""
        asked = (algorithm, bits, name)
        if asked not in self._kept:
            made = self._ask("generate", algorithm=algorithm, bits=bits)
            self._kept[asked] = KeyPair(algorithm, made["public"], made["private"])
        return self._kept[asked]

    def encrypt(self, payload: bytes, public: str, **header: str) -> Sent:
        """To a key's material, with a content key of one's own."""
        content_key = os.urandom(32)
        made = self._ask(
            "encrypt",
            payload=_text(payload),
            key=public,
            header=header,
            contentKey=_text(content_key),
        )
        return Sent(made["token"], content_key)

    def decrypt(self, token: str, pair: KeyPair) -> Read:
        return _read(self._ask("decrypt", token=token, key=pair.private))

    def decrypt_direct(self, token: str, content_key: bytes) -> Read:
        return _read(self._ask("direct", token=token, contentKey=_text(content_key)))

    def sign(self, payload: bytes, pair: KeyPair, **header: str) -> str:
        token: str = self._ask(
            "sign",
            payload=_text(payload),
            key=pair.private,
            algorithm=pair.algorithm,
            header=header,
        )["token"]
        return token

    def verify(self, token: str, public: str, algorithm: str) -> Read:
        return _read(self._ask("verify", token=token, key=public, algorithm=algorithm))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _ask(self, command: str, **values: Any) -> dict[str, Any]:
        writing, reading = self._process.stdin, self._process.stdout
        assert writing is not None
        assert reading is not None
        writing.write(json.dumps({"command": command, **values}) + "\n")
        writing.flush()
        answer: dict[str, Any] = json.loads(reading.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return answer


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _read(answer: dict[str, Any]) -> Read:
    return Read(base64.b64decode(answer["payload"]), answer["header"])
