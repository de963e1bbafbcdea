"""Links as pictures."""

from assent.dialects.device.qr import picture
from tests.support.imports import imported_by


def test_a_picture_is_an_svg_that_brings_its_own_ground():
    drawn = picture("https://assent.example/device/#enrol=enrol_0123456789")
    assert drawn.startswith("data:image/svg+xml")
    assert "%23fff" in drawn
    assert "%23000" in drawn


def test_what_draws_is_loaded_with_the_first_link():
    call = "from assent.dialects.device import qr; qr.codes()"
    assert imported_by("segno", call) == (False, True)
