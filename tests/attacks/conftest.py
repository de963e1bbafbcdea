"""One sandbox process for every attack; each has a programme of its own."""

from tests.support.sandboxes import box, server

__all__ = ["box", "server"]
