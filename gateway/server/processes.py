"""One gateway in several processes: forked side by side, each with a listening socket of its own on the same port.

A child that dies is made again, with back-off; its socket stays open here meanwhile, so that connections wait.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

from gateway.server.listening import listen
from libs.common.logging import get_logger

log = get_logger(__name__)

Sockets = list[socket.socket]
Serve = Callable[[Sockets, int], None]
"""Serves on these sockets as the process of that number, until told to stop."""

LONGEST_WAIT_S = 10.0
GOOD_AFTER_S = 30.0

_PR_SET_PDEATHSIG = 1


def run_several(count: int, hosts: Sequence[str], port: int, serve: Serve) -> None:
    """Serve in `count` processes until a signal, then wait for them to end. Raises PortTaken."""
    places = [listen(hosts, port, shared=True)]
    port = places[0][0].getsockname()[1]
    places += [listen(hosts, port, shared=True) for _ in range(count - 1)]
    _Parent(places, serve).run()


class _Parent:
    def __init__(self, places: list[Sockets], serve: Serve) -> None:
        self._places = places
        self._serve = serve
        self._children: dict[int, tuple[int, float]] = {}
        self._deaths = [0] * len(places)
        self._stopped_by: int | None = None

    def run(self) -> None:
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, self._stop)
        for number in range(len(self._places)):
            self._fork(number)
        while self._children:
            pid, status = os.waitpid(-1, 0)
            number, born = self._children.pop(pid)
            if self._stopped_by is not None:
                continue
            self._deaths[number] = 1 if time.monotonic() - born > GOOD_AFTER_S else self._deaths[number] + 1
            wait_s = min(LONGEST_WAIT_S, 0.1 * 2 ** self._deaths[number])
            log.error("gateway_process_died", number=number, status=os.waitstatus_to_exitcode(status), wait_s=wait_s)
            time.sleep(wait_s)
            if self._stopped_by is None:
                self._fork(number)

    def _fork(self, number: int) -> None:
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            self._children[pid] = (number, time.monotonic())
            return
        code = 1
        try:
            for stop in (signal.SIGINT, signal.SIGTERM):
                signal.signal(stop, signal.SIG_DFL)
            _die_with(parent)
            for other, sockets in enumerate(self._places):
                if other != number:
                    for each in sockets:
                        each.close()
            self._serve(self._places[number], number)
            code = 0
        finally:
            os._exit(code)  # what the parent has on its stack is not the child's to run

    def _stop(self, signal_number: int, _frame: FrameType | None) -> None:
        self._stopped_by = signal_number
        for pid in self._children:
            os.kill(pid, signal_number)


def _die_with(parent: int) -> None:
    """Have the kernel end this process when its parent is killed (Linux; elsewhere a killed parent leaves children)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
