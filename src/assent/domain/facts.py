"""What happened, for the record (RTS Article 29: traceable). Names, not sentences; no secrets."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of the record: who, what, when, from where, in which request."""

    id: int
    programme_id: int
    subject_id: int | None
    name: str
    at: int
    actor: str = ""
    """`subject:ID`, `client:ID`, `operator:NAME`, `programme` (its own server), `back-office`, or
    `house` (this server itself)."""
    address: str = ""
    request_ref: str = ""
    details: dict[str, str] = field(default_factory=dict)
