"""A matcher of face vectors: what a model made of a face, and how near two of them lie.

A vector is 64 to 1024 little-endian float32, all finite, of length 1 (within a thousandth). Two
are of one face if their cosine reaches the threshold. How often strangers do depends on the model
and the camera, which are the app's: no false match rate is claimed here.
"""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Final

from assent.adapters.face_vector.envelope import Opener

_FLOAT: Final = 4
_FEWEST: Final = 64
"""With fewer numbers, strangers' vectors lie near each other by chance."""
_MOST: Final = 1_024
_LENGTH_SLACK: Final = 1e-3
_KEYS_REMEMBERED: Final = 16


@dataclass(frozen=True, slots=True)
class FaceVectorSettings:
    """When two vectors show one face."""

    threshold: int = 800
    """Least cosine of two vectors of one face, in thousandths: what the model's maker advises.
    The default is strict: a face wrongly refused is noticed, and one wrongly taken is not."""


class FaceVector:
    """`ports.face_matcher.FaceMatcher`. A template is the plain vector: the store seals it."""

    def __init__(
        self, settings: FaceVectorSettings, private_keys: Callable[[], Sequence[bytes]]
    ) -> None:
        """`private_keys` gives those that still open, as PKCS#8 DER, at every call: they change
        while a server runs."""
        self._threshold = settings.threshold / 1_000
        self._private_keys = private_keys
        self._openers: dict[bytes, Opener] = {}

    def template(self, blob: bytes) -> bytes:
        """Raises ValueError, the same for everything that can be wrong."""
        vector = self._opened(blob)
        if vector is None or _read(vector) is None:
            raise ValueError("no face vector")
        return vector

    def matches(self, template: bytes, blob: bytes) -> bool:
        """Vectors of unequal length are of two models, and not comparable."""
        vector = self._opened(blob)
        known, shown = _read(template), _read(vector or b"")
        if known is None or shown is None or len(known) != len(shown):
            return False
        return _cosine(known, shown) >= self._threshold

    def _opened(self, blob: bytes) -> bytes | None:
        opened = (
            self._opener(key).open(blob, _MOST * _FLOAT) for key in tuple(self._private_keys())
        )
        return next((vector for vector in opened if vector is not None), None)

    def _opener(self, private: bytes) -> Opener:
        """Read once: checking a private key takes longer than using it."""
        held = self._openers.get(private)
        if held is None:
            if len(self._openers) >= _KEYS_REMEMBERED:
                self._openers.clear()
            held = self._openers[private] = Opener(private)
        return held


def _read(octets: bytes) -> tuple[float, ...] | None:
    count, rest = divmod(len(octets), _FLOAT)
    if rest or not _FEWEST <= count <= _MOST:
        return None
    vector = struct.unpack(f"<{count}f", octets)
    if not all(map(math.isfinite, vector)) or abs(math.hypot(*vector) - 1) > _LENGTH_SLACK:
        return None
    return vector


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(map(mul, one, other)) / (math.hypot(*one) * math.hypot(*other))
