"""A push service for browsers (RFC 8030), and the browser behind it, which decrypts by code of its
own (RFC 8188, RFC 8291)."""

import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.signed import es256, octets, parts, text_of
from tests.support.smtp_server import certificates
from tests.support.stand_in import Quiet


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """Uncompressed."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, for up to one block."""
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\x01", "sha256")[:length]


@dataclass
class Browser:
    """Who subscribed: its key, and what the push service is not told."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = bytes(range(16))

    @property
    def address(self) -> str:
        """As `JSON.stringify(subscription)` has it."""
        keys = {"p256dh": text_of(point(self.key.public_key())), "auth": text_of(self.auth)}
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": keys})

    def opened(self, body: bytes) -> bytes:
        """RFC 8291 3.4, of a message that is one record (RFC 8188 2)."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert (length, len(sealed) <= size) == (65, True)
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self.key.exchange(ec.ECDH(), sender)
        ours = point(self.key.public_key())
        secret = _hkdf(self.auth, shared, b"WebPush: info\0" + ours + theirs, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain.endswith(b"\x02")  # the delimiter of the last record
        return plain[:-1]


@dataclass
class Pushed:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def token(self) -> str:
        return self._vapid()["t"]

    @property
    def key(self) -> ec.EllipticCurvePublicKey:
        """What it says it is signed with."""
        return ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), octets(self._vapid()["k"])
        )

    def _vapid(self) -> dict[str, str]:
        scheme, _, rest = self.headers["authorization"].partition(" ")
        assert scheme == "vapid"
        return dict(part.strip().split("=", 1) for part in rest.split(","))

    def checked(self, origin: str) -> dict[str, object]:
        """The claims of a token that is signed by the key it names (RFC 8292 2, 3)."""
        es256(self.token, self.key)
        head, claims = parts(self.token)
        assert (head["alg"], head.get("typ", "JWT"), claims["aud"]) == ("ES256", "JWT", origin)
        return claims


@dataclass
class PushService:
    """Answers what it is told to; while `held` is set, nothing at all until it is let go."""

    origin: str = ""
    ca_file: Path = Path()
    status: int = 201
    gone: set[str] = field(default_factory=set)
    """Paths of subscriptions that ended."""
    gone_status: int = 410
    location: str = ""
    received: list[Pushed] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    """Paths that get no answer."""
    let_go: threading.Event = field(default_factory=threading.Event)

    def browser(self, name: str) -> Browser:
        """One that subscribed."""
        return Browser(f"{self.origin}/push/{name}")

    def of(self, browser: Browser) -> list[Pushed]:
        """What was handed in for it, taken or not."""
        path = urlsplit(browser.endpoint).path
        return [one for one in self.received if one.path == path]


@contextmanager
def push_service(folder: Path, host: str = "localhost") -> Iterator[PushService]:
    """Listens on a free port of this machine, by TLS, with an authority of its own."""
    service = PushService()
    trusted = certificates(folder)
    service.ca_file = trusted.ca_file
    counting = iter(range(1, 1_000_000))

    class Handler(Quiet):
        protocol_version = "HTTP/1.1"
        timeout = 5  # of a connection that stays open and says nothing

        def setup(self) -> None:
            super().setup()
            self.number = next(counting)

        def posted(self, octets: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.received.append(Pushed(self.path, headers, octets, self.number))
            if self.path in service.held:
                service.let_go.wait(timeout=60)
                self.close_connection = True
                return
            gone = self.path in service.gone
            self.reply(service.gone_status if gone else service.status, b"", service.location)

    class Listening(ThreadingHTTPServer):
        daemon_threads = False  # each is waited for at the end, and has closed its socket by then

        def handle_error(self, *arguments: object) -> None:
            """A client that does not trust us hangs up."""

        def get_request(self):
            got, address = super().get_request()
            # the handshake is the connection's own thread's
            wrapped = trusted.server.wrap_socket(
                got, server_side=True, do_handshake_on_connect=False
            )
            return wrapped, address

    server = Listening(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    service.origin = f"https://{host}:{server.server_port}"
    try:
        yield service
    finally:
        service.let_go.set()
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
