"""From what a client sends in place of a secret to the secret itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from assent.domain.programme import PASSCODE, PASSCODE_FORM, PASSWORD, Programme, ProgrammeSettings
from assent.kernel import token
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add
from assent.ports.records import Capture
from assent.ports.upkeep import SpendCapture
from assent.usecases.world import World

PREFIX = "cap"


async def capture(
    world: World, programme: Programme, kind: str, value: Secret, envelope: bytes
) -> str:
    """Puts a value away under a new single-use token, good for one kind of secret.

    `envelope` names what it arrived in. Refuses CAPTURE_SPENT where it arrived before.
    """
    now = world.clock.now()
    text = token.make(PREFIX, world.randomness.octets(token.OCTETS))
    row = Capture(
        id=world.ids.next(),
        programme_id=programme.id,
        kind=kind,
        token=text,
        value=value.reveal(),
        envelope=envelope,
        created_at=now,
        expires_at=now + world.capture_limits.life_ms,
    )
    done = await world.stores.commit(Add(row))
    if done.failed is not None:
        raise Refusal(Code.CAPTURE_SPENT, "the envelope came before")
    return text


@dataclass(frozen=True, slots=True)
class Captured:
    """A secret, and of which kind it is."""

    kind: str
    secret: Secret = field(repr=False)


Read = Callable[[bool], Awaitable[Captured]]
"""Fetches the secret; told True, uses its token up."""


async def read_capture(
    world: World, programme: Programme, value: str, spend: bool, former: bool = False
) -> Captured:
    """The secret behind a token, or the plain text itself where the programme takes it.

    `spend` uses the token up; a mere check of the policy does not, because published clients
    validate a token and then use it. `former` also takes a kind that the programme has given up:
    whoever still has such a secret must be able to change it for another. Refuses
    CAPTURE_UNKNOWN, CAPTURE_SPENT, SECRET_KIND_CLOSED; the last depends on programme and value
    alone, and leaves the token as it was.
    """
    settings = programme.settings
    if not token.is_one(PREFIX, value):
        if not settings.plaintext_passwords:
            raise Refusal(Code.CAPTURE_UNKNOWN, "plain text is switched off")
        return _open(settings, Captured(_kind_of(settings, value), Secret(value)), former)
    held, secret = await _held(world, programme, value)
    captured = _open(settings, Captured(held.kind, secret), former)
    if spend:
        await _spend(world, held)
    return captured


async def take_captured(world: World, programme: Programme, value: str, kind: str) -> Secret:
    """The secret behind a token of this very kind, which is used up; never plain text.

    Whether the programme logs people in with that kind is not asked. Refuses CAPTURE_UNKNOWN,
    CAPTURE_SPENT.
    """
    held, secret = await _held(world, programme, value)
    if held.kind != kind:
        raise Refusal(Code.CAPTURE_UNKNOWN, held.kind)
    await _spend(world, held)
    return secret


async def _held(world: World, programme: Programme, value: str) -> tuple[Capture, Secret]:
    held = await world.stores.capture(programme.id, value)
    if held is None:
        raise Refusal(Code.CAPTURE_UNKNOWN)
    now = world.clock.now()
    if held.used_at is not None or held.expires_at <= now or held.value is None:
        raise Refusal(Code.CAPTURE_SPENT)
    return held, Secret(held.value)


async def _spend(world: World, held: Capture) -> None:
    done = await world.stores.commit(SpendCapture(held.id, world.clock.now()))
    if done.failed is not None:
        raise Refusal(Code.CAPTURE_SPENT)


def _open(settings: ProgrammeSettings, captured: Captured, former: bool) -> Captured:
    if captured.kind not in settings.credentials and not former:
        raise Refusal(Code.SECRET_KIND_CLOSED, captured.kind)
    return captured


def _kind_of(settings: ProgrammeSettings, text: str) -> str:
    """Nothing is both: no profile allows passwords as short as the longest passcode."""
    is_passcode = PASSCODE in settings.credentials and PASSCODE_FORM.fullmatch(text)
    return PASSCODE if is_passcode else PASSWORD
