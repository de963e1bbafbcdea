"""A sandbox whose operator's port is read."""

from collections.abc import Iterator

import pytest

from tests.support.metrics import Admin, admin_of
from tests.support.processes import Sandbox, sandbox


@pytest.fixture(scope="package")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("watched")) as running:
        yield running


@pytest.fixture(scope="package")
def admin(box: Sandbox) -> Admin:
    return admin_of(box.log_file)
