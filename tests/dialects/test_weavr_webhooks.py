"""Events in the Multi API's words, against the published tables."""

from typing import Any

import pytest

from assent.dialects.weavr.webhooks import say
from assent.domain.event import Event, EventName, EventWords, Outcome
from assent.domain.subject import Acting, Identity, IdentityType, Role, Subject

AT = 1_767_268_800_000
IDENTITY = {"type": "CORPORATE", "id": "22"}


def acting(role: Role = Role.ROOT) -> Acting:
    subject = Subject(id=11, programme_id=1, email="ada@example.com", details={}, created_at=0)
    identity = Identity(
        id=22, programme_id=1, type=IdentityType.CORPORATE, profile_id=3, details={}, created_at=0
    )
    return Acting(subject, identity, role)


def said(name: EventName, role: Role = Role.ROOT, **values: Any) -> EventWords | None:
    usual: dict[str, Any] = {
        "subject_id": 11,
        "identity_id": 22,
        "kind": "sms_otp",
        "challenge_id": 33,
        "outcome": Outcome.VERIFIED,
        "at": AT,
    }
    return say(Event(name=name, **{**usual, **values}), acting(role))


@pytest.mark.parametrize(
    ("kind", "type"), [("sms_otp", "OTP"), ("authy", "PUSH"), ("device_key", "BIOMETRIC")]
)
@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE"])
def test_a_factor(kind: str, type: str, status: str) -> None:
    outcome = Outcome(status.lower())
    assert said(EventName.FACTOR_CHANGED, kind=kind, outcome=outcome) == EventWords(
        "/authentication_factors/watch",
        {
            "credentialId": {"type": "ROOT", "id": "11"},
            "type": type,
            "status": status,
            "publishedTimestamp": str(AT),
        },
    )


@pytest.mark.parametrize("status", ["VERIFIED", "DECLINED", "EXPIRED"])
def test_a_step_up(status: str) -> None:
    outcome = Outcome(status.lower())
    assert said(EventName.STEP_UP_DECIDED, Role.USER, outcome=outcome) == EventWords(
        "/stepup/watch",
        {
            "credential": {"type": "USER", "id": "11"},
            "identity": IDENTITY,
            "challengeId": "33",
            "type": "OTP",
            "status": status,
            "publishedTimestamp": str(AT),
        },
    )


def test_a_step_up_always_names_the_identity() -> None:
    """It is required; where the session is gone it is the one that the person acts for."""
    told = said(EventName.STEP_UP_DECIDED, identity_id=0, outcome=Outcome.EXPIRED)
    assert told is not None
    assert told.payload["identity"] == IDENTITY


@pytest.mark.parametrize("status", ["VERIFIED", "DECLINED", "EXPIRED"])
@pytest.mark.parametrize("identity_id", [0, 22])
@pytest.mark.parametrize(
    ("kind", "type"),
    [("device_key", "BIOMETRIC"), ("password", "PASSWORD"), ("passcode", "PASSWORD")],
)
def test_a_log_in(status: str, identity_id: int, kind: str, type: str) -> None:
    outcome = Outcome(status.lower())
    told = said(EventName.LOG_IN_DECIDED, outcome=outcome, kind=kind, identity_id=identity_id)
    assert told == EventWords(
        "/login/watch",
        {
            "credential": {"type": "ROOT", "id": "11"},
            **({"identity": IDENTITY} if identity_id else {}),
            "type": type,
            "status": status,
            "publishedTimestamp": str(AT),
        },
    )


@pytest.mark.parametrize(
    ("by", "reason", "done_by", "code"),
    [
        ("operator:ada", "ACCOUNT_REVIEW", "ADMIN", "ACCOUNT_REVIEW"),
        ("operator:ada", "account security", "ADMIN", "ACCOUNT_SECURITY"),
        ("operator:ada", "a leaver, ticket 12", "ADMIN", "UNDEFINED_REASON"),
        ("operator:ada", "ACCOUNT_CLOSURE", "ADMIN", "ACCOUNT_CLOSURE"),
        ("subject:44", "", "UNDEFINED", "UNDEFINED_REASON"),
        ("programme", "TEMPORARY", "INNOVATOR", "TEMPORARY"),
    ],
)
def test_somebody_who_is_shut_out(by: str, reason: str, done_by: str, code: str) -> None:
    """An operator's own words stay here: what is let out is a code."""
    event = Event(
        name=EventName.USER_DEACTIVATED,
        subject_id=11,
        by=by,
        reason=reason,
        address="ada@example.com",
        at=AT,
    )
    assert say(event, None) == EventWords(
        "/auth/users/user_deactivated/watch",
        {"actionDoneBy": done_by, "emailAddress": "ada@example.com", "reasonCode": code},
    )


@pytest.mark.parametrize("kind", ["pin", "password", "face_map", "whatsapp_otp", "voice_otp"])
def test_what_the_multi_api_does_not_know_is_not_told(kind: str) -> None:
    assert said(EventName.FACTOR_CHANGED, kind=kind, outcome=Outcome.INACTIVE) is None


def test_of_somebody_who_is_nobody_any_more_nothing_is_told() -> None:
    event = Event(
        name=EventName.FACTOR_CHANGED, subject_id=1, kind="sms_otp", outcome=Outcome.ACTIVE, at=AT
    )
    assert say(event, None) is None
