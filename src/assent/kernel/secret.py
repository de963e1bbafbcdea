"""A value that must not be seen: it prints as dots, wherever it is printed."""

import hmac
from typing import Final
from urllib.parse import urlsplit, urlunsplit

DOTS: Final = "••••••"


class Secret:
    """Holds a secret text. `reveal` is the only way to it, and easy to search for."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself. Not for logs, errors or anything that outlives the call."""
        return self._value

    def octets(self) -> bytes:
        """The text as UTF-8."""
        return self._value.encode()

    def same(self, other: "Secret") -> bool:
        """Compares in constant time."""
        return hmac.compare_digest(self.octets(), other.octets())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.same(other)

    def __hash__(self) -> int:
        raise TypeError("a Secret is no key: hash it with the vault")

    def __repr__(self) -> str:
        return f"Secret({DOTS})"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a Secret does not leave the process")


def without_password(url: str) -> str:
    """An address, whatever is secret in it as dots: passwords, and keys among its parameters."""
    parts = urlsplit(url)
    if not parts.query and parts.password is None:
        return url
    netloc = parts.netloc
    if parts.password is not None:
        netloc = f"{parts.username or ''}:{DOTS}@{parts.netloc.rpartition('@')[2]}"
    query = "&".join(
        name + (f"={DOTS}" if equals else "")
        for name, equals, _ in (one.partition("=") for one in parts.query.split("&"))
    )
    return urlunsplit(parts._replace(netloc=netloc, query=query))
