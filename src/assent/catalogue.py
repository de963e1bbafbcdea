"""THE list of what is plugged in. A new kind or adapter is a folder and a line here."""

from collections.abc import Callable
from dataclasses import dataclass

from assent.adapters.sms_http.gateway import SmsHttp, SmsHttpSettings
from assent.adapters.sql.postgres import PostgresEngine
from assent.adapters.sql.sqlite import SqliteEngine
from assent.adapters.sql.stores import REVISION, SqlStores
from assent.adapters.threads.pool import PoolSettings, ThreadPool
from assent.adapters.vault_file.vault import FileVault
from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.names import OTP_CHANNELS
from assent.dialects.weavr.simulator import FIXED_CODE, Simulator
from assent.domain.attempts import AttemptLimits
from assent.domain.hashed_secret import HashCosts
from assent.domain.kind import Kind
from assent.domain.programme import PASSCODE, PASSWORD, ProgrammeSettings
from assent.factors.passcode.kind import Passcode
from assent.factors.password.kind import Password
from assent.factors.password.settings import PROFILES
from assent.factors.sms_otp.kind import SmsOtp
from assent.factors.sms_otp.settings import CodeSettings
from assent.frames.envelope import KIND_OF_FIELD
from assent.kernel.clock import MINUTE
from assent.ports.vault import Vault


@dataclass(frozen=True, slots=True)
class Means:
    """What kinds are made from."""

    passwords: HashCosts
    codes: CodeSettings
    limits: AttemptLimits
    vault: Vault


def _password(means: Means) -> Kind:
    return Password(means.passwords, means.vault.derived("password pepper"))


def _passcode(means: Means) -> Kind:
    return Passcode(means.passwords, means.vault.derived("passcode pepper"))


def _sms_otp(means: Means) -> Kind:
    minutes = means.limits.code_life_ms // MINUTE
    return SmsOtp(means.codes, means.vault.derived("one-time codes"), minutes)


KINDS: dict[str, Callable[[Means], Kind]] = {
    PASSWORD: _password,
    PASSCODE: _passcode,
    "sms_otp": _sms_otp,
}
"""Name to maker; each kind has a key of its own."""

CREDENTIALS = (PASSWORD, PASSCODE)
"""The kinds of secret that a programme may have people log in with."""


def field_rules(settings: ProgrammeSettings) -> dict[str, dict[str, int | bool]]:
    """What new values of the secure fields must be like, for those the programme has."""
    profile = PROFILES[settings.password_profile]
    rules: dict[str, dict[str, int | bool]] = {
        "password": {
            "shortest": profile.shortest,
            "longest": profile.longest,
            "classes": profile.classes,
        },
        "passCode": {"digits": settings.passcode_digits},
    }
    return {
        field: rule for field, rule in rules.items() if KIND_OF_FIELD[field] in settings.credentials
    }


CHANNELS = OTP_CHANNELS
"""Channels that a programme can switch on today."""

PASSWORD_PROFILES = tuple(PROFILES)

__all__ = [
    "CHANNELS",
    "CREDENTIALS",
    "FIXED_CODE",
    "KINDS",
    "PASSWORD_PROFILES",
    "REVISION",
    "CodeSettings",
    "FileVault",
    "HashCosts",
    "Means",
    "PoolSettings",
    "PostgresEngine",
    "Simulator",
    "SmsHttp",
    "SmsHttpSettings",
    "SqlStores",
    "SqliteEngine",
    "ThreadPool",
    "Weavr",
    "field_rules",
]
