"""The one-time token of a log-in that was approved on a device, and how its approval is found."""

from assent.kernel import token
from assent.usecases.world import World

LOGIN_TOKEN = "login"
"""What a one-time token for a session begins with."""


def login_token(world: World, approval_id: int) -> str:
    """Worked out anew each time, and kept nowhere."""
    return token.make(
        LOGIN_TOKEN, world.vault.lookup(str(approval_id), "log-in token")[: token.OCTETS]
    )


def login_lookup(world: World, text: str) -> bytes:
    """What the approval is found by."""
    return world.vault.lookup(text, "log-in token look-up")
