"""One sandbox process for every attack; each has a programme of its own."""

import pytest

from tests.support.client import Server
from tests.support.jose_client import JoseClient
from tests.support.sandboxes import box, server
from tests.support.wise import Partner

__all__ = ["box", "server"]


@pytest.fixture
def bank(server: Server, partner: JoseClient) -> Partner:
    """A client of the SCA API, of its own programme."""
    return Partner(server, partner)
