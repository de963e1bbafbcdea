"""Which addresses a programme may have its events posted to; how an event is kept."""

import pytest

from assent.domain.event import Event, EventName, Outcome, from_fields, to_fields
from assent.domain.webhook import is_target, may_be_set

GOOD = (
    "https://hooks.example.com",
    "https://hooks.example.com/in/here",
    "https://hooks.example.com:8443/in",
    "https://93.184.216.34/in",
    "https://[2606:2800:220:1::1]/in",
)
ONLY_IN_A_SANDBOX = (
    *("http://localhost:3000/hooks", "http://127.0.0.1:3000", "http://[::1]:3000"),
    *("http://app.localhost", "https://127.0.0.1", "https://[::1]"),
)
NEVER = (
    *("ftp://hooks.example.com", "hooks.example.com", "https://", "//hooks.example.com"),
    *("http://hooks.example.com", "http://10.0.0.1", "http://169.254.169.254/latest"),
    *("https://u:p@hooks.example.com", "https://hooks.example.com#x", "https://h.example?x=1"),
    *("https://hooks.example.com/ü", "https://hooks.example.com/a b", "https://h.example/\n"),
    *("https://2130706433", "https://0x7f000001", "https://127.1", "https://169.254.169.254"),
    *("https://[fe80::1]", "https://0.0.0.0", "https://[::ffff:169.254.169.254]"),
    *("https://Hooks.example.com", "https://hooks.example.com:443"),
    "https://hooks.example.com/" + "x" * 255,
)


@pytest.mark.parametrize("url", GOOD)
def test_a_public_server_over_tls_is_one(url: str) -> None:
    for sandbox in (True, False):
        assert is_target(url, sandbox)
        assert may_be_set(url, sandbox, private_network=False)


@pytest.mark.parametrize("url", ONLY_IN_A_SANDBOX)
def test_this_machine_is_one_in_a_sandbox(url: str) -> None:
    assert may_be_set(url, True, private_network=False)
    assert not may_be_set(url, False, private_network=False)


@pytest.mark.parametrize("url", NEVER)
def test_anything_else_is_none(url: str) -> None:
    for sandbox in (True, False):
        for private_network in (True, False):
            assert not may_be_set(url, sandbox, private_network)


def test_a_private_one_only_where_the_settings_say_so() -> None:
    for url in ("https://10.1.2.3/in", "https://[fd00::7]/in", "https://192.168.1.1"):
        assert may_be_set(url, False, private_network=True)
        assert not may_be_set(url, False, private_network=False)
        assert not may_be_set(url, True, private_network=False)


def test_none_at_all_may_be_set() -> None:
    assert may_be_set("", False, private_network=False)
    assert not is_target("", sandbox=True)


def test_an_event_is_read_as_it_was_written() -> None:
    event = Event(
        name=EventName.USER_DEACTIVATED,
        subject_id=2**52,
        identity_id=7,
        by="operator:ada",
        reason="TEMPORARY",
        address="ada@example.com",
        at=1,
    )
    decided = Event(
        name=EventName.LOG_IN_DECIDED, subject_id=1, kind="k", outcome=Outcome.EXPIRED, at=2
    )
    for one in (event, decided):
        assert from_fields(to_fields(one)) == one
    assert "ada@example.com" not in repr(event)
