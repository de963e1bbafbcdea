"""Rows to put into a store: whole and plausible, each value open to change."""

from dataclasses import dataclass
from typing import Any, TypeVar

from assent.adapters.sql.stores import SqlStores
from assent.domain.approval import SESSION_ACTION, Approval
from assent.domain.challenge import Challenge, Purpose
from assent.domain.contact import Mobile
from assent.domain.element import Element
from assent.domain.factor import Factor, FactorState
from assent.domain.facts import Fact
from assent.domain.grant import Grant
from assent.domain.jose import KeyScope
from assent.domain.message import Channel, Message, Outgoing
from assent.domain.payment import Balance, Payee, Payment, Sort
from assent.domain.programme import KeyRole, Programme, ProgrammeKey
from assent.domain.session import Session, second
from assent.domain.subject import Identity, IdentityType, Membership, Role, Subject
from assent.kernel.clock import HOUR, MINUTE
from assent.ports.changes import Add, Change, Committed, SpendAttempt
from assent.ports.records import Capture, CaptureKey, ClientKey, Delivery, JoseKey, SigningKey
from assent.testing.frozen import CountingIds, FrozenClock

KIND = "sms_otp"
UNICODE = "Zoë Ångström 𝄞 日本 \u0000 '\"$id"
FOR_EVER = 2**53 - 1

Found = TypeVar("Found")


class Maker:
    """Makes rows with ids and times of the test's own."""

    def __init__(self, ids: CountingIds, clock: FrozenClock) -> None:
        self.ids = ids
        self.clock = clock

    def programme(self, **values: Any) -> Programme:
        return Programme(
            **{
                "id": self.ids.next(),
                "name": "Demo Bank",
                "consumers_profile": self.ids.next(),
                "corporates_profile": self.ids.next(),
                "created_at": self.clock.now(),
                **values,
            }
        )

    def key(self, programme_id: int, **values: Any) -> ProgrammeKey:
        number = self.ids.next()
        return ProgrammeKey(
            **{
                "id": number,
                "programme_id": programme_id,
                "role": KeyRole.API,
                "text": f"key-{number}",
                "created_at": self.clock.now(),
                **values,
            }
        )

    def subject(self, programme_id: int, **values: Any) -> Subject:
        number = self.ids.next()
        return Subject(
            **{
                "id": number,
                "programme_id": programme_id,
                "email": f"ada.{number}@example.com",
                "mobile": Mobile("+356", "79797979"),
                "details": {"name": "Ada", "surname": UNICODE, "tag": None},
                "created_at": self.clock.now(),
                **values,
            }
        )

    def identity(self, programme_id: int, **values: Any) -> Identity:
        return Identity(
            **{
                "id": self.ids.next(),
                "programme_id": programme_id,
                "type": IdentityType.CONSUMER,
                "profile_id": self.ids.next(),
                "details": {"name": UNICODE},
                "created_at": self.clock.now(),
                **values,
            }
        )

    def factor(self, subject: Subject, **values: Any) -> Factor:
        return Factor(
            **{
                "id": self.ids.next(),
                "programme_id": subject.programme_id,
                "subject_id": subject.id,
                "kind": KIND,
                "state": FactorState.ACTIVE,
                "details": {"mobile": "+35679797979", "note": UNICODE, "none": None},
                "created_at": self.clock.now(),
                **values,
            }
        )

    def approval(self, subject: Subject, **values: Any) -> Approval:
        return Approval(
            **{
                "id": self.ids.next(),
                "programme_id": subject.programme_id,
                "subject_id": subject.id,
                "action": SESSION_ACTION,
                "fingerprint": "f" * 64,
                "created_at": self.clock.now(),
                **values,
            }
        )

    def asked(self, subject: Subject, **values: Any) -> Approval:
        """An approval that a client asked for, with a token."""
        number = self.ids.next()
        usual = {
            "id": number,
            "action": "TRANSFER__FUND",
            "client": "client-1",
            "lookup": f"token-{number}".encode(),
            "claim": f"question-{number}".encode(),
            "text": f"pay {UNICODE}",
            "parameters": {"amount": "10.00", "payee": UNICODE},
            "expires_at": self.clock.now() + HOUR,
        }
        return self.approval(subject, **{**usual, **values})

    def grant(self, subject: Subject, **values: Any) -> Grant:
        return Grant(
            **{
                "id": self.ids.next(),
                "programme_id": subject.programme_id,
                "client": "client-1",
                "subject_id": subject.id,
                "created_at": self.clock.now(),
                **values,
            }
        )

    def session(self, subject: Subject, **values: Any) -> Session:
        return Session(
            **{
                "id": self.ids.next(),
                "programme_id": subject.programme_id,
                "subject_id": subject.id,
                "identity_id": self.ids.next(),
                "elements": frozenset({Element.KNOWLEDGE}),
                "approval_id": self.ids.next(),
                "created_at": self.clock.now(),
                "last_seen": second(self.clock.now()),
                "expires_at": self.clock.now() + 12 * HOUR,
                **values,
            }
        )

    def challenge(self, session: Session, factor: Factor, **values: Any) -> Challenge:
        return Challenge(
            **{
                "id": self.ids.next(),
                "programme_id": session.programme_id,
                "subject_id": session.subject_id,
                "session_id": session.id,
                "approval_id": session.approval_id,
                "factor_id": factor.id,
                "kind": factor.kind,
                "holder": f"subject:{session.subject_id}",
                "proof": "otp",
                "purpose": Purpose.STEP_UP,
                "expected": bytes(range(32)),
                "created_at": self.clock.now(),
                "expires_at": self.clock.now() + 5 * MINUTE,
                **values,
            }
        )

    def balance(self, identity: Identity, **values: Any) -> Balance:
        return Balance(
            **{
                "id": self.ids.next(),
                "programme_id": identity.programme_id,
                "identity_id": identity.id,
                "currency": "EUR",
                "opened_with": 100_000,
                "amount": 100_000,
                "created_at": self.clock.now(),
                **values,
            }
        )

    def payment(self, identity: Identity, **values: Any) -> Payment:
        number = self.ids.next()
        return Payment(
            **{
                "id": number,
                "programme_id": identity.programme_id,
                "identity_id": identity.id,
                "sort": Sort.TRANSFER,
                "reference": f"TRANSFER-{number}",
                "payee": Payee(f"Ada {UNICODE}", "GB33BUKB20201555555555"),
                "amount": 1_000,
                "currency": "EUR",
                "created_at": self.clock.now(),
                **values,
            }
        )

    def outgoing(self, **values: Any) -> Outgoing:
        return Outgoing(
            **{
                "channel": Channel.SMS,
                "address": "+35679797979",
                "body": f"Your code: 123456 {UNICODE}",
                "code": "123456",
                **values,
            }
        )

    def message(self, subject: Subject, **values: Any) -> Message:
        number = self.ids.next()
        return Message(
            **{
                "id": number,
                "programme_id": subject.programme_id,
                "subject_id": subject.id,
                "content": self.outgoing(),
                "created_at": self.clock.now(),
                "not_after": self.clock.now() + 5 * MINUTE,
                "dedupe": str(number),
                **values,
            }
        )

    def delivery(self, programme_id: int, **values: Any) -> Delivery:
        return Delivery(
            **{
                "id": self.ids.next(),
                "programme_id": programme_id,
                "content": self.outgoing(),
                "sent_at": self.clock.now(),
                **values,
            }
        )

    def capture(self, programme_id: int, **values: Any) -> Capture:
        number = self.ids.next()
        return Capture(
            **{
                "id": number,
                "programme_id": programme_id,
                "kind": "password",
                "token": f"token-{number}",
                "value": f"correct horse {UNICODE}",
                "envelope": f"envelope-{number}".encode(),
                "created_at": self.clock.now(),
                "expires_at": self.clock.now() + MINUTE,
                **values,
            }
        )

    def fact(self, programme_id: int, **values: Any) -> Fact:
        return Fact(
            **{
                "id": self.ids.next(),
                "programme_id": programme_id,
                "subject_id": None,
                "name": "something_happened",
                "at": self.clock.now(),
                **values,
            }
        )

    def capture_key(self, **values: Any) -> CaptureKey:
        return CaptureKey(
            **{
                "kid": f"capture-key-{self.ids.next()}",
                "private": b"private",
                "created_at": self.clock.now(),
                "expires_at": self.clock.now() + MINUTE,
                **values,
            }
        )

    def jose_key(self, **values: Any) -> JoseKey:
        return JoseKey(
            **{
                "kid": f"00000000-0000-4000-8000-{self.ids.next():012}",
                "version": 1,
                "scope": KeyScope.PAYLOAD_ENCRYPTION,
                "algorithm": "RSA-OAEP-256",
                "private": bytes(range(256)),
                "created_at": self.clock.now(),
                **values,
            }
        )

    def client_key(self, programme_id: int, client: str, **values: Any) -> ClientKey:
        return ClientKey(
            **{
                "kid": f"00000000-0000-4000-8000-{self.ids.next():012}",
                "programme_id": programme_id,
                "client": client,
                "scope": KeyScope.PAYLOAD_SIGNING,
                "algorithm": "ES512",
                "material": bytes(range(256)),
                "valid_from": self.clock.now(),
                "valid_till": self.clock.now() + HOUR,
                "created_at": self.clock.now(),
                **values,
            }
        )

    def signing_key(self, **values: Any) -> SigningKey:
        return SigningKey(
            **{
                "kid": f"kid-{self.ids.next()}",
                "algorithm": "ES256",
                "private": bytes(range(256)),
                "created_at": self.clock.now(),
                **values,
            }
        )


@dataclass(frozen=True)
class Scene:
    """A person with everything that a list of changes may be about, already in the store."""

    make: Maker
    stores: SqlStores
    programme: Programme
    subject: Subject
    identity: Identity
    factor: Factor
    session: Session
    challenge: Challenge

    @property
    def now(self) -> int:
        return self.make.clock.now()

    def attempt(self, **values: Any) -> SpendAttempt:
        return SpendAttempt(
            **{
                "programme_id": self.programme.id,
                "holder": self.challenge.holder,
                "proof": self.challenge.proof,
                "limit": 5,
                "permanent_after": 3,
                "block_ms": 30 * MINUTE,
                "for_ever": FOR_EVER,
                "now": self.now,
                **values,
            }
        )

    async def add(self, *rows: Any) -> None:
        await applied(self.stores, *(Add(row) for row in rows))


def there(found: Found | None) -> Found:
    """What a read found."""
    assert found is not None
    return found


async def applied(stores: SqlStores, *changes: Change) -> Committed:
    """Commits what must not fail."""
    done = await stores.commit(*changes)
    assert done.failed is None, done.failed
    return done


async def scene(stores: SqlStores, make: Maker) -> Scene:
    """In one list, as a use case would."""
    programme = make.programme()
    subject = make.subject(programme.id)
    identity = make.identity(programme.id)
    factor = make.factor(subject)
    approval = make.approval(subject)
    session = make.session(subject, identity_id=identity.id, approval_id=approval.id)
    challenge = make.challenge(session, factor)
    membership = Membership(subject_id=subject.id, identity_id=identity.id, role=Role.ROOT)
    rows = (programme, subject, identity, membership, factor, approval, session, challenge)
    await applied(stores, *(Add(row) for row in rows))
    return Scene(make, stores, programme, subject, identity, factor, session, challenge)
