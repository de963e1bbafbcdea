"""Request bodies."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

_Email = Annotated[str, Meta(min_length=1, max_length=254)]


class Pin(Struct):
    """`{"pin": "1234"}`."""

    pin: str


class DeviceFingerprint(Struct, rename="camel"):
    """`{"deviceFingerprint": "..."}`."""

    device_fingerprint: str


class FaceMap(Struct, rename="camel"):
    """`{"faceMap": base64}`."""

    face_map: str


class OtpCode(Struct, rename="camel"):
    """`{"otpCode": "111111"}`. Any text: what is no code is a wrong one."""

    otp_code: Annotated[str, Meta(max_length=64)]


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
