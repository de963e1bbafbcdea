"""What a test of Assent, or of a program that uses it, leans on: a sandbox, people, time, chance.

The names below are read from their rooms when they are asked for, and not before: pytest loads this
package in every suite where Assent is installed, whether that uses it or not.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assent.testing.calls import Answer, NoAnswer, Refused
    from assent.testing.clock import Clock
    from assent.testing.person import NoQuestion, Person, Question
    from assent.testing.programme import Message, NoCode, Programme
    from assent.testing.sandbox import Sandbox, SandboxFailed, join, start
    from assent.testing.sca_person import ScaPerson

__all__ = [
    "Answer",
    "Clock",
    "Message",
    "NoAnswer",
    "NoCode",
    "NoQuestion",
    "Person",
    "Programme",
    "Question",
    "Refused",
    "Sandbox",
    "SandboxFailed",
    "ScaPerson",
    "join",
    "start",
]

_ROOMS = {
    "Answer": "calls",
    "Clock": "clock",
    "Message": "programme",
    "NoAnswer": "calls",
    "NoCode": "programme",
    "NoQuestion": "person",
    "Person": "person",
    "Programme": "programme",
    "Question": "person",
    "Refused": "calls",
    "Sandbox": "sandbox",
    "SandboxFailed": "sandbox",
    "ScaPerson": "sca_person",
    "join": "sandbox",
    "start": "sandbox",
}


def __getattr__(name: str) -> object:
    """PEP 562."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
