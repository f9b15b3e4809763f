"""Stores that a test may stop, kill, hang and start again, and signals to whole process trees."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

from libs.common.provision import MIGRATE_ROLE, provision, role_of
from libs.common.stores import EmbeddedPostgres, EmbeddedValkey
from libs.common.testing.folders import open_folder


class OwnStores:
    """PostgreSQL and Valkey of one test: real processes on ports that stay the same over restarts."""

    def __init__(self, folder: Path, password: str) -> None:
        self.password = password
        self.postgres = EmbeddedPostgres(folder / "postgres", password=password, durable=False)
        self.valkey = EmbeddedValkey(folder / "valkey", durable=False)

    def start(self, *services: str) -> None:
        self.postgres.start()
        self.valkey.start()
        passwords = dict.fromkeys((MIGRATE_ROLE, *map(role_of, services)), self.password)
        asyncio.run(provision(self.postgres.url(), passwords, services=services))

    def database_url(self, role: str) -> str:
        return f"postgresql://{role}:{self.password}@{self.postgres.host}:{self.postgres.port}/sharewise"

    def stop(self) -> None:
        for server in (self.postgres, self.valkey):
            if server.is_running:
                resume(server.pid)
            server.stop()


@contextlib.contextmanager
def own_stores(password: str, *services: str) -> Iterator[OwnStores]:
    """Start stores for the services named, and clear everything away at the end."""
    with open_folder("sw-own-") as folder:
        stores = OwnStores(folder, password)
        try:
            stores.start(*services)
            yield stores
        finally:
            stores.stop()


def hang(pid: int) -> None:
    """Stop a process and all its children where they are, as a machine does that is out of memory or paused."""
    _signal_tree(pid, signal.SIGSTOP)


def resume(pid: int) -> None:
    """Let a hung process go on."""
    _signal_tree(pid, signal.SIGCONT)


@contextlib.contextmanager
def hanging(pid: int) -> Iterator[None]:
    """Hang a process for the length of the block."""
    hang(pid)
    try:
        yield
    finally:
        resume(pid)


def _signal_tree(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        # PostgreSQL's children are in process groups of their own, so a signal to the group would miss them.
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(number)
