"""Traces, whose libraries are an extra: looked up by name, where they are wanted."""

import importlib
from typing import Any

from assent.adapters.otel.settings import HOW_TO_INSTALL as HOW_TO_INSTALL_TRACES

_TRACES = "assent.adapters.otel.traces"


def traces() -> Any:
    """The module of theirs. Raises ModuleNotFoundError where their libraries are missing."""
    return importlib.import_module(_TRACES)


def missing_for_traces() -> str:
    """The first library of theirs that is not installed; empty where all are."""
    try:
        traces()
    except ModuleNotFoundError as error:
        return str(error.name)
    return ""


__all__ = [
    "HOW_TO_INSTALL_TRACES",
    "missing_for_traces",
    "traces",
]
