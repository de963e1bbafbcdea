"""Where the operator's own port is, and what is wrong with that."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """The port for metrics and health. Nobody is asked who they are: it is for this machine."""

    enabled: bool = True
    """Whether there is one."""
    host: str = "127.0.0.1"
    """Address to listen on: a loopback address."""
    port: int = 8402
    """Port of a server; 0 picks a free one, which the log names."""
    worker_port: int = 8403
    """Port of `assent worker`, which may run beside it."""


def wrong(settings: AdminSettings, others: Mapping[str, int]) -> str:
    """What cannot be, in a sentence; empty where all is well. `others`: ports by setting."""
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        return "admin.host is a loopback address, as 127.0.0.1: who may connect is told everything"
    ports = {**others, "admin.port": settings.port, "admin.worker_port": settings.worker_port}
    named: dict[int, str] = {}
    for name, port in ports.items() if settings.enabled else ():
        if port and port in named:
            return f"{named[port]} and {name} must differ"
        named[port] = name
    return ""
