"""All that is held of a person, for themselves (GDPR Articles 15 and 20): plain names, JSON.

No hash, code, key or template: they are nobody's to read, and whoever had them could use them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from assent.domain.attempts import FOR_EVER, holder_of
from assent.domain.device import DEVICE_KEY, Device, device_of
from assent.domain.factor import Factor
from assent.domain.facts import Fact
from assent.domain.payment import Balance, Payment
from assent.domain.session import Caller
from assent.domain.subject import Acting, Role, Subject
from assent.kernel.refusals import Code, Refusal
from assent.ports.erasure import Line, SessionLine
from assent.usecases.world import World

FORMAT = 1
"""Raised when a name changes its meaning."""

_PLAIN = ("mobile", "client")
"""What of a factor's details is no secret."""
_OURS = ("operator",)
"""Details of the record that are about somebody else (GDPR Article 15(4))."""


async def export_person(
    world: World, caller: Caller, subject: Subject, reason: str
) -> dict[str, Any]:
    """The whole file of one person; that it was exported is recorded with operator and reason.

    Times are in UTC as RFC 3339 spells them, amounts in minor units with their currency.
    """
    about = {"operator": caller.operator, "reason": reason}
    recorded = world.fact(caller, "person_exported", subject.id, about)
    done = await world.stores.commit(recorded)
    if done.failed is not None:
        raise Refusal(Code.CHANGED_MEANWHILE)
    stores = world.stores
    held = await stores.dossier(subject.id)
    attempts = await stores.attempts_of(subject.programme_id, holder_of(subject.id))
    actings = await stores.actings_of(subject.id, inactive=True)
    facts = await stores.facts(subject.programme_id, subject.id)
    return {
        "format": FORMAT,
        "exported_at": _time(world.clock.now()),
        "programme": {"id": caller.programme.id, "name": caller.programme.name},
        "person": _person(subject),
        "identities": [await _identity(world, acting) for acting in actings],
        "factors": [_factor(factor) for factor in held.factors],
        "wrong_answers": [
            {
                "proof": proof,
                "in_a_row": one.failures,
                "blocks": one.blocks,
                "blocked_until": "an operator lifts it"
                if one.blocked_until == FOR_EVER
                else _time(one.blocked_until or None),
            }
            for proof, one in sorted(attempts.items())
        ],
        "sessions": [_session(line) for line in held.sessions],
        "approvals": _lines(held.approvals),
        "challenges": _lines(held.challenges),
        "codes_by_email": _lines(held.mailed_codes),
        "messages": _lines(held.messages),
        "clients": _lines(held.clients),
        "record": [_fact(fact) for fact in facts],
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1_000, UTC).isoformat()


def _person(subject: Subject) -> dict[str, Any]:
    mobile = subject.mobile
    return {
        "id": subject.id,
        "email": subject.email,
        "email_verified": subject.email_verified,
        "mobile": {"country_code": mobile.country_code, "number": mobile.number}
        if mobile
        else None,
        "mobile_verified": subject.mobile_verified,
        "active": subject.active,
        "created_at": _time(subject.created_at),
        "details": subject.details,
    }


async def _identity(world: World, acting: Acting) -> dict[str, Any]:
    """What a user of a corporate acts for is the corporate's: only its root is given more."""
    identity = acting.identity
    told: dict[str, Any] = {
        "id": identity.id,
        "type": identity.type,
        "role": acting.role,
        "active": acting.active,
        "due_diligence": identity.diligence,
        "created_at": _time(identity.created_at),
    }
    if acting.role is Role.ROOT:
        told["details"] = identity.details
        told["balances"] = [_balance(one) for one in await world.stores.balances_of(identity.id)]
        payments = await world.stores.payments_held(identity.id)
        told["payments"] = [_payment(one) for one in payments]
    return told


def _balance(balance: Balance) -> dict[str, Any]:
    return {
        "id": balance.id,
        "currency": balance.currency,
        "amount": balance.amount,
        "created_at": _time(balance.created_at),
    }


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "sort": payment.sort,
        "reference": payment.reference,
        "payee": {"name": payment.payee.name, "account": payment.payee.account},
        "amount": payment.amount,
        "currency": payment.currency,
        "state": payment.state,
        "created_at": _time(payment.created_at),
        "decided_at": _time(payment.decided_at),
    }


def _factor(factor: Factor) -> dict[str, Any]:
    plain = {name: factor.details[name] for name in _PLAIN if name in factor.details}
    if factor.kind == DEVICE_KEY and factor.details:
        plain |= _device(device_of(factor.details))
    return {
        "id": factor.id,
        "kind": factor.kind,
        "state": factor.state,
        "created_at": _time(factor.created_at),
        **plain,
    }


def _device(device: Device) -> dict[str, Any]:
    """Without its keys, and without the address that it is woken at, which lets others do it."""
    return {
        "name": device.name,
        "last_used_at": _time(device.last_used_at or None),
        "push": device.transport or None,
        "attested": bool(device.attested),
    }


def _session(line: SessionLine) -> dict[str, Any]:
    session = line.session
    return {
        "id": session.id,
        "identity": session.identity_id,
        "scope": session.scope,
        "proved": sorted(session.elements),
        "created_at": _time(session.created_at),
        "last_seen": _time(session.last_seen * 1_000),
        "stepped_up_at": _time(session.stepped_up_at),
        "expires_at": _time(session.expires_at),
        "ended_at": _time(line.ended_at),
        "ended_because": line.ended_why or None,
    }


def _lines(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [_line(line) for line in lines]


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    """Every time of a row is called `..._at` or `..._until`."""
    return {
        name: _time(value) if name.endswith(("_at", "_until")) else value
        for name, value in line.items()
    }


def _fact(fact: Fact) -> dict[str, Any]:
    by = "operator" if fact.actor.startswith("operator:") else fact.actor
    return {
        "what": fact.name,
        "at": _time(fact.at),
        "by": by,
        "from_address": fact.address,
        "request": fact.request_ref,
        "details": {name: value for name, value in fact.details.items() if name not in _OURS},
    }
