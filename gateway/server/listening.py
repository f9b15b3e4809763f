"""The addresses that the door listens on."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence

from libs.common.logging import get_logger

log = get_logger(__name__)

BACKLOG = 2_048


class PortTaken(RuntimeError):
    """Somebody else listens there. The message says where and what to do."""


def listen(hosts: Sequence[str], port: int, *, shared: bool = False) -> list[socket.socket]:
    """Listen on a port of several addresses. port 0 takes a free one, the same for all.

    shared: several such sockets stand side by side (SO_REUSEPORT), and the kernel deals connections out among them.
    A machine without IPv6 has no ::1: that address is left out with a word. Raises PortTaken.
    """
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            made = _listen(host, sockets[0].getsockname()[1] if sockets else port, shared)
            if made is not None:
                sockets.append(made)
    except BaseException:
        for made in sockets:
            made.close()
        raise
    if not sockets:
        raise PortTaken(f"None of {', '.join(hosts)} is an address of this machine: set GATEWAY_HOSTS.")
    return sockets


def _listen(host: str, port: int, shared: bool) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        log.warning("address_left_out", host=host, reason="the machine has no such addresses")
        return None
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"Port {port} of {host} is taken: stop what uses it, or set GATEWAY_PORT.") from error
        if family == socket.AF_INET6:
            log.warning("address_left_out", host=host, reason=str(error))
            return None
        raise
    return made
