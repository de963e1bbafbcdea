"""Finds a text again, in whatever disguise it travels or is kept."""

import base64
import hashlib
import html
import json
import re
import zlib
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

_GZIP = re.compile(b"\x1f\x8b\x08")


def seen(canary: str, octets: bytes) -> list[str]:
    """The disguises it was found in."""
    needles = list(_disguises(canary))
    return [
        f"{where}, {how}"
        for where, text in _layers(octets)
        for how, needle in needles
        if needle in text
    ]


def _layers(octets: bytes, depth: int = 3) -> Iterator[tuple[str, bytes]]:
    """What is there, and what is packed into it."""
    yield "plain", octets
    if depth:
        for start in _GZIP.finditer(octets):
            unpacked = _unpacked(octets[start.start() :])
            for where, text in _layers(unpacked, depth - 1) if unpacked else ():
                yield f"gzip, {where}", text


def _unpacked(octets: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(octets)
    except zlib.error:
        return b""


def _disguises(canary: str) -> Iterator[tuple[str, bytes]]:
    """Whole or halved, because something may have been cut off; forwards and backwards."""
    half = len(canary) // 2
    for part, text in (("whole", canary), ("first", canary[:half]), ("last", canary[half:])):
        for way, said in (("", text), (", reversed", text[::-1])):
            for how, needle in _writings(said):
                yield f"{part}{way}, {how}", needle
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, canary.encode()).digest()
        for how, needle in _codes(digest):
            yield f"{name}, {how}", needle


def _writings(text: str) -> Iterator[tuple[str, bytes]]:
    for coding in ("utf-8", "utf-16-le", "utf-16-be"):
        for how, needle in _codes(text.encode(coding)):
            yield f"{coding}, {how}", needle
    escaped = {
        "percent": quote(text, safe=""),
        "percent, some": quote(text),
        "form": quote_plus(text),
        "html": html.escape(text),
        "html, some": html.escape(text, quote=False),
        "html, numbers": "".join(f"&#{ord(letter)};" for letter in text),
        "json": json.dumps(text)[1:-1],
        "json, raw": json.dumps(text, ensure_ascii=False)[1:-1],
        "python": repr(text)[1:-1],
        "octets": repr(text.encode())[2:-1],
        "list": ",".join(str(octet) for octet in text.encode()),
        "list, spaced": ", ".join(str(octet) for octet in text.encode()),
    }
    for how, said in escaped.items():
        yield how, said.encode()
        yield f"{how}, small", said.lower().encode()


def _codes(octets: bytes) -> Iterator[tuple[str, bytes]]:
    yield "as it is", octets
    yield "hex", octets.hex().encode()
    yield "HEX", octets.hex().upper().encode()
    every = octets.hex("%").upper()
    yield "%HEX", f"%{every}".encode()
    yield "%hex", f"%{every.lower()}".encode()
    for before in range(3):
        # only what no neighbour has a part in
        cut = slice((before * 8 + 5) // 6, (before + len(octets)) * 8 // 6)
        for how, code in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            yield f"{how} at {before}", code(b"\x00" * before + octets)[cut]
