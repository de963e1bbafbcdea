"""The dialect's words for what the core calls otherwise."""

from typing import Final

from assent.domain.factor import FactorState
from assent.domain.session import Scope
from assent.domain.subject import IdentityType, Role

PREFIX: Final = "/multi"
OTP_CHANNELS: Final = ("SMS",)
"""What the path's enum documents for one-time codes."""

KIND_OF_CHANNEL: Final = {"SMS": "sms_otp"}

FACTOR_TYPE: Final = {"sms_otp": ("OTP", "SMS")}
"""Type and channel of a factor in the list; a kind that is not here is not listed."""
FACTOR_STATUS: Final = {
    FactorState.PENDING: "PENDING_VERIFICATION",
    FactorState.ACTIVE: "ACTIVE",
    FactorState.SUSPENDED: "INACTIVE",
}
"""A removed factor is not listed."""

IDENTITY_TYPE: Final = {IdentityType.CONSUMER: "CONSUMER", IdentityType.CORPORATE: "CORPORATE"}
IDENTITY_PATH: Final = {IdentityType.CONSUMER: "consumers", IdentityType.CORPORATE: "corporates"}
CREDENTIALS_TYPE: Final = {Role.ROOT: "ROOT", Role.USER: "USER"}
TOKEN_TYPE: Final = {Scope.FULL: "ACCESS", Scope.CHOOSE_IDENTITY: "AUTH"}
