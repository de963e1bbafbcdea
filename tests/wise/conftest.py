"""One sandbox process for every test of the second dialect; a programme and a client for each."""

import pytest

from tests.support.client import Server
from tests.support.jose_client import JoseClient
from tests.support.sandboxes import box, server
from tests.support.wise import Partner, WiseUser
from tests.wise.people import enrolled

__all__ = ["box", "server"]


@pytest.fixture
def bank(server: Server, partner: JoseClient) -> Partner:
    """A client of its own programme."""
    return Partner(server, partner)


@pytest.fixture
def ada(bank: Partner) -> WiseUser:
    """Signed up, with nothing enrolled."""
    return bank.sign_up()


@pytest.fixture
def grace(bank: Partner) -> WiseUser:
    """With a PIN and a phone."""
    return enrolled(bank)
