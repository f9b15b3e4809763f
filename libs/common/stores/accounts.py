"""Whom the servers run as, and what that account can reach. PostgreSQL refuses root."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Account = pwd.struct_passwd | None
"""None for ourselves."""

_ACCOUNTS = ("postgres", "nobody")


class StoreFailed(RuntimeError):
    """A store could not be started. The message says why, with the end of its log."""


def account_for(data_dir: Path) -> Account:
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


def as_account(account: Account) -> dict[str, Any]:
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def is_reachable(path: Path, account: Account) -> bool:
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


def reachable_dir(data_dir: Path, account: Account) -> Path:
    """Give a data folder that the account can reach: below /root it cannot, so one under /var/lib stands in."""
    if is_reachable(data_dir, account):
        return data_dir
    return Path("/var/lib/sharewise") / f"{data_dir.name}-{short_hash(data_dir)}"


def reachable_copy(source: Path, package: str, account: Account) -> Path:
    """Give the folder of binaries, or a copy of it where the account can reach it."""
    if account is None or is_reachable(source / "bin", account):
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


def make_dir(path: Path, account: Account) -> None:
    path.mkdir(parents=True, exist_ok=True, mode=0o755)
    if account is not None and path.stat().st_uid != account.pw_uid:
        os.chown(path, account.pw_uid, account.pw_gid)
    path.chmod(0o700)


def package_dir(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise StoreFailed(f"The package {package} is not installed; name an external server in the settings instead.")
    return Path(next(iter(spec.submodule_search_locations)))


def short_hash(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]
