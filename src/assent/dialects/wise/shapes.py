"""Request bodies."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

UUID: Final = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
"""In either case (RFC 9562 4)."""

_Email = Annotated[str, Meta(min_length=1, max_length=254)]


class Presented(Struct):
    """What is enrolled, or proves; each kind of it has a name of its own on the wire."""

    presented: str


class Pin(Presented):
    """`{"pin": "1234"}`."""

    presented: str = field(name="pin")


class DeviceFingerprint(Presented):
    """`{"deviceFingerprint": "..."}`."""

    presented: str = field(name="deviceFingerprint")


class FaceMap(Presented):
    """`{"faceMap": base64}`."""

    presented: str = field(name="faceMap")


class OtpCode(Presented):
    """`{"otpCode": "111111"}`. Any text: what is no code is a wrong one."""

    presented: Annotated[str, Meta(max_length=64)] = field(name="otpCode")


class PhoneNumber(Struct, rename="camel"):
    """`{"phoneNumber": "+6588888888"}`."""

    phone_number: Annotated[str, Meta(min_length=5, max_length=25)]


class SignUp(Struct, rename="camel"):
    """A person for whom the client chooses a code."""

    email: _Email
    registration_code: Annotated[str, Meta(min_length=32, max_length=2_147_483_647)]
    language: Annotated[str, Meta(max_length=2)] | None = None


class Email(Struct):
    """`{"email": "..."}`."""

    email: _Email


class Funding(Struct):
    """`{"type": "BALANCE"}`: there is nothing else here to pay from."""

    type: Literal["BALANCE"]


class ChallengeResult(Struct, rename="camel"):
    """Yes or no to a card payment."""

    transaction_reference: Annotated[str, Meta(max_length=255)]
    challenge_status: Literal["APPROVED", "REJECTED"]
