"""The pytest plugin: a sandbox for a suite, and in it a programme and a person for each test.

pytest loads it by its entry point. Until a fixture is used it costs one small module: whatever the
fixtures need is imported by the first that is asked for. See `docs/testing.md`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assent import testing

CREDENTIALS = "ASSENT_SANDBOX_CREDENTIALS"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which sandbox, where it is not one of our own; what one of our own is started with."""
    parser.getgroup("assent").addoption(
        "--assent-credentials",
        metavar="FILE",
        help="test against the sandbox that runs already and wrote FILE "
        f"(assent sandbox --credentials FILE); default: {CREDENTIALS}, or start one",
    )
    parser.addini(
        "assent_sandbox_args", "further options of the `assent sandbox` that is started", "args", []
    )


@pytest.fixture(scope="session")
def assent_sandbox(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["testing.Sandbox"]:
    """A server with virtual phones and a movable clock; one a run, with xdist one a worker."""
    file = _credentials(pytestconfig)
    try:
        if file is not None:
            yield testing.join(file)
            return
        arguments = pytestconfig.getini("assent_sandbox_args")
        with testing.start(tmp_path_factory.mktemp("assent"), arguments) as sandbox:
            yield sandbox
    except testing.SandboxFailed as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture
def assent_programme(assent_sandbox: "testing.Sandbox") -> "testing.Programme":
    """A programme for this test alone: nobody in it, keys of its own."""
    return assent_sandbox.new_programme()


@pytest.fixture
def assent_person(assent_programme: "testing.Programme") -> "testing.Person":
    """A verified consumer of this test's programme with a password, logged in; no phone enrolled.
    For more people: `assent_programme.new_person()`."""
    return assent_programme.new_person()


@pytest.fixture
def assent_clock(
    assent_sandbox: "testing.Sandbox",
) -> "testing.Clock":
    """The sandbox's clock, to move forward. Every test of the run moves along, so sessions that
    outlive their test may be over."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if assent_sandbox.pid is None and workers > 1:
        pytest.fail(
            f"{workers} workers share the sandbox at {assent_sandbox.base_url} and its one clock: "
            "moving it would end the other workers' sessions. Let each worker start a sandbox of "
            f"its own (no --assent-credentials, no {CREDENTIALS}), or run without -n.",
            pytrace=False,
        )
    return assent_sandbox.clock


def _credentials(config: pytest.Config) -> Path | None:
    named = config.getoption("--assent-credentials") or os.environ.get(CREDENTIALS)
    return Path(named) if named else None
