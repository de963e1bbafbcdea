"""The dialect's words for what the core calls otherwise."""

from typing import Final

from assent.domain.device import AUTHY, DEVICE_KEY
from assent.domain.factor import FactorState
from assent.domain.programme import PASSCODE, PASSWORD
from assent.domain.session import Scope
from assent.domain.subject import IdentityType, Role

PREFIX: Final = "/multi"
BIOMETRIC: Final = "BIOMETRIC"
OTP_CHANNELS: Final = ("SMS",)
"""What the path's enum documents for one-time codes."""
PUSH_ENROLMENTS: Final = ("AUTHY",)
"""The same for enrolments by push: a device enrols itself (usecases/enrol_device.py)."""
PUSH_CHANNELS: Final = (*PUSH_ENROLMENTS, BIOMETRIC)
"""The same for all else that is pushed."""
CHANNELS: Final = (*OTP_CHANNELS, *PUSH_CHANNELS)
"""What a programme may switch on."""

KIND_OF_CHANNEL: Final = {"SMS": "sms_otp", "AUTHY": AUTHY, BIOMETRIC: DEVICE_KEY}
PHONE_KINDS: Final = ("sms_otp", AUTHY)
"""Those that hang on the person's number, and go with it; a device does not."""

FACTOR_TYPE: Final = {
    "sms_otp": ("OTP", "SMS"),
    AUTHY: ("PUSH", "AUTHY"),
    DEVICE_KEY: (BIOMETRIC, BIOMETRIC),
}
"""Type and channel of a factor in the list; a kind that is not here is not listed."""
LOG_IN_TYPE: Final = {PASSWORD: "PASSWORD", PASSCODE: "PASSWORD", DEVICE_KEY: BIOMETRIC}
"""What somebody came in with, or did not, in the webhook of log-ins, which is described as "with
password or with auth/access token". A passcode is a password to the operation that takes it."""
FACTOR_STATUS: Final = {
    FactorState.ACTIVE: "ACTIVE",
    FactorState.PENDING: "PENDING_VERIFICATION",
    FactorState.SUSPENDED: "INACTIVE",
}
"""Best first: of several devices one line is listed. A removed factor is not."""

IDENTITY_TYPE: Final = {IdentityType.CONSUMER: "CONSUMER", IdentityType.CORPORATE: "CORPORATE"}
IDENTITY_PATH: Final = {IdentityType.CONSUMER: "consumers", IdentityType.CORPORATE: "corporates"}
CREDENTIALS_TYPE: Final = {Role.ROOT: "ROOT", Role.USER: "USER"}
TOKEN_TYPE: Final = {Scope.FULL: "ACCESS", Scope.CHOOSE_IDENTITY: "AUTH"}
