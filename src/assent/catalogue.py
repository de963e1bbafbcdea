"""THE list of what is plugged in. A new kind or adapter is a folder and a line here."""

from collections.abc import Callable

from assent.adapters.sms_http.gateway import SmsHttp, SmsHttpSettings
from assent.adapters.sql.postgres import PostgresEngine
from assent.adapters.sql.sqlite import SqliteEngine
from assent.adapters.sql.stores import REVISION, SqlStores
from assent.adapters.threads.pool import PoolSettings, ThreadPool
from assent.adapters.vault_file.vault import FileVault
from assent.dialects.weavr.dialect import Weavr
from assent.dialects.weavr.names import OTP_CHANNELS
from assent.dialects.weavr.simulator import FIXED_CODE, Simulator
from assent.domain.kind import Kind
from assent.factors.password.kind import Password
from assent.factors.password.settings import PROFILES, HashCosts
from assent.factors.sms_otp.kind import SmsOtp
from assent.factors.sms_otp.settings import CodeSettings
from assent.ports.vault import Vault

KINDS: dict[str, Callable[[HashCosts, CodeSettings, Vault], Kind]] = {
    "password": lambda costs, codes, vault: Password(costs, vault.derived("password pepper")),
    "sms_otp": lambda costs, codes, vault: SmsOtp(codes, vault.derived("one-time codes")),
}
"""Name to maker; each gets its own settings and a key of its own."""

CHANNELS = OTP_CHANNELS
"""Channels that a programme can switch on today."""

PASSWORD_PROFILES = tuple(PROFILES)

__all__ = [
    "CHANNELS",
    "FIXED_CODE",
    "KINDS",
    "PASSWORD_PROFILES",
    "REVISION",
    "CodeSettings",
    "FileVault",
    "HashCosts",
    "PoolSettings",
    "PostgresEngine",
    "Simulator",
    "SmsHttp",
    "SmsHttpSettings",
    "SqlStores",
    "SqliteEngine",
    "ThreadPool",
    "Weavr",
]
