"""All settings of a server, each room's own, from one TOML file and `ASSENT_*` variables.

A table of the file is a room, a key of it a field: `[attempts] person_tries = 4` and
`ASSENT_ATTEMPTS_PERSON_TRIES=4` say the same; the variable wins. With `_FILE` behind its name a
variable holds the path of a file with the value. Unknown names are refused.
"""

import ipaddress
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import idna

from assent.catalogue.rooms import (
    ApnsSettings,
    AttestationSettings,
    CodeSettings,
    FaceSettings,
    FaceVectorSettings,
    FcmSettings,
    HashCosts,
    HttpGatewaySettings,
    PoolSettings,
    SmtpSettings,
    TelemetrySettings,
    TwilioSettings,
    WebhookSettings,
    WebPushSettings,
    wrong_with_apns,
    wrong_with_fcm,
    wrong_with_gateway,
    wrong_with_mail,
    wrong_with_roots,
    wrong_with_telemetry,
    wrong_with_twilio,
    wrong_with_web_push,
    wrong_with_webhooks,
)
from assent.domain.approval import ApprovalLimits
from assent.domain.attempts import AttemptLimits
from assent.domain.budget import GENEROUS as MANY_MESSAGES
from assent.domain.budget import BudgetLimits, wrong_with_budgets
from assent.domain.capture import CaptureLimits, is_loopback, is_origin
from assent.domain.device import DeviceLimits, wrong_with_party
from assent.domain.grant import GrantLimits
from assent.domain.mailed_code import MailedCodeLimits
from assent.domain.message import Channel
from assent.domain.retention import RetentionLimits, Sort
from assent.domain.session import SessionLimits
from assent.http.admin_settings import AdminSettings
from assent.http.admin_settings import wrong as wrong_with_admin
from assent.http.limits import GENEROUS, CallLimits
from assent.kernel.clock import DAY, MINUTE, SECOND
from assent.kernel.secret import Secret
from assent.values import SettingsError as SettingsError
from assent.values import from_environment, with_values
from assent.values import variable_of as variable_of


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens and how it is known."""

    environment: Literal["production", "sandbox"] = "production"
    """`sandbox` adds virtual phones, fixed codes and a movable clock; never for real people."""
    host: str = "127.0.0.1"
    """Address to listen on. Behind a proxy that ends TLS, leave it."""
    port: int = 8400
    """Port of the APIs; 0 picks a free one."""
    frames_port: int = 8401
    """Port of the secure frames, an origin of their own; 0 picks a free one."""
    base_url: str = ""
    """How clients reach the APIs, and the issuer of the bearers. Empty: http://localhost and the
    port, and the issuer is `assent`."""
    frames_url: str = ""
    """How browsers reach the frames: an origin of their own, `https://` in production. Empty:
    http://localhost and the frames' port."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged: debug a try, info a pass, warning a refusal."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """What is kept where."""

    url: Secret = field(default_factory=lambda: Secret("sqlite:///assent.sqlite3"))
    """`sqlite:///FILE` for one server process, `postgresql://USER:PASSWORD@HOST/NAME` for many."""
    connections: int = 10
    """Most connections of one process to PostgreSQL."""


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """Where the root keys are."""

    file: str = "assent.vault"
    """Path of the vault file, kept apart from the database and its back-ups."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every room's settings."""

    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    vault: VaultSettings = field(default_factory=VaultSettings)
    attempts: AttemptLimits = field(default_factory=AttemptLimits)
    sessions: SessionLimits = field(default_factory=SessionLimits)
    captures: CaptureLimits = field(default_factory=CaptureLimits)
    approvals: ApprovalLimits = field(default_factory=ApprovalLimits)
    grants: GrantLimits = field(default_factory=GrantLimits)
    mailed_codes: MailedCodeLimits = field(default_factory=MailedCodeLimits)
    passwords: HashCosts = field(default_factory=HashCosts)
    pool: PoolSettings = field(default_factory=PoolSettings)
    codes: CodeSettings = field(default_factory=CodeSettings)
    faces: FaceSettings = field(default_factory=FaceSettings)
    face_vector: FaceVectorSettings = field(default_factory=FaceVectorSettings)
    calls: CallLimits = field(default_factory=CallLimits)
    devices: DeviceLimits = field(default_factory=DeviceLimits)
    attestation: AttestationSettings = field(default_factory=AttestationSettings)
    budgets: BudgetLimits = field(default_factory=BudgetLimits)
    retention: RetentionLimits = field(default_factory=RetentionLimits)
    sms: HttpGatewaySettings = field(default_factory=HttpGatewaySettings)
    whatsapp: HttpGatewaySettings = field(default_factory=HttpGatewaySettings)
    voice: HttpGatewaySettings = field(default_factory=HttpGatewaySettings)
    twilio: TwilioSettings = field(default_factory=TwilioSettings)
    mail: SmtpSettings = field(default_factory=SmtpSettings)
    web_push: WebPushSettings = field(default_factory=WebPushSettings)
    fcm: FcmSettings = field(default_factory=FcmSettings)
    apns: ApnsSettings = field(default_factory=ApnsSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    admin: AdminSettings = field(default_factory=AdminSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)

    @property
    def http_gateways(self) -> dict[Channel, HttpGatewaySettings]:
        """By channel, whose name the room has; one without a URL is not set up."""
        return {Channel.SMS: self.sms, Channel.WHATSAPP: self.whatsapp, Channel.VOICE: self.voice}


def load(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Raises SettingsError."""
    tables: dict[str, Any] = {}
    if file is not None:
        try:
            tables = tomllib.loads(file.read_text())
        except (OSError, ValueError) as error:  # no TOML, or no text
            reason = (error.strerror if isinstance(error, OSError) else None) or error
            raise SettingsError(f"The settings file {file} cannot be read: {reason}") from error
    settings = Settings()
    rooms = {room.name: getattr(settings, room.name) for room in fields(settings)}
    for name, table in tables.items():
        if name not in rooms or not isinstance(table, dict):
            raise SettingsError(f"Unknown table [{name}]; there are: {', '.join(rooms)}")
        rooms[name] = with_values(rooms[name], name, table)
    for name, table in from_environment(rooms, environment).items():
        rooms[name] = with_values(rooms[name], name, table)
    settings = replace(settings, **rooms)
    validate(settings)
    return settings


def sandboxed(settings: Settings) -> Settings:
    """The same for a sandbox: its environment, budgets that are never in the way, and a matcher
    of faces that takes any octets for one."""
    server = replace(settings.server, environment="sandbox")
    faces = FaceSettings("bytes") if settings.faces.matcher == "none" else settings.faces
    # whoever set budgets of their own wants to see them at work
    budgets = MANY_MESSAGES if settings.budgets == BudgetLimits() else settings.budgets
    return replace(settings, server=server, calls=GENEROUS, faces=faces, budgets=budgets)


def validate(settings: Settings) -> None:
    """What no field can say by itself. Raises SettingsError."""
    for name, (value, lowest, highest) in _ranges(settings).items():
        if not lowest <= value <= highest:
            raise SettingsError(f"{name} is {value}; it may be from {lowest} to {highest}")
    for name, windows in (
        ("programme", settings.calls.programme),
        ("address", settings.calls.address),
        ("tokens", settings.calls.tokens),
        ("user", settings.calls.user),
    ):
        if not windows or any(one.calls < 1 or one.seconds < 1 for one in windows):
            raise SettingsError(f"calls.{name} is one or more CALLS/SECONDS, each at least 1")
    if told := wrong_with_budgets(settings.budgets) or wrong_with_roots(settings.attestation):
        raise SettingsError(told)
    for address in settings.server.trusted_proxies:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise SettingsError(
                f"server.trusted_proxies holds {address!r}, which is no IP address (a network "
                "cannot be trusted as a whole: name each proxy)"
            ) from None
    _validate_addresses(settings)
    _validate_gateways(settings)


_SOME = 1_000_000_000
"""A count that nobody reaches: for numbers that have no upper limit of their own."""


_LEAST_DAYS = {Sort.ATTEMPTS: 30}
"""Whoever waits for that long between two guesses begins anew."""


def _days(limits: RetentionLimits) -> dict[str, tuple[int, int, int]]:
    return {
        f"retention.{sort}_days": (limits.days(sort), _LEAST_DAYS.get(sort, 1), 36_500)
        for sort in Sort
    }


def _ranges(settings: Settings) -> dict[str, tuple[int, int, int]]:
    """Value, lowest, highest. The highest of the limits are the law's or the wire format's."""
    limits, sessions, costs = settings.attempts, settings.sessions, settings.passwords
    mailed = settings.mailed_codes
    return {
        "attempts.person_tries": (limits.person_tries, 2, 5),
        "attempts.challenge_tries": (limits.challenge_tries, 1, limits.person_tries),
        "attempts.permanent_after": (limits.permanent_after, 2, 100),
        "attempts.block_ms": (limits.block_ms, SECOND, 366 * DAY),
        "attempts.approval_block_ms": (limits.approval_block_ms, SECOND, 366 * DAY),
        "approvals.life_ms": (settings.approvals.life_ms, MINUTE, DAY),
        "approvals.standing_ms": (settings.approvals.standing_ms, SECOND, 5 * MINUTE),
        "grants.access_ms": (settings.grants.access_ms, MINUTE, 366 * DAY),
        "grants.code_ms": (settings.grants.code_ms, SECOND, 10 * MINUTE),
        "grants.refresh_ms": (settings.grants.refresh_ms, MINUTE, 36_500 * DAY),
        "mailed_codes.tries": (mailed.tries, 1, 5),
        "mailed_codes.verify_ms": (mailed.verify_ms, MINUTE, DAY),
        "mailed_codes.reset_ms": (mailed.reset_ms, MINUTE, 60 * MINUTE),
        "mailed_codes.invite_ms": (mailed.invite_ms, MINUTE, 366 * DAY),
        "attempts.code_life_ms": (limits.code_life_ms, SECOND, 10 * MINUTE),
        "attempts.resend_gap_ms": (limits.resend_gap_ms, 0, 10 * MINUTE),
        "attempts.sends": (limits.sends, 1, 100),
        "sessions.idle_seconds": (sessions.idle_seconds, 1, 300),
        "sessions.absolute_ms": (sessions.absolute_ms, SECOND, 366 * DAY),
        **_days(settings.retention),
        "captures.life_ms": (settings.captures.life_ms, SECOND, 15 * MINUTE),
        "captures.key_ms": (settings.captures.key_ms, MINUTE, 60 * MINUTE),
        "passwords.memory_kib": (costs.memory_kib, 7_168, _SOME),
        "passwords.passes": (costs.passes, 1, _SOME),
        "passwords.lanes": (costs.lanes, 1, 64),
        "pool.threads": (settings.pool.threads, 0, 1_024),
        "pool.waiting": (settings.pool.waiting, 0, _SOME),
        "pool.retry_after": (settings.pool.retry_after, 1, 3_600),
        "codes.digits": (settings.codes.digits, 6, 6),
        "face_vector.threshold": (settings.face_vector.threshold, 400, 999),
        "devices.open_questions": (settings.devices.open_questions, 2, 3),
        "devices.refusals": (settings.devices.refusals, 1, 100),
        "devices.refused_block_ms": (settings.devices.refused_block_ms, SECOND, DAY),
        "devices.link_ms": (settings.devices.link_ms, SECOND, 5 * MINUTE),
        "devices.proof_ms": (settings.devices.proof_ms, SECOND, 5 * MINUTE),
        "devices.login_gap_ms": (settings.devices.login_gap_ms, 0, 60 * MINUTE),
        "database.connections": (settings.database.connections, 1, 1_000),
        "server.port": (settings.server.port, 0, 65_535),
        "server.frames_port": (settings.server.frames_port, 0, 65_535),
        "admin.port": (settings.admin.port, 0, 65_535),
        "admin.worker_port": (settings.admin.worker_port, 0, 65_535),
        "telemetry.percent": (settings.telemetry.percent, 0, 100),
        "sms.timeout_seconds": (settings.sms.timeout_seconds, 1, 25),
        "whatsapp.timeout_seconds": (settings.whatsapp.timeout_seconds, 1, 25),
        "voice.timeout_seconds": (settings.voice.timeout_seconds, 1, 25),
        "twilio.timeout_seconds": (settings.twilio.timeout_seconds, 1, 25),
        "web_push.timeout_seconds": (settings.web_push.timeout_seconds, 1, 25),
        "fcm.timeout_seconds": (settings.fcm.timeout_seconds, 1, 25),
        "apns.timeout_seconds": (settings.apns.timeout_seconds, 1, 25),
        "webhooks.timeout_seconds": (settings.webhooks.timeout_seconds, 1, 25),
    }


def _validate_addresses(settings: Settings) -> None:
    server = settings.server
    if not settings.database.url.reveal().startswith(("sqlite:///", "postgresql://")):
        raise SettingsError("database.url begins with sqlite:/// or postgresql://")
    if server.port and server.port == server.frames_port:
        raise SettingsError("server.port and server.frames_port must differ: two origins")
    others = {"server.port": server.port, "server.frames_port": server.frames_port}
    if server.environment == "sandbox":  # which takes another port where one is taken
        others = {}
    if told := wrong_with_admin(settings.admin, others) or wrong_with_telemetry(settings.telemetry):
        raise SettingsError(told)
    if not _origin(server.base_url or "http://localhost"):
        raise SettingsError("server.base_url is an address that begins with https:// or http://")
    if server.frames_url and not is_origin(server.frames_url):
        raise SettingsError(
            "server.frames_url is an origin, as in https://frames.example.com: a scheme, a host in "
            "lower case, a port if it is not the usual one, and no path"
        )
    own = _origin(server.base_url or f"http://localhost:{server.port}")
    if told := wrong_with_party(settings.devices, own):
        raise SettingsError(told)
    if server.environment == "production":
        _validate_origins(server)
        if settings.faces.matcher == "bytes":
            raise SettingsError("faces.matcher=bytes knows no faces: it is for sandboxes only")


def _validate_gateways(settings: Settings) -> None:
    """What is sent, where to, and that nothing is sent two ways."""
    wrong = [wrong_with_gateway(room, channel) for channel, room in settings.http_gateways.items()]
    wrong += [wrong_with_twilio(settings.twilio), wrong_with_mail(settings.mail)]
    wrong += [wrong_with_web_push(settings.web_push), wrong_with_fcm(settings.fcm)]
    wrong += [wrong_with_apns(settings.apns), wrong_with_webhooks(settings.webhooks)]
    for channel, room in settings.http_gateways.items():
        sender = settings.twilio.senders.get(channel)
        if room.url and sender:
            wrong.append(f"{channel} has two gateways: unset {channel}.url or twilio.{sender}")
    if told := next(filter(None, wrong), ""):
        raise SettingsError(told)


def carriers(settings: Settings) -> dict[Channel, str]:
    """The setting that gives each channel its gateway, for those that have one."""
    rooms, senders = settings.http_gateways, settings.twilio.senders
    http = {channel: f"{channel}.url" for channel, room in rooms.items() if room.url}
    mail = {Channel.EMAIL: "mail.host"} if settings.mail.host else {}
    authy = {Channel.AUTHY: "twilio.verify_service"} if settings.twilio.verify_service else {}
    pushes = {
        Channel.WEB_PUSH: "web_push.enabled" if settings.web_push.enabled else "",
        Channel.FCM: "fcm.account_file" if settings.fcm.account_file else "",
        Channel.APNS: "apns.key_file" if settings.apns.key_file else "",
    }
    twilio = {channel: f"twilio.{name}" for channel, name in senders.items()}
    set_up = {channel: name for channel, name in pushes.items() if name}
    return http | twilio | mail | authy | set_up


def _validate_origins(server: ServerSettings) -> None:
    """What browsers keep apart, they keep apart by origin; and frames encrypt only where the page
    came over TLS."""
    api = _origin(server.base_url or f"http://localhost:{server.port}")
    frames = server.frames_url or f"http://localhost:{server.frames_port}"
    for name, origin in (("base_url", api), ("frames_url", frames)):
        if origin.startswith("http://") and not is_loopback(origin):
            raise SettingsError(f"server.{name} must be https:// in production")
    by_default = not server.base_url and not server.frames_url  # two ports of this machine
    if not by_default and (frames == api or _one_host(frames, api)):
        raise SettingsError(
            "server.frames_url and server.base_url are one origin, or one host, whose ports share "
            "cookies and a process: whatever runs on a page there could get at what people type. "
            "Give the frames a host of their own"
        )


def _one_host(frames: str, api: str) -> bool:
    """But for this machine's own pages, which have no other hosts to choose from."""
    hosts = {urlsplit(origin).hostname for origin in (frames, api)}
    return len(hosts) == 1 and not is_loopback(frames)


def _origin(url: str) -> str:
    """As browsers write it; empty for what is no address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("https", "http") or not host:
        return ""
    usual = {"https": 443, "http": 80}[parts.scheme]
    with suppress(idna.IDNAError):  # what is no name by IDNA stays as it is
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    return f"{parts.scheme}://{host}" + ("" if port in (None, usual) else f":{port}")
