"""Canaries in logs and databases: what was let go, and must be found nowhere in clear."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Canaries:
    """What was let go, and must be found nowhere."""

    everywhere: list[str]
    codes: list[str]
    tokens: list[str]

    def in_log(self) -> Iterator[str]:
        yield from (*self.everywhere, *self.tokens)
        # a few digits may stand in a longer number by chance
        for code in self.codes:
            yield from (f'"{code}"', f" {code} ", f"{code} is")

    def in_database(self) -> Iterator[bytes]:
        yield from (form for text in (*self.everywhere, *self.tokens) for form in _forms(text))
        for code in self.codes:
            yield from (f'"{code}"'.encode(), f"{code} is your code".encode())


def _forms(text: str) -> Iterator[bytes]:
    """As it is, in hex, and in base64 wherever in a longer text it stands."""
    octets = text.encode()
    yield from (octets, octets.hex().encode(), octets.hex().upper().encode())
    for before in range(3):
        encoded = base64.b64encode(b"\x00" * before + octets)
        yield encoded[(before * 8 + 5) // 6 : -4]


def found(canaries: Canaries, files: Sequence[Path]) -> list[tuple[str, bytes]]:
    """In which files, and in which form."""
    seen = []
    for file in files:
        octets = file.read_bytes()
        seen += [(file.name, one) for one in canaries.in_database() if one in octets]
    return seen


def refuse_in_log(canaries: Canaries, log: str) -> None:
    """A log that tells of what happened, and of nothing that it must not."""
    assert log.count("\n") > 20  # there is a log, and it tells of what happened
    assert '"refused"' in log
    assert '"malformed"' in log
    for line in log.splitlines():
        json.loads(line)  # nothing but events: no stray warning, no traceback
        for one in canaries.in_log():
            assert one not in line, one
