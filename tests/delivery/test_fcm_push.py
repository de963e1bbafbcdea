"""Pushes through Firebase: the token, the message, and what its answers mean."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.testing import capture_logs

from assent.adapters.fcm.gateway import Fcm
from assent.adapters.fcm.settings import FcmSettings, wrong
from assent.domain.message import Channel
from assent.kernel.clock import MINUTE, SECOND
from assent.ports.delivery import AddressGone, Undelivered
from assent.testing.frozen import NOON, FrozenClock
from tests.delivery.pushing import CHALLENGE, push
from tests.support.fcm import EMAIL, Firebase, failure, firebase

TOKEN = "dEvIcE_t0ken:APA91b" + "x" * 120


@pytest.fixture
def google() -> Iterator[Firebase]:
    with firebase() as one:
        yield one
        assert one.complaints == []


@asynccontextmanager
async def gateway(
    google: Firebase, folder: Path, clock: FrozenClock | None = None, **values: Any
) -> AsyncIterator[Fcm]:
    file = str(google.account(folder))
    one = Fcm(FcmSettings(account_file=file, url=google.origin, **values), clock or FrozenClock())
    try:
        yield one
    finally:
        await one.close()


async def _undelivered(google: Firebase, folder: Path) -> Undelivered:
    async with gateway(google, folder) as one:
        with pytest.raises(Undelivered) as refused:
            await one.send(push(Channel.FCM, TOKEN))
    return refused.value


async def test_the_message(google: Firebase, tmp_path: Path) -> None:
    """Data alone, at once, for as long as the question is open."""
    clock = FrozenClock()
    clock.now_ms += MINUTE
    async with gateway(google, tmp_path, clock) as one:
        await one.send(push(Channel.FCM, TOKEN))
    (got,) = google.received
    collapse = got["message"]["android"].pop("collapse_key")
    assert got == {
        "message": {
            "token": TOKEN,
            "data": {"challenge": CHALLENGE},
            "android": {"priority": "HIGH", "ttl": "240s"},
        }
    }
    assert len(collapse) == 32
    assert CHALLENGE not in collapse


async def test_the_token_is_asked_for_once_and_renewed_before_its_end(
    google: Firebase, tmp_path: Path
) -> None:
    clock = FrozenClock()
    async with gateway(google, tmp_path, clock) as one:
        await asyncio.gather(*(one.send(push(Channel.FCM, TOKEN)) for _ in range(10)))
        assert google.grants == [
            {
                "iss": EMAIL,
                "scope": "https://www.googleapis.com/auth/firebase.messaging",
                "aud": f"{google.origin}/token",
                "iat": NOON // SECOND,
                "exp": NOON // SECOND + 3_600,
            }
        ]
        clock.wall_ms += 58 * MINUTE
        await one.send(push(Channel.FCM, TOKEN))
        assert len(google.grants) == 1
        clock.wall_ms += MINUTE
        await one.send(push(Channel.FCM, TOKEN))
        assert len(google.grants) == 2
    assert len(google.received) == 12


async def test_a_token_that_was_taken_back_is_renewed_once(
    google: Firebase, tmp_path: Path
) -> None:
    async with gateway(google, tmp_path) as one:
        await one.send(push(Channel.FCM, TOKEN))
        google.good.clear()
        await one.send(push(Channel.FCM, TOKEN))
        assert (len(google.grants), len(google.received)) == (2, 2)


async def test_tokens_that_are_never_taken_are_our_settings_fault(
    google: Firebase, tmp_path: Path
) -> None:
    google.good = _Nothing()
    with capture_logs() as logged:
        told = await _undelivered(google, tmp_path)
    assert (told.lasting, len(google.headers), len(google.grants)) == (False, 2, 2)
    assert [entry["settings"] for entry in logged] == ["fcm.account_file, fcm.url"]


class _Nothing(set[str]):
    def add(self, token: str) -> None:
        """Not taken, whatever it is."""


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (404, failure("NOT_FOUND", "UNREGISTERED")),
        (404, failure("NOT_FOUND")),
        (410, failure("GONE", "UNREGISTERED")),
    ],
)
async def test_an_app_that_is_no_more(
    google: Firebase, tmp_path: Path, status: int, answer: bytes
) -> None:
    google.status, google.answer = status, answer
    assert isinstance(await _undelivered(google, tmp_path), AddressGone)


@pytest.mark.parametrize(
    ("status", "answer", "lasting"),
    [
        (400, failure("INVALID_ARGUMENT", "INVALID_ARGUMENT"), True),
        (403, failure("PERMISSION_DENIED", "SENDER_ID_MISMATCH"), True),
        (403, failure("PERMISSION_DENIED"), False),
        (404, b"<html>", False),
        (404, b"[]", False),
        (404, b"[" * 5_000, False),
        (429, failure("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), False),
        (500, failure("INTERNAL", "INTERNAL"), False),
        (503, b"", False),
        (307, b"", False),
    ],
)
async def test_any_other_answer(
    google: Firebase, tmp_path: Path, status: int, answer: bytes, lasting: bool
) -> None:
    """A wrong place that answers 404 is no reason to forget everybody's device."""
    google.status, google.answer = status, answer
    told = await _undelivered(google, tmp_path)
    assert not isinstance(told, AddressGone)
    assert told.lasting is lasting
    assert "nothing of this" not in str(told)


@pytest.mark.parametrize(
    ("status", "answer"),
    [(400, b'{"error": "invalid_grant"}'), (200, b"{}"), (200, b"no JSON"), (503, b"")],
)
async def test_no_token_no_message_and_all_are_tried_again(
    google: Firebase, tmp_path: Path, status: int, answer: bytes
) -> None:
    google.token_status, google.token_answer = status, answer
    with capture_logs() as logged:
        told = await _undelivered(google, tmp_path)
    assert (told.lasting, google.headers) == (False, [])
    assert bool(logged) is (status == 400)


async def test_nobody_there(google: Firebase, tmp_path: Path) -> None:
    settings = FcmSettings(account_file=str(google.account(tmp_path)), url="http://localhost:1")
    one = Fcm(settings, FrozenClock())
    with pytest.raises(Undelivered) as told:
        await one.send(push(Channel.FCM, TOKEN))
    await one.close()
    assert not told.value.lasting


def test_settings_that_cannot_be(google: Firebase, tmp_path: Path) -> None:
    def told(**changed: Any) -> str:
        file = google.account(tmp_path, **changed)
        return wrong(FcmSettings(account_file=str(file), url=google.origin))

    assert told() == ""
    curve = ec.generate_private_key(ec.SECP256R1())
    other = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for changed in ({"private_key": "none"}, {"private_key": other}, {"project_id": "../x"}):
        assert told(**changed).startswith("fcm.account_file ")
        assert "BEGIN" not in told(**changed)
    assert "token_uri" in told(token_uri="http://elsewhere.example/token")
    assert wrong(FcmSettings(account_file=str(tmp_path / "none"))).startswith("fcm.account_file")
    assert wrong(FcmSettings(url="http://fcm.example")).startswith("fcm.url")
    assert wrong(FcmSettings(url="https://fcm.example/v1")).startswith("fcm.url")
    assert wrong(FcmSettings()) == ""
