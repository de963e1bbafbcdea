"""The rows that a new session consists of."""

from assent.domain.approval import SESSION_ACTION, Approval, ApprovalState
from assent.domain.element import Element
from assent.domain.session import Scope, Session, second
from assent.ports.changes import Add, Change
from assent.usecases.world import World


def begin_session(
    world: World,
    programme_id: int,
    subject_id: int,
    identity_id: int,
    elements: frozenset[Element],
    scope: Scope = Scope.FULL,
    stepped_up: bool = False,
    *,
    epoch: int,
    expires_at: int | None = None,
    claim: bytes | None = None,
) -> tuple[Session, tuple[Change, ...]]:
    """A session and its approval; `stepped_up` where it replaces a session that was.

    `epoch` is the person's as it was read before anything was proved: should all their sessions
    be ended meanwhile, this one is among them. `expires_at` where it goes on for another session,
    whose absolute limit it must not outlive. `claim` where there may be one of its like at a time.

    The approval's action is the session itself, so that no other session can be granted by it.
    """
    now = world.clock.now()
    session_id = world.ids.next()
    approval = Approval(
        id=world.ids.next(),
        programme_id=programme_id,
        subject_id=subject_id,
        action=SESSION_ACTION,
        fingerprint=str(session_id),
        state=ApprovalState.GRANTED if stepped_up else ApprovalState.OPEN,
        proven=elements,
        claim=claim,
        expires_at=expires_at if claim else None,
        created_at=now,
        granted_at=now if stepped_up else None,
    )
    session = Session(
        id=session_id,
        programme_id=programme_id,
        subject_id=subject_id,
        identity_id=identity_id,
        scope=scope,
        elements=elements,
        approval_id=approval.id,
        stepped_up_at=approval.granted_at,
        created_at=now,
        last_seen=second(now),
        expires_at=expires_at or now + world.session_limits.absolute_ms,
        epoch=epoch,
    )
    return session, (Add(approval), Add(session))
