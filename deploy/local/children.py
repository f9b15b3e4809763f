"""Children of the nursery, as the supervisor holds them: their output by lines, their end as something to await."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from deploy.local.processes import Process

_MAX_LINE_BYTES = 1 << 20
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Keeps libraries for matrices from starting threads: there are many processes, and few cores."""


class NurseryLost(ConnectionError):
    """The nursery died, and its children with it."""


@dataclass(eq=False, slots=True)
class Child:
    """A running process. `ended` gives its exit code, negative for a signal, as `subprocess` does."""

    name: str
    pid: int
    ended: asyncio.Future[int] = field(repr=False)

    @property
    def is_alive(self) -> bool:
        return not self.ended.done()

    def send(self, number: signal.Signals) -> None:
        """Signal the child's process group; one that has just ended hears nothing."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    async def stop(self, *, patience_s: float) -> int:
        """Ask it to end, wait, kill it when it does not. Returns its exit code."""
        self.send(signal.SIGTERM)
        done, _ = await asyncio.wait([self.ended], timeout=patience_s)
        if not done:
            self.send(signal.SIGKILL)
        return await self.ended


class Nursery:
    """The client of `deploy.local.nursery`. Create it in the main thread: the parent-death signal is tied to it."""

    def __init__(self, warm_modules: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._socket.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local.nursery", str(theirs.fileno()), *warm_modules],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # A library that brings threads of its own would make forks unsafe: see the nursery's words.
                env={**os.environ, **ONE_THREAD},
                start_new_session=True,
            )
        loop = asyncio.get_running_loop()
        self.warm_s: asyncio.Future[float] = loop.create_future()
        self._keys = itertools.count(1)
        self._born: dict[int, asyncio.Future[int]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._listening = loop.create_task(self._listen(), name="nursery")

    @property
    def is_alive(self) -> bool:
        return not self._listening.done()

    async def spawn(
        self, process: Process, environment: Mapping[str, str], on_line: Callable[[str], None], *, nice: int = 0
    ) -> Child:
        """Start a process; each line of its output goes to `on_line`. Raises NurseryLost."""
        return await self.spawn_command(
            process.name, process.module, process.arguments, environment=environment, on_line=on_line, nice=nice
        )

    async def spawn_command(
        self,
        name: str,
        module: str,
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        nice: int = 0,
    ) -> Child:
        """Start `python -m module arguments`, so many steps behind the others. Raises NurseryLost."""
        await asyncio.shield(self.warm_s)
        loop = asyncio.get_running_loop()
        key = next(self._keys)
        born, ended = loop.create_future(), loop.create_future()
        self._born[key], self._ended[key] = born, ended
        read_end, write_end = os.pipe()
        try:
            line = json.dumps(
                {
                    "key": key,
                    "module": module,
                    "arguments": list(arguments),
                    "environment": dict(environment),
                    "nice": nice,
                }
            )
            await self._send(line.encode() + b"\n", write_end)
            reading = loop.create_task(_read_lines(read_end, on_line), name=f"output of {name}")
            ended.add_done_callback(lambda _: reading)  # holds the task: the loop itself does not
            return Child(name, await born, ended)
        finally:
            os.close(write_end)

    async def close(self) -> None:
        """End the nursery, and with it whatever child is left."""
        self._socket.close()
        await asyncio.get_running_loop().run_in_executor(None, self._process.wait)
        self._listening.cancel()

    async def _send(self, line: bytes, output: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            sent = socket.send_fds(self._socket, [line], [output])
            await loop.sock_sendall(self._socket, line[sent:])
        except OSError as error:
            raise NurseryLost("The nursery is gone.") from error

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        unread = b""
        with contextlib.suppress(OSError):
            while data := await loop.sock_recv(self._socket, 1 << 16):
                *lines, unread = (unread + data).split(b"\n")
                for line in lines:
                    self._hear(json.loads(line))
        self._lose_all()

    def _hear(self, told: dict[str, float]) -> None:
        if "warm_s" in told:
            self.warm_s.set_result(told["warm_s"])
        elif "pid" in told:
            self._born.pop(int(told["key"])).set_result(int(told["pid"]))
        else:
            self._ended.pop(int(told["key"])).set_result(int(told["code"]))

    def _lose_all(self) -> None:
        """What waits for a birth fails; who lived is dead by the same signal."""
        lost = NurseryLost("The nursery is gone.")
        unborn: list[asyncio.Future[float] | asyncio.Future[int]] = [self.warm_s, *self._born.values()]
        for waiting in unborn:
            if not waiting.done():
                waiting.set_exception(lost)
                waiting.exception()  # nobody need be waiting
        for ended in self._ended.values():
            if not ended.done():
                ended.set_result(-signal.SIGKILL)
        self._born.clear()
        self._ended.clear()


async def _read_lines(descriptor: int, on_line: Callable[[str], None]) -> None:
    """Read until every holder of the other end is gone. A line past the limit is shown in pieces."""
    reader = asyncio.StreamReader(limit=_MAX_LINE_BYTES)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    try:
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as end:
                if end.partial:
                    on_line(end.partial.decode("utf-8", "replace"))
                return
            except asyncio.LimitOverrunError as overrun:
                line = await reader.readexactly(overrun.consumed)
            on_line(line.decode("utf-8", "replace").rstrip("\n"))
    finally:
        transport.close()
