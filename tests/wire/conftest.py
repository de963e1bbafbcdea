"""One sandbox process for every test of the wire."""

from tests.support.sandboxes import box, server

__all__ = ["box", "server"]
