"""A module's log. What writes it is imported when a server sets it up, or with a command's first
line: it takes a fifth of a short command's time, and few commands log anything."""

from functools import cached_property
from importlib import import_module
from typing import Any


class Log:
    """structlog's logger, as soon as somebody uses it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._structlog, name)

    @cached_property
    def _structlog(self) -> Any:
        return import_module("structlog").get_logger()
