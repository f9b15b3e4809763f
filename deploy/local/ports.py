"""Say clearly that a port is taken, before anything has started."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deploy.local.processes import Port

_PATIENCE_S = 5.0
"""A run that was just killed needs a moment until its servers have let go of their ports."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A port that we are about to open, for whom, and the variable that moves it."""

    owner: str
    setting: str
    number: int


class PortsTaken(RuntimeError):
    """Some ports belong to other programs; the message says which, and what to set."""


def claims_of(owner: str, ports: Iterable[Port], numbers: Mapping[str, int]) -> list[Claim]:
    return [Claim(owner, port.setting, numbers[port.setting]) for port in ports]


def refuse_taken(
    claims: Sequence[Claim], unchecked: Sequence[Claim] = (), *, host: str, patience_s: float = _PATIENCE_S
) -> None:
    """Raise PortsTaken when a port is taken and stays so for `patience_s`, or when two of ours are the same.

    unchecked: ports of ours that may be taken now, by somebody who will be stopped first.
    """
    owners: dict[int, Claim] = {}
    for claim in (*claims, *unchecked):
        other = owners.setdefault(claim.number, claim)
        if other is not claim:
            raise PortsTaken(
                f"{other.setting} and {claim.setting} are both {claim.number}. Set one of them to a free port."
            )
    deadline = time.monotonic() + patience_s
    hosts = {host, "::1"} if host == "127.0.0.1" else {host}  # the door opens on both, and browsers try ::1 first
    while taken := [claim for claim in claims if not all(is_free(claim.number, each) for each in hosts)]:
        if time.monotonic() >= deadline:
            raise PortsTaken("\n".join(_explain(claim) for claim in taken))
        time.sleep(0.1)


def is_free(number: int, host: str) -> bool:
    """Say whether nobody listens there; an address that this machine does not have is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, number))
    except OSError as error:
        return error.errno != errno.EADDRINUSE
    return True


def _explain(claim: Claim) -> str:
    return (
        f"Port {claim.number} ({claim.owner}) is taken by another program. "
        f"Stop that program, or set {claim.setting} to a free port (SHAREWISE_PORT_OFFSET moves them all)."
    )
