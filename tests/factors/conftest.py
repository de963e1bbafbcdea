"""Devices that several files look at."""

import pytest

from tests.support.authenticator import SoftDevice


@pytest.fixture(params=("P-256", "Ed25519"))
def soft(request) -> SoftDevice:
    """A browser's, of either sort of key."""
    return SoftDevice("webauthn", request.param)
