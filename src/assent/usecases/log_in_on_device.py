"""Log-in without a password: a question to the person's devices, and a token for a session."""

from dataclasses import replace

from assent.domain.approval import LOG_IN_ACTION, Approval, ApprovalState
from assent.domain.challenge import Purpose
from assent.domain.deed import Deed
from assent.domain.session import Caller, Scope
from assent.domain.subject import IdentityType
from assent.kernel import token
from assent.kernel.refusals import Code, Refusal
from assent.ports.changes import Add, SpendApproval
from assent.ports.mailing import SpendGap
from assent.usecases.ask_devices import AskedDevices, Matter, ask_devices, signing_kind
from assent.usecases.begin_session import begin_session
from assent.usecases.login_token import LOGIN_TOKEN, login_lookup, login_token
from assent.usecases.open_session import Opened
from assent.usecases.world import World

_CLIENT = "device"


async def start_log_in(
    world: World,
    caller: Caller,
    email: str,
    identity: tuple[IdentityType, int] | None,
    kind_name: str,
    action: Deed,
) -> AskedDevices:
    """Asks the devices of whoever has this address.

    Refuses FACTOR_NOT_ENROLLED (also for an address that is nobody's, an inactive person, and an
    identity that is not theirs), RESEND_TOO_SOON, and what `ask_devices` does.
    """
    signing_kind(world, kind_name)
    subject = await world.stores.subject_by_email(caller.programme.id, email)
    if subject is None or not subject.active:
        raise Refusal(Code.FACTOR_NOT_ENROLLED)
    chosen = {}
    if identity is not None:
        acting = await world.stores.acting(subject.id, identity[1])
        if acting is None or acting.identity.type is not identity[0]:
            raise Refusal(Code.FACTOR_NOT_ENROLLED)
        chosen = {"identity": str(identity[1])}
    now, limits = world.clock.now(), world.device_limits
    approval_id = world.ids.next()
    expires_at = now + 2 * world.attempt_limits.code_life_ms  # to be answered, and to be used
    approval = Approval(
        id=approval_id,
        programme_id=caller.programme.id,
        subject_id=subject.id,
        action=LOG_IN_ACTION,
        fingerprint=str(approval_id),
        client=_CLIENT,
        lookup=login_lookup(world, login_token(world, approval_id)),
        parameters={**chosen, "epoch": str(subject.epoch)},
        created_at=now,
        expires_at=expires_at,
    )
    key = log_in_gap(world, subject.id)
    gap = SpendGap(key, now - limits.login_gap_ms, now, now + limits.login_gap_ms)
    matter = Matter(
        purpose=Purpose.LOG_IN,
        approval_id=approval_id,
        action=LOG_IN_ACTION,
        fingerprint=approval.fingerprint,
        deed=action,
    )
    return await ask_devices(world, caller, kind_name, subject, matter, before=(gap, Add(approval)))


async def redeem_log_in(
    world: World, caller: Caller, text: str, identity_type: IdentityType, identity_id: int
) -> Opened:
    """A stepped-up session for a token that an approved log-in yielded, once.

    Refuses CREDENTIALS_WRONG for whatever is wrong with the token or the identity, and where
    another person's session sends it.
    """
    approval = None
    if token.is_one(LOGIN_TOKEN, text):
        approval = await world.stores.approval(login_lookup(world, text))
    if (
        approval is None
        or approval.programme_id != caller.programme.id
        or approval.action != LOG_IN_ACTION
        or (caller.session is not None and caller.session.subject_id != approval.subject_id)
        or approval.state is not ApprovalState.GRANTED
        or not approval.left(world.clock.now())
    ):
        raise Refusal(Code.CREDENTIALS_WRONG)
    subject = await world.stores.subject(caller.programme.id, approval.subject_id)
    acting = await world.stores.acting(approval.subject_id, identity_id)
    wanted = approval.parameters.get("identity", str(identity_id))
    if (
        subject is None
        or not subject.active
        or subject.epoch != int(approval.parameters["epoch"])  # all that was begun has ended
        or acting is None
        or acting.identity.type is not identity_type
        or wanted != str(identity_id)
    ):
        raise Refusal(Code.CREDENTIALS_WRONG)
    session, begun = begin_session(
        world,
        caller.programme.id,
        subject.id,
        identity_id,
        approval.proven,
        scope=Scope.FULL,
        stepped_up=True,
        epoch=int(approval.parameters["epoch"]),
    )
    done = await world.commit(
        SpendApproval(approval.id, world.clock.now()),
        *begun,
        world.fact(replace(caller, session=session), "logged_in_on_device", subject.id),
    )
    if done.failed is not None:
        raise Refusal(Code.CREDENTIALS_WRONG)
    return Opened(session, acting)


def log_in_gap(world: World, subject_id: int) -> bytes:
    """Under which key it is kept when somebody last asked to come in: `ports.mailing.SpendGap`."""
    return b"g" + world.vault.lookup(str(subject_id), "log-in gap")
