"""Links as pictures, for a device's camera."""

import segno


def picture(link: str) -> str:
    """A data URL of an SVG (RFC 2397), black on white whatever the page around it looks like."""
    # M: 15% of it may be covered or dirty (ISO/IEC 18004); a screen is neither
    code = segno.make(link, error="m", micro=False)
    return code.svg_data_uri(scale=4, dark="#000", light="#fff")
