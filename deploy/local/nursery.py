"""A parent whose children start in milliseconds: it has imported the heavy libraries, so a child is only a fork away.

`python -m deploy.local.nursery FD [MODULE ...]` imports the modules, then serves one client on the stream socket FD.
The client (`deploy.local.children`) sends a JSON line and one file descriptor for the child's output for each child:

    {"key": 3, "module": "services.alerts", "arguments": ["api"], "environment": {...}, "nice": 0}

and is told `{"warm_s": 1.4}` once, then `{"key": 3, "pid": 4711}` and, at the end, `{"key": 3, "code": -9}` for each.

When its client goes, also by kill -9, it kills its children and ends; should the nursery itself be killed, Linux kills
them by the parent-death signal. It has one thread, so a fork copies no lock that somebody holds.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_IS_LINUX = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Birth:
    """What a child is to become."""

    key: int
    module: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    nice: int
    output: int


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent goes. `parent` tells whether it is gone already."""
    if not _IS_LINUX:
        return  # elsewhere only kill -9 of the nursery itself leaves children behind
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def step_back(nice: int) -> None:
    """Take so many steps behind the other processes where the processors are short (`man 7 sched`, autogroup).

    This process leads a session of its own. On a desktop's kernel `nice` counts within a session alone, and between
    sessions what stands in /proc/self/autogroup does.
    """
    os.nice(nice)
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as group:
        group.write(str(nice))


def _name_process(name: str) -> None:
    if _IS_LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15])


class Nursery:
    """Forks children for one client until the client goes."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._unread = b""
        self._outputs: list[int] = []
        self._keys: dict[int, int] = {}  # pid -> key
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)

    def serve(self) -> Birth | None:
        """Serve until the client goes (None), or return in a child with what it is to become."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        while True:
            readable, _, _ = select.select([self._client.fileno(), self._wake_read], [], [])
            if self._wake_read in readable:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
                self._report_the_dead()
            if self._client.fileno() in readable:
                births = self._receive()
                if births is None:
                    self._kill_all()
                    return None
                for birth in births:
                    if self._fork(birth):
                        return birth

    def tell(self, message: dict[str, Any]) -> None:
        self._client.sendall(json.dumps(message).encode() + b"\n")

    def _receive(self) -> list[Birth] | None:
        data, outputs, _, _ = socket.recv_fds(self._client, 1 << 16, 16)
        if not data:
            return None
        self._outputs += outputs
        *lines, self._unread = (self._unread + data).split(b"\n")
        births = []
        for line in lines:
            asked = json.loads(line)
            births.append(
                Birth(
                    asked["key"],
                    asked["module"],
                    tuple(asked["arguments"]),
                    asked["environment"],
                    asked["nice"],
                    self._outputs.pop(0),
                )
            )
        return births

    def _fork(self, birth: Birth) -> bool:
        nursery = os.getpid()
        settled, settle = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setsid()  # ctrl-C in the terminal is for the supervisor, which then stops its children in order
            os.close(settled)
            os.close(settle)
            self._become_a_child(birth, nursery)
            return True
        # Who hears of the child may signal its group at once: there is none before it has settled, or died.
        os.close(settle)
        os.read(settled, 1)
        os.close(settled)
        os.close(birth.output)
        self._keys[pid] = birth.key
        self.tell({"key": birth.key, "pid": pid})
        return False

    def _become_a_child(self, birth: Birth, nursery: int) -> None:
        die_with(nursery)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for descriptor in (self._wake_read, self._wake_write, *self._outputs):
            os.close(descriptor)
        self._client.close()
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(birth.output, 1)
        os.dup2(birth.output, 2)
        os.close(birth.output)
        if birth.nice:
            step_back(birth.nice)
        os.environ.clear()
        os.environ.update(birth.environment)
        time.tzset()

    def _kill_all(self) -> None:
        for pid in self._keys:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _report_the_dead(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.tell({"key": self._keys.pop(pid), "code": os.waitstatus_to_exitcode(status)})


def main() -> None:
    """Warm up, serve; in a child, run what it is to become as `python -m` would."""
    parent = os.getppid()
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    client = socket.socket(fileno=int(sys.argv[1]))
    nursery = Nursery(client)
    began = time.monotonic()
    for module in sys.argv[2:]:
        importlib.import_module(module)
    gc.freeze()  # what was imported stays shared between all children: the collector never writes into it
    nursery.tell({"warm_s": round(time.monotonic() - began, 3)})
    birth = nursery.serve()
    if birth is None:
        return
    _name_process("-".join((birth.module.rpartition(".")[2], *birth.arguments)))
    sys.argv = [birth.module, *birth.arguments]
    try:
        runpy.run_module(birth.module, run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:
        traceback.print_exc()
        sys.exit(1)


if __name__ == "__main__":
    main()
