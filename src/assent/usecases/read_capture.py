"""From what a client sends in place of a secret to the secret itself."""

from dataclasses import dataclass, field

from assent.domain.programme import PASSCODE, PASSCODE_FORM, PASSWORD, Programme, ProgrammeSettings
from assent.kernel import token
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add, SpendCapture
from assent.ports.records import Capture
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
    held = await world.stores.capture(programme.id, value)
    if held is None:
        raise Refusal(Code.CAPTURE_UNKNOWN)
    now = world.clock.now()
    if held.used_at is not None or held.expires_at <= now or held.value is None:
        raise Refusal(Code.CAPTURE_SPENT)
    captured = _open(settings, Captured(held.kind, Secret(held.value)), former)
    if spend:
        done = await world.stores.commit(SpendCapture(held.id, now))
        if done.failed is not None:
            raise Refusal(Code.CAPTURE_SPENT)
    return captured


def _open(settings: ProgrammeSettings, captured: Captured, former: bool) -> Captured:
    if captured.kind not in settings.credentials and not former:
        raise Refusal(Code.SECRET_KIND_CLOSED, captured.kind)
    return captured


def _kind_of(settings: ProgrammeSettings, text: str) -> str:
    """Nothing is both: no profile allows passwords as short as the longest passcode."""
    is_passcode = PASSCODE in settings.credentials and PASSCODE_FORM.fullmatch(text)
    return PASSCODE if is_passcode else PASSWORD
