"""Links as pictures."""

import subprocess
import sys

from assent.dialects.device.qr import picture


def test_a_picture_is_an_svg_that_brings_its_own_ground():
    drawn = picture("https://assent.example/device/#enrol=enrol_0123456789")
    assert drawn.startswith("data:image/svg+xml")
    assert "%23fff" in drawn
    assert "%23000" in drawn


def test_what_draws_is_loaded_with_the_first_link():
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, assent.wiring; print('segno' in sys.modules); "
            "from assent.dialects.device import qr; qr.codes(); "
            "print('segno' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert told == ["False", "True"]
