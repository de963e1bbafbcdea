"""Links as pictures, for a device's camera."""

import importlib
from typing import Final, Protocol, cast

_DRAWS: Final = "segno"


class Code(Protocol):
    """A QR code (ISO/IEC 18004), as the library makes it."""

    def svg_data_uri(self, *, scale: int, dark: str, light: str) -> str:
        """A data URL of an SVG (RFC 2397)."""
        ...


class Codes(Protocol):
    """The library."""

    def make(self, content: str, *, error: str, micro: bool) -> Code:
        """Of a text."""
        ...


def codes() -> Codes:
    """Looked up by name when the first link is made: most processes make none."""
    return cast("Codes", importlib.import_module(_DRAWS))


def picture(link: str) -> str:
    """A data URL of an SVG (RFC 2397), black on white whatever the page around it looks like."""
    # M: 15% of it may be covered or dirty (ISO/IEC 18004); a screen is neither
    code = codes().make(link, error="m", micro=False)
    return code.svg_data_uri(scale=4, dark="#000", light="#fff")
