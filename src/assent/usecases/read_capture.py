"""From what a client sends in place of a secret to the secret itself."""

from assent.domain.programme import Programme
from assent.kernel import token
from assent.kernel.clock import MINUTE
from assent.kernel.refusals import Code, Refusal
from assent.kernel.secret import Secret
from assent.ports.changes import Add, SpendCapture
from assent.ports.records import Capture
from assent.usecases.world import World

PREFIX = "cap"
LIFE_MS = 5 * MINUTE
"""As long as an idle session: who types for longer has left the page."""


async def capture(world: World, programme: Programme, value: Secret) -> str:
    """Puts a value away under a new single-use token."""
    now = world.clock.now()
    text = token.make(PREFIX, world.randomness.octets(token.OCTETS))
    row = Capture(
        id=world.ids.next(),
        programme_id=programme.id,
        token=text,
        value=value.reveal(),
        created_at=now,
        expires_at=now + LIFE_MS,
    )
    await world.stores.commit(Add(row))
    return text


async def read_capture(world: World, programme: Programme, value: str, spend: bool) -> Secret:
    """The secret behind a token, or the plain text itself where the programme takes it.

    `spend` uses the token up; a mere check of the policy does not, because published clients
    validate a token and then use it. Refuses CAPTURE_UNKNOWN, CAPTURE_SPENT.
    """
    if not token.is_one(PREFIX, value):
        if programme.settings.plaintext_passwords:
            return Secret(value)
        raise Refusal(Code.CAPTURE_UNKNOWN, "plain text is switched off")
    held = await world.stores.capture(programme.id, value)
    if held is None:
        raise Refusal(Code.CAPTURE_UNKNOWN)
    now = world.clock.now()
    if held.used_at is not None or held.expires_at <= now:
        raise Refusal(Code.CAPTURE_SPENT)
    if spend:
        done = await world.stores.commit(SpendCapture(held.id, now))
        if done.failed is not None:
            raise Refusal(Code.CAPTURE_SPENT)
    return Secret(held.value)
