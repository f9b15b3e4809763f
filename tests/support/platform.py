"""The whole platform in processes of its own, on ports and a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import psutil
from redis import Redis

from deploy.local.dev_secrets import DevSecrets
from deploy.local.processes import POSTGRES, PROCESSES, VALKEY
from libs.common.money import to_e4
from libs.common.provision import DATABASE, role_of
from libs.common.stores import ADMIN
from libs.common.stores.server import die_with_parent
from libs.common.testing.folders import open_folder
from libs.contracts.market import TICK_FIELD, TICK_PARTITIONS, Tick, encode_ticks, tick_partition, tick_stream

ROOT = Path(__file__).resolve().parents[2]
DEMO_EMAIL, DEMO_PASSWORD = "trader@example.com", "demo-trader-2026"

T = TypeVar("T")


class Platform:
    """`make run` for a test: real supervisor, services, workers, stores and mail sink.

    port_offset: added to every default port, or a little more where something has these ports already.
    """

    def __init__(self, data_dir: Path, *, port_offset: int, settings: Mapping[str, str] | None = None) -> None:
        self._have(data_dir, free_offset(port_offset), settings or {})

    @classmethod
    def of_another(cls, data_dir: Path, offset: int, settings: Mapping[str, str]) -> Platform:
        """Make the view of a platform that another process has started, and ends."""
        running = cls.__new__(cls)
        running._have(data_dir, offset, settings)
        return running

    def _have(self, data_dir: Path, offset: int, settings: Mapping[str, str]) -> None:
        self.data_dir = data_dir
        self.offset = offset
        self._settings = dict(settings)
        self._process: subprocess.Popen[bytes] | None = None
        self.log_path = data_dir / "platform.log"

    @property
    def url(self) -> str:
        return f"http://localhost:{8000 + self.offset}"

    @property
    def socket_url(self) -> str:
        return f"ws://localhost:{8000 + self.offset}/ws"

    @property
    def mail_url(self) -> str:
        return f"http://127.0.0.1:{8025 + self.offset}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def service_url(self, name: str) -> str:
        """The loopback address of a process's own HTTP side, past the gateway."""
        return f"http://127.0.0.1:{self._state()[name]['port']}"

    def start(self, *, within: float = 120.0) -> float:
        """Start everything; return the seconds until the gateway's port opened.

        Raises RuntimeError with the end of the log.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local"],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A test run that is killed leaves no platform behind.
                preexec_fn=partial(die_with_parent, signal.SIGTERM),
            )
        try:
            wait_until(self._is_ready, within=within, what="the gateway's port")
        except (TimeoutError, RuntimeError):
            self.stop()
            raise RuntimeError(f"The platform did not start:\n{self.log()[-6000:]}") from None
        return time.monotonic() - began

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHAREWISE_")}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)  # many processes, and again in the next test
        return inherited | {
            "AUTH_PASSWORD_COST": "4",  # 120 ms less of a core for each login and registration
            "SHAREWISE_ENV": "development",
            "SHAREWISE_DATA_DIR": str(self.data_dir),
            "SHAREWISE_PORT_OFFSET": str(self.offset),
            "PYTHONUNBUFFERED": "1",
            **self._settings,
        }

    def operate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run an operator's command, such as `operate("auth", "list-staff")`."""
        command = [sys.executable, "-m", "deploy.local.operate", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self._environment(), capture_output=True, text=True, timeout=60, check=False
        )

    def stop(self, *, how: signal.Signals = signal.SIGINT, within: float = 40.0) -> None:
        """End the supervisor as ctrl-C does (or with another signal) and wait for it."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
        self.await_end(within=within)

    def await_end(self, *, within: float = 40.0) -> None:
        """Wait for a supervisor that has been told to end."""
        assert self._process is not None
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
            raise
        self._process = None

    def pids(self) -> dict[str, int]:
        """Tell the id of each process by its name in `deploy.local.processes` (and `postgres`, `valkey`)."""
        return {name: int(entry["pid"]) for name, entry in self._state().items()}

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one process of the platform, by default the one that cannot be caught. Returns its pid."""
        pid = self.pids()[name]
        os.kill(pid, how)
        return pid

    def database_url(self, service: str) -> str:
        """The DSN that this service itself uses."""
        password = DevSecrets(self.data_dir / "secrets.json").get(f"database password of {role_of(service)}")
        return f"postgresql://{role_of(service)}:{password}@127.0.0.1:{8432 + self.offset}/{DATABASE}"

    @property
    def admin_database_url(self) -> str:
        """The DSN of the embedded server's administrator."""
        password = DevSecrets(self.data_dir / "secrets.json").get("database password of the administrator")
        return f"postgresql://{ADMIN}:{password}@127.0.0.1:{8432 + self.offset}/{DATABASE}"

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{8379 + self.offset}/0"

    def freeze(self, name: str) -> None:
        """Stop a process and its children as a hung machine would: they keep their connections and answer nothing."""
        self._signal_all(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._signal_all(name, signal.SIGCONT)

    def restart(self, *names: str, within: float = 60.0) -> None:
        """Kill processes at once and wait until the supervisor's next ones are ready."""
        killed = {name: self.kill(name) for name in names}
        for name, old in killed.items():
            wait_until(partial(self._has_another, name, old), within=within, what=f"a new {name}")
            self.await_ready(name, within=within)

    def _has_another(self, name: str, old: int) -> bool:
        return self.pids().get(name, old) != old

    def restart_store(self, name: str, *, within: float = 30.0) -> None:
        """Kill PostgreSQL or Valkey and wait until the supervisor has started it again."""
        old = self.kill(name)
        wait_until(lambda: self.pids().get(name, old) != old, within=within, what=f"a new {name}")

    def await_ready(self, name: str, *, within: float = 60.0) -> None:
        """Wait until a process says that it can serve."""

        def is_ready() -> bool:
            try:
                return fetch(f"{self.service_url(name)}/readyz").status_code == 200
            except httpx.TransportError:
                return False

        wait_until(is_ready, within=within, what=f"the readiness of {name}")

    def send_tick(self, instrument: str, price: Decimal) -> None:
        """Put one fresh price on the tick stream, as the feed does."""
        now_ms = time.time_ns() // 1_000_000
        price_e4 = to_e4(price)
        tick = Tick(instrument, price_e4, price_e4, price_e4, now_ms, now_ms, now_ms, False, "test", None, None)
        with Redis.from_url(self.redis_url) as redis:
            redis.xadd(tick_stream(tick_partition(instrument, TICK_PARTITIONS)), {TICK_FIELD: encode_ticks([tick])})

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def mails(self, to: str) -> list[dict[str, object]]:
        """List the mails that reached an address, newest first, as the sink's list shows them."""
        query: dict[str, str | int] = {"query": f"to:{to}", "limit": 1000}
        answer = fetch(f"{self.mail_url}/api/v1/search", **query).raise_for_status().json()
        messages: list[dict[str, object]] = answer["messages"]
        return messages

    def mail(self, mail_id: object) -> dict[str, object]:
        """Read one mail whole."""
        answer = fetch(f"{self.mail_url}/api/v1/message/{mail_id}").raise_for_status().json()
        assert isinstance(answer, dict)
        return answer

    def await_mail(self, to: str, subject: str, *, within: float = 30.0) -> dict[str, object]:
        """Wait for a mail whose subject holds these words, and read it."""

        def find() -> object:
            return next((mail["ID"] for mail in self.mails(to) if subject in str(mail["Subject"])), None)

        return self.mail(wait_until(find, within=within, what=f"a mail {subject!r} to {to}"))

    def _signal_all(self, name: str, how: signal.Signals) -> None:
        process = psutil.Process(self.pids()[name])
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                one.send_signal(how)

    def _state(self) -> dict[str, dict[str, int]]:
        state: dict[str, dict[str, int]] = json.loads((self.data_dir / "processes.json").read_text())
        return state

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError("The supervisor ended.")
        try:
            return fetch(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def own_platform(*, port_offset: int, settings: Mapping[str, str] | None = None) -> Iterator[Platform]:
    """Run a platform of a test's own for the length of a block."""
    with open_folder("sw-platform-") as folder:
        running = Platform(folder, port_offset=port_offset, settings=settings)
        running.start()
        try:
            yield running
        finally:
            running.stop()


def free_offset(wanted: int) -> int:
    """Find an offset, from the wanted one up, under which none of the platform's default ports is taken.

    Each process of a parallel test run looks from a place of its own, so that two do not find the same: up to five do,
    since what tests want are thousands, and no two default ports are 200, 400, 600 or 800 apart.
    """
    wanted += 200 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    defaults = [port.default for port in (POSTGRES, VALKEY, *(port for one in PROCESSES for port in one.ports))]
    for offset in range(wanted, wanted + 6_000, 1_000):
        with ExitStack() as stack:
            try:
                for port in defaults:
                    stack.enter_context(socket.create_server(("127.0.0.1", port + offset)))
            except OSError:
                continue
            return offset
    raise RuntimeError(f"No run of free ports from {wanted} up.")


def wait_until(find: Callable[[], T | None], *, within: float, what: str) -> T:
    """Ask again every 50 ms, later every 200, until the answer is truthy, and return it. Raises TimeoutError."""
    began = time.monotonic()
    while True:
        found = find()
        if found:
            return found
        waited = time.monotonic() - began
        if waited > within:
            raise TimeoutError(f"Waited {within:g} s in vain for {what}.")
        time.sleep(max(0.05, min(waited / 20, 0.2)))  # who asks takes the time of who works


def fetch(url: str, **query: str | int) -> httpx.Response:
    """GET something of ours on loopback; no certificates are loaded for it, since that costs more than the call."""
    return httpx.get(url, params=query, timeout=10, verify=False)
