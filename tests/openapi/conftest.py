"""One sandbox process for these tests, and its OpenAPI document."""

import pytest

from tests.openapi.conformity import Document
from tests.support.processes import Sandbox
from tests.support.sandboxes import box, server

__all__ = ["box", "server"]


@pytest.fixture(scope="session")
def document(box: Sandbox) -> Document:
    answer = box.server.call("GET", "/multi/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    return Document(answer.json)
