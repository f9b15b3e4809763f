"""Which revision a schema is at and which the code is at, without Alembic, whose import every process would pay for."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import asyncpg

VERSION_TABLE = "alembic_version"

_REVISION = re.compile(r"""^(revision|down_revision)\b[^=\n]*=\s*(?:["']([^"']+)["']|None)""", re.MULTILINE)


def migrations_of(service: str) -> Path:
    """Find a service's folder of migrations. Raises LookupError for no service."""
    spec = importlib.util.find_spec(f"services.{service}")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"There is no service named {service!r}.")
    return Path(next(iter(spec.submodule_search_locations))) / "migrations"


def head_revision(service: str) -> str | None:
    """Tell the newest revision of a service's migrations, as they stand in the code: the one that no other follows."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for path in (migrations_of(service) / "versions").glob("*.py"):
        names = {kind: name for kind, name in _REVISION.findall(path.read_text(encoding="utf-8")) if name}
        revisions.add(names["revision"])
        followed.add(names.get("down_revision", ""))
    heads = revisions - followed
    if len(heads) > 1:
        raise LookupError(f"The migrations of {service} have several heads: {sorted(heads)}.")
    return next(iter(heads), None)


async def current_revision(connection: asyncpg.Connection, service: str) -> str | None:
    """Tell the revision that the schema is at; None before the first migration."""
    try:
        # A schema's name cannot be a parameter; it is the name of a service of ours.
        query = f'SELECT version_num FROM "{service}".{VERSION_TABLE}'  # noqa: S608
        revision: str | None = await connection.fetchval(query)
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None
    return revision
