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


_MOST_IN_FILE = 65_536


def text_in(path: str) -> str:
    """What a file of one secret holds, without one newline at its end.

    Raises ValueError with a reason that repeats neither the path nor the text.
    """
    try:
        # as it stands: a carriage return within belongs to the secret
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read(_MOST_IN_FILE + 1)
    except OSError as error:
        told = f"the file cannot be read: {error.strerror}. Make it readable for this user"
        raise ValueError(told) from None
    except ValueError:  # of octets that are no UTF-8, which the error would hold
        raise ValueError("the file cannot be read: it is no text") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ValueError("the file is empty. Write the value into it")
    if len(text) > _MOST_IN_FILE:
        raise ValueError("the file is too long: 64 Ki characters at most")
    return text


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
