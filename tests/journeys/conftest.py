"""One sandbox process for every journey."""

from tests.support.sandboxes import box, server

__all__ = ["box", "server"]
