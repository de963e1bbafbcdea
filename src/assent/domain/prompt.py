"""What we ask a person to do. A small closed set: dialects render prompts, never factor kinds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnterCode:
    """Type the code that was sent; `digits` long, to the masked address, which ends so."""

    digits: int
    sent_to: str
    ending: str = ""


@dataclass(frozen=True, slots=True)
class EnterSecret:
    """Type the password, passcode or PIN."""


@dataclass(frozen=True, slots=True)
class ApproveOnDevice:
    """Look at the device and approve there; `number`, where it must be typed there, is to be shown
    on this screen."""

    number: str = ""


@dataclass(frozen=True, slots=True)
class SignAssertion:
    """Sign with an authenticator (WebAuthn)."""


@dataclass(frozen=True, slots=True)
class Present:
    """Present again what was enrolled: the face, the device."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do: another party is deciding."""


Prompt = EnterCode | EnterSecret | ApproveOnDevice | SignAssertion | Present | Wait
