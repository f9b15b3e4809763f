"""The supervisor on the whole platform: what dies comes back, what is stopped is gone, what is taken is named."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.processes import PROCESSES
from tests.support.person import People
from tests.support.platform import ROOT, Platform, own_platform, wait_until

pytestmark = pytest.mark.journey
OFFSET = 23_000


@pytest.fixture(scope="module")
def own() -> Iterator[Platform]:
    """A platform of our own, since these tests stop it."""
    with own_platform(port_offset=OFFSET) as running:
        yield running


def living(pids: list[int]) -> list[int]:
    return [pid for pid in pids if _state(pid) not in {None, "Z"}]


def _state(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def supervise(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run a supervisor that should give up by itself."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHAREWISE_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy.local"],
        cwd=ROOT,
        env=inherited | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_all_processes_run_and_say_so(own: Platform) -> None:
    assert {process.name for process in PROCESSES} | {"postgres", "valkey"} == set(own.pids())
    words = "trader@example.com / demo-trader-2026  (development only)"
    wait_until(lambda: words in own.log(), within=30, what="the banner")  # written after the port is open
    assert f"http://localhost:{8000 + own.offset}" in own.log()


def test_secrets_are_for_their_owner_only(own: Platform) -> None:
    assert (own.data_dir / "secrets.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["alerts-worker", "alerts-sender", "market", "gateway"])
def test_what_dies_is_started_again_with_a_word(own: Platform, name: str) -> None:
    own.restart(name)
    assert f"{name} died (signal 9); starting it again in" in own.log()


@pytest.mark.parametrize("name", ["valkey", "postgres"])
def test_a_store_that_dies_is_started_again(own: Platform, name: str) -> None:
    own.restart_store(name)
    own.await_ready("auth")
    assert f"{name} died (signal 9); starting it again in" in own.log()


def test_an_operators_command_runs_in_the_place_of_the_service(own: Platform) -> None:
    listed = own.operate("auth", "list-staff")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "SUPER_ADMIN  active     admin@example.com" in listed.stdout
    refused = own.operate("auth", "create-super-admin", "boss@example.com")
    assert refused.returncode == 1
    assert "There is a SUPER_ADMIN already" in refused.stderr
    assert own.operate("auth", "worker").returncode == 2


def test_a_second_copy_on_the_same_folder_says_who_has_it(own: Platform) -> None:
    second = supervise(SHAREWISE_DATA_DIR=str(own.data_dir), SHAREWISE_PORT_OFFSET=str(own.offset + 250))
    assert second.returncode == 1
    assert f"already runs from {own.data_dir} (http://localhost:{8000 + own.offset})" in second.stdout


def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        refused = supervise(
            SHAREWISE_DATA_DIR=str(tmp_path), SHAREWISE_PORT_OFFSET=str(OFFSET + 400), ALERTS_PORT=str(number)
        )
    assert refused.returncode == 1
    assert f"Port {number} (alerts) is taken by another program." in refused.stdout
    assert "set ALERTS_PORT" in refused.stdout


def test_kill_9_leaves_no_process_and_the_next_start_takes_seconds(own: Platform) -> None:
    with People(own) as people:
        person = people.ready()
        everybody = list(own.pids().values())
        os.kill(own.pid, signal.SIGKILL)
        wait_until(lambda: not living(everybody), within=10, what="the end of all processes")
        own.stop()
        took = own.start()
        print(f"second start: {took:.1f} s")
        assert took < 60
        person.log_in()  # the account has outlived it all


def test_ctrl_c_leaves_no_process(own: Platform) -> None:
    everybody = list(own.pids().values())
    began = time.monotonic()
    own.stop()
    assert living(everybody) == []
    assert time.monotonic() - began < 20
    assert own.log().rstrip().endswith("stopped")
