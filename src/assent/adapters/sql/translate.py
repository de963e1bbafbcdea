"""From a change, as the use cases say it, to a statement with its parameters."""

from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from assent.adapters.sql import (
    approvals,
    audit,
    challenges,
    erasing,
    events,
    factors,
    grants,
    jose,
    mailed,
    outbox,
    payments,
    people,
    programmes,
    records,
    sessions,
)
from assent.adapters.sql.statement import Params, Statement, Step
from assent.domain.approval import Approval, ApprovalState
from assent.domain.challenge import Challenge, ChallengeState
from assent.domain.element import to_text
from assent.domain.factor import Factor
from assent.domain.facts import Fact
from assent.domain.grant import Grant
from assent.domain.mailed_code import MailedCode
from assent.domain.message import Channel, Message
from assent.domain.payment import Balance, Payment
from assent.domain.programme import Programme, ProgrammeKey
from assent.domain.record import Block
from assent.domain.session import Session
from assent.domain.subject import Identity, Membership, Subject
from assent.ports import admission, asking, changes, erasure, mailing, upkeep, webhooks
from assent.ports.records import (
    Capture,
    CaptureKey,
    ClientKey,
    DataKey,
    Delivery,
    JoseKey,
    SigningKey,
)
from assent.ports.vault import Vault

# For each sort of row: its table, and how its columns come about.
_TABLES: dict[type, tuple[str, Callable[[Vault, Any], Params]]] = {
    Approval: ("approvals", approvals.to_row),
    Block: ("audit_blocks", lambda vault, row: audit.block_row(row)),
    Balance: ("balances", lambda vault, row: payments.balance_row(row)),
    Capture: ("captures", records.capture_row),
    CaptureKey: ("capture_keys", records.capture_key_row),
    Challenge: ("challenges", challenges.to_row),
    ClientKey: ("client_keys", lambda vault, row: jose.client_key_row(row)),
    DataKey: ("data_keys", lambda vault, row: records.data_key_row(row)),
    Delivery: ("deliveries", outbox.delivery_row),
    Fact: ("facts", lambda vault, row: audit.fact_row(row)),
    Factor: ("factors", factors.to_row),
    Grant: ("grants", lambda vault, row: grants.to_row(row)),
    Identity: ("identities", people.identity_row),
    JoseKey: ("jose_keys", jose.jose_key_row),
    MailedCode: ("mailed_codes", lambda vault, row: mailed.to_row(row)),
    Membership: ("memberships", lambda vault, row: people.membership_row(row)),
    Message: ("outbox", outbox.message_row),
    Payment: ("payments", payments.payment_row),
    Programme: ("programmes", lambda vault, row: programmes.programme_row(row)),
    ProgrammeKey: ("programme_keys", programmes.key_row),
    Session: ("sessions", lambda vault, row: sessions.to_row(row)),
    SigningKey: ("signing_keys", records.signing_key_row),
    Subject: ("subjects", people.subject_row),
}


# Other messages come with a row that hangs on the person, or with a change of one.
_ADDRESSEE = "EXISTS (SELECT 1 FROM subjects WHERE id = $subject_id)"


@cache
def _insert(table: str, columns: tuple[str, ...], must: bool) -> Statement:
    values = ", ".join(f"${column}" for column in columns)
    source = f"VALUES ({values})" if must else f"SELECT {values} WHERE {_ADDRESSEE}"
    return Statement(
        f"INSERT INTO {table} ({', '.join(columns)}) {source} "
        f"ON CONFLICT DO NOTHING RETURNING {columns[0]}",
        must=must,
        keys=("id",) if table == "facts" else (),
    )


def _added(vault: Vault, row: Any, must: bool) -> Step:
    if isinstance(row, Message) and row.content.channel is Channel.WEBHOOK:
        return events.ADD, events.event_row(vault, row)
    table, columns = _TABLES[type(row)]
    params = columns(vault, row)
    return _insert(table, tuple(params), must), params


def _answer_kept(vault: Vault, change: upkeep.KeepAnswer) -> Params:
    sealed = vault.seal(change.answer, f"idempotency:{change.key.hex()}")
    return {"key": change.key, "holder": change.holder, "sealed": sealed}


def _without(row: Params, *names: str) -> Params:
    return {name: value for name, value in row.items() if name not in names}


def step(vault: Vault, change: changes.Change) -> Step:
    """The one place that knows every change."""
    match change:
        case changes.Add(row):
            return _added(vault, row, must=True)
        case changes.AddOnce(row):
            return _added(vault, row, must=False)
        case changes.SpendTry(challenge_id, limit, now):
            return challenges.SPEND_TRY, {"id": challenge_id, "most": limit, "now": now}
        case changes.SpendAttempt():
            counted = {
                "programme_id": change.programme_id,
                "holder": change.holder,
                "proof": change.proof,
                "most": change.limit,
                "permanent_after": change.permanent_after,
                "block_ms": change.block_ms,
                "for_ever": change.for_ever,
                "now": change.now,
            }
            if change.before is None:
                return challenges.SPEND_ATTEMPT, counted
            had = {f"had_{name}": value for name, value in asdict(change.before).items()}
            return challenges.SPEND_ATTEMPT_FROM, counted | had
        case mailing.SpendMailedTry(code_id, limit, now):
            return mailed.SPEND_TRY, {"id": code_id, "most": limit, "now": now}
        case mailing.DecideMailedCode(code_id, state, now):
            return mailed.DECIDE, {"id": code_id, "state": state, "now": now}
        case mailing.WithdrawMailedCodes(subject_id, purpose, now):
            return mailed.WITHDRAW, {"subject_id": subject_id, "purpose": purpose, "now": now}
        case mailing.GiveBackMailedTry(code_id):
            return mailed.GIVE_BACK, {"id": code_id}
        case mailing.SpendGap(key, before, now, until):
            return mailed.SPEND_GAP, {"key": key, "before": before, "now": now, "until": until}
        case mailing.SpendBudget(key, period, limit, until):
            return mailed.SPEND_BUDGET, {
                "key": key,
                "period": period,
                "most": limit,
                "until": until,
            }
        case upkeep.ChainFacts(block, last, count):
            return audit.CHAIN, {"block": block, "at": last.at, "id": last.id, "count": count}
        case changes.ClearAttempts(programme_id, holder, proof):
            return challenges.CLEAR_ATTEMPTS, {
                "programme_id": programme_id,
                "holder": holder,
                "proof": proof,
            }
        case changes.SpendSend(approval_id, purpose, limit, before, now):
            return challenges.SPEND_SEND, {
                "approval_id": approval_id,
                "purpose": purpose,
                "most": limit,
                "before": before,
                "now": now,
            }
        case asking.DecideChallenge(challenge_id, state, now):
            statement = challenges.PASS if state is ChallengeState.PASSED else challenges.DECIDE
            return statement, {"id": challenge_id, "state": state, "now": now}
        case asking.WithdrawChallenges(approval_id, purpose, now):
            return challenges.WITHDRAW, {
                "approval_id": approval_id,
                "purpose": purpose,
                "now": now,
            }
        case asking.DecideOnDevice(challenge_id, factor_id, state, now):
            return challenges.DECIDE_ON_DEVICE, {
                "id": challenge_id,
                "factor_id": factor_id,
                "state": state,
                "now": now,
            }
        case asking.WithdrawKindChallenges(subject_id, kind, now, but):
            return challenges.WITHDRAW_OF_KIND, {
                "subject_id": subject_id,
                "kind": kind,
                "now": now,
                "but": but,
            }
        case asking.LockApproval(approval_id, _):
            return approvals.LOCK, {"id": approval_id}
        case asking.WithdrawGranted(subject_id, action, now):
            return approvals.WITHDRAW_GRANTED, {
                "subject_id": subject_id,
                "action": action,
                "now": now,
            }
        case asking.WithdrawFactorChallenges(factor_id, now):
            return challenges.WITHDRAW_OF_FACTOR, {"factor_id": factor_id, "now": now}
        case changes.GrantApproval(approval_id, proven, now):
            return approvals.GRANT, {"id": approval_id, "proven": to_text(proven), "now": now}
        case changes.ProveApproval():
            granted = change.state is ApprovalState.GRANTED
            return approvals.PROVE, {
                "id": change.approval_id,
                "factor_id": change.factor_id,
                "before": to_text(change.before),
                "proven": to_text(change.proven),
                "state": change.state,
                "granted_at": change.now if granted else None,
                "now": change.now,
            }
        case changes.SpendApproval(approval_id, now):
            return approvals.SPEND, {"id": approval_id, "now": now}
        case changes.ExpireApproval(approval_id, now):
            return approvals.EXPIRE, {"id": approval_id, "now": now}
        case changes.WithdrawApprovals(subject_id, now, since):
            return approvals.WITHDRAW_ALL, {"subject_id": subject_id, "now": now, "since": since}
        case changes.ChangeGrant(grant):
            return grants.CHANGE, _without(
                grants.to_row(grant), "programme_id", "client", "subject_id", "created_at"
            )
        case changes.DecidePayment(payment_id, state, now):
            return payments.DECIDE, {"id": payment_id, "state": state, "now": now}
        case changes.Debit(balance_id, amount):
            return payments.DEBIT, {"id": balance_id, "amount": amount}
        case changes.StepUpSession(session_id, now):
            return sessions.STEP_UP, {"id": session_id, "now": now}
        case changes.RestOnSession(session_id):
            return sessions.REST_ON, {"id": session_id}
        case changes.EndSession(session_id, why, now):
            return sessions.END, {"id": session_id, "why": why, "now": now}
        case changes.EndSessions(subject_id, why, now, keep):
            return sessions.END_ALL, {
                "subject_id": subject_id,
                "why": why,
                "now": now,
                "keep": keep,
            }
        case admission.EndSessionsFor(subject_id, identity_id, why, now):
            return sessions.END_OF_IDENTITY, {
                "subject_id": subject_id,
                "identity_id": identity_id,
                "why": why,
                "now": now,
            }
        case admission.Admit(subject_id, identity_id, active):
            return people.ADMIT, {
                "subject_id": subject_id,
                "identity_id": identity_id,
                "active": int(active),
            }
        case changes.ChangeSubject(subject):
            return people.CHANGE_SUBJECT, _without(people.subject_row(vault, subject), "created_at")
        case changes.RaiseEpoch(subject_id, None):
            return people.RAISE_ANY_EPOCH, {"id": subject_id}
        case changes.RaiseEpoch(subject_id, epoch):
            return people.RAISE_EPOCH, {"id": subject_id, "epoch": epoch}
        case changes.ChangeIdentity(identity):
            return people.CHANGE_IDENTITY, _without(
                people.identity_row(vault, identity),
                "programme_id",
                "type",
                "profile_id",
                "created_at",
            )
        case changes.ChangeFactor(factor):
            return factors.CHANGE, _without(
                factors.to_row(vault, factor), "programme_id", "subject_id", "kind"
            )
        case changes.ChangeProgramme(programme):
            return programmes.CHANGE_PROGRAMME, _without(
                programmes.programme_row(programme),
                "consumers_profile",
                "corporates_profile",
                "created_at",
            )
        case changes.RetireKey(key_id, now):
            return programmes.RETIRE_KEY, {"id": key_id, "now": now}
        case changes.RetireKeys(programme_id, role, now):
            return programmes.RETIRE_KEYS, {"programme_id": programme_id, "role": role, "now": now}
        case erasure.ErasePart(subject_id, part):
            return erasing.PARTS[part], {"subject_id": subject_id}
        case erasure.EraseMessages(subject_id, keep, event):
            return erasing.MESSAGES, {"subject_id": subject_id, "keep": keep, "event": event}
        case erasure.EraseDeliveries(programme_id, address):
            lookup = vault.lookup(address, f"deliveries:{programme_id}")
            return erasing.DELIVERIES, {"programme_id": programme_id, "lookup": lookup}
        case erasure.EraseCounts(programme_id, holder):
            return erasing.COUNTS, {"programme_id": programme_id, "holder": holder}
        case erasure.EraseBudget(key):
            return erasing.BUDGET, {"key": key}
        case erasure.EraseIdentity(identity, subject_id):
            sealed = people.identity_row(vault, identity)["sealed"]
            return erasing.IDENTITY, {
                "id": identity.id,
                "version": identity.version,
                "sealed": sealed,
                "subject_id": subject_id,
            }
        case erasure.ErasePerson(subject_id, version):
            return erasing.PERSON, {"id": subject_id, "version": version}
        case upkeep.SpendCapture(capture_id, now):
            return records.SPEND_CAPTURE, {"id": capture_id, "now": now}
        case upkeep.HoldCall():
            return records.HOLD, {
                "key": change.key,
                "fingerprint": change.fingerprint,
                "holder": change.holder,
                "lease_until": change.lease_until,
                "kept_until": change.kept_until,
                "now": change.now,
            }
        case upkeep.KeepAnswer():
            return records.KEEP, _answer_kept(vault, change)
        case upkeep.ReleaseCall(key, holder):
            return records.RELEASE, {"key": key, "holder": holder}
        case upkeep.ClaimMessage(message_id, lease_until, now):
            return outbox.CLAIM, {"id": message_id, "lease_until": lease_until, "now": now}
        case upkeep.FinishMessage(message_id, state, now, keep):
            finish = outbox.FINISH_AND_KEEP if keep else outbox.FINISH
            return finish, {"id": message_id, "state": state, "now": now}
        case upkeep.SettleMessage(message_id, state, now):
            return outbox.SETTLE, {"id": message_id, "state": state, "now": now}
        case webhooks.RetryEvent(message_id, subject_id, next_at):
            return events.RETRY, {
                "id": message_id,
                "subject_id": subject_id,
                "next_at": next_at,
            }
        case webhooks.ReplayEvent(message_id, now):
            return events.REPLAY, {"id": message_id, "now": now}
        case upkeep.RetryMessage(message_id, next_at):
            return outbox.RETRY, {"id": message_id, "next_at": next_at}
        case upkeep.SetState(name, value):
            return records.SET_STATE, {"name": name, "value": value}
        case upkeep.AddToState(name, amount):
            return records.ADD_TO_STATE, {"name": name, "amount": amount}
        case upkeep.RewrapDataKey(key):
            return records.REWRAP, {"id": key.id, "wrapped": key.wrapped}
        case upkeep.ForgetDataKey(key_id):
            return records.FORGET_DATA_KEY, {"id": key_id}
        case upkeep.RetireJoseKeys(scope, algorithm, version, now):
            return jose.RETIRE, {
                "scope": scope,
                "algorithm": algorithm,
                "version": version,
                "now": now,
            }
        case upkeep.RetireSigningKeys(keep, now):
            return records.RETIRE_SIGNING_KEYS, {"keep": keep, "now": now}
