"""The sandbox's faces: octets that are the same as themselves."""

from hypothesis import given
from hypothesis import strategies as st

from assent.adapters.face_bytes.matcher import FaceBytes
from assent.ports.face_matcher import FaceMatcher

MATCHER: FaceMatcher = FaceBytes()


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_face_matches_itself_and_no_other(one: bytes, other: bytes):
    template = MATCHER.template(one)
    assert MATCHER.matches(template, one)
    assert MATCHER.matches(template, other) is (one == other)


def test_a_template_holds_nothing_of_the_face():
    """A sandbox is a public place: somebody may have tried it with a real one."""
    template = MATCHER.template(b"ada" * 100_000)
    assert len(template) == 32
    assert b"ada" not in template


def test_another_matcher_s_template_matches_nothing():
    assert not MATCHER.matches(b"\0" * 256, b"")
    assert not MATCHER.matches(b"", b"")
