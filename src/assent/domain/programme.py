"""The tenant: one firm's product, its settings and its keys."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

PASSWORD: Final = "password"
PASSCODE: Final = "passcode"
PASSCODE_FORM: Final = re.compile("[0-9]{4,6}")
"""Whatever length new ones have: older ones may differ."""
"""The kinds of secret that a programme chooses from."""
PIN: Final = "pin"
PIN_FORM: Final = re.compile("[0-9]{4}")
"""ASCII's digits, as on every keypad; not whatever Unicode calls a digit."""


class CodeMode(StrEnum):
    """Where one-time codes come from. FIXED exists in a sandbox only."""

    RANDOM = "random"
    FIXED = "fixed"


class KeyRole(StrEnum):
    """What a programme's key opens."""

    API = "api"
    UI = "ui"
    SIMULATOR = "simulator"
    SANDBOX = "sandbox"
    CLIENT = "client"
    """Its text is `client id:secret`, as HTTP Basic sends the two (RFC 7617)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeSettings:
    """What a firm chooses for its programme. Unlisted is refused."""

    codes: CodeMode = CodeMode.RANDOM
    origins: tuple[str, ...] = ()
    """Web origins that may embed the frames; none: the sandbox takes any loopback origin."""
    channels: tuple[str, ...] = ("SMS",)
    """Channels that are switched on, in the dialect's words."""
    countries: tuple[str, ...] = ()
    """ISO 3166 regions whose numbers get messages; none named: all of them."""
    webhook_url: str = ""
    verify_email_url: str = ""
    """The firm's own page for a code that verifies an e-mail address; `{code}`, `{email}` and
    `{user_id}` are filled in (domain/link.py). Empty: the mail holds the code alone."""
    reset_url: str = ""
    """The same for a lost password."""
    invite_url: str = ""
    """The same for an invitation."""
    tells_unknown_emails: bool = False
    """Answers ACCOUNT_NOT_FOUND where the address of a lost password is nobody's, as the Multi API
    documents: whoever asks then learns who has an account (ASVS 6.3.8). Off: it is answered like
    any other."""
    plaintext_passwords: bool = False
    """Takes passwords as plain text besides captured tokens. Off unless the firm's own servers
    are fit to see them (RTS Article 22); each change is audited."""
    credentials: tuple[str, ...] = (PASSWORD,)
    """The kinds of secret that people log in with: passwords, passcodes, or both."""
    password_profile: str = "modern"
    """What a new password must be like, and how many former secrets may not come again."""
    password_days: int = 0
    """Days until a secret must be renewed; 0: never, as NIST SP 800-63B-4 advises."""
    passcode_digits: int = 4
    """What a new passcode must have, 4 to 6. Who has one of another length keeps it until they
    change it."""
    fingerprint_is_possession: bool = False
    """Counts a static device fingerprint as possession, which the EBA does not (EBA-Op-2018-04,
    paragraph 35); otherwise it is not offered."""
    number_matching: bool = False
    """Devices show no number, and want the one that the other screen shows (NIST SP 800-63B-4
    3.1.3.3): against approvals out of habit. The Multi API's own clients know nothing of it."""
    attested_devices: bool = False
    """Takes only devices whose maker vouches for the key, by an attestation statement that leads
    to a root in `devices.attestation_roots`."""
    synced_passkeys: bool = False
    """Takes keys that a person's account with a maker copies to their other devices. RTS Article
    7(2) wants what somebody has not to be copied: off unless the firm weighed it."""
    faithful_errors: bool = False
    """Answers what cannot be decrypted with the bare 500 that the SCA API documents."""
    multi_identity: bool = False
    """One e-mail may be the root of several identities; log-in then hands out AUTH tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A tenant. Nothing in one programme can be seen from another."""

    id: int
    name: str
    consumers_profile: int
    corporates_profile: int
    settings: ProgrammeSettings = field(default_factory=ProgrammeSettings)
    created_at: int


@dataclass(frozen=True, slots=True)
class Client:
    """A programme's client (RFC 6749 2), as one of its keys names it."""

    id: str
    key_id: int
    programme: Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeKey:
    """A key of a programme; the store keeps its keyed hash and its ciphertext, never the text."""

    id: int
    programme_id: int
    role: KeyRole
    text: str = field(repr=False)
    created_at: int
    retired_at: int | None = None
