"""`python -m deploy.compose_secrets [FOLDER]`: write the secrets of a docker compose installation, one file a process.

Each file is mounted as the `.env` of its process and of no other. Safe to repeat: secrets that exist stay as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.dev_secrets import DevSecrets
from deploy.local.environment import OWN_SECRETS, database_url, secrets_of
from libs.common.provision import MIGRATE_ROLE, SERVICES, role_of
from libs.common.stores import ADMIN

DEFAULT_FOLDER = Path(".data/compose")
_ADMIN_PASSWORD = "database password of the administrator"  # noqa: S105  its name, not itself


def files_of(secrets: DevSecrets) -> Mapping[str, str]:
    """Give the content of every file, by its name."""
    password = secrets.get(_ADMIN_PASSWORD)
    admin_url = f"postgresql://{ADMIN}:{password}@postgres:5432/postgres"
    databases = {
        service: {f"{service.upper()}_DATABASE_URL": database_url(role_of(service), admin_url, secrets)}
        for service in SERVICES
    }
    migrate = {
        "SHAREWISE_ADMIN_DATABASE_URL": admin_url,
        "SHAREWISE_MIGRATE_DATABASE_URL": database_url(MIGRATE_ROLE, admin_url, secrets),
    }
    for variables in databases.values():
        migrate |= variables
    files = {"postgres_password": password, "migrate.env": _as_env(migrate)}
    for name in OWN_SECRETS:
        files[f"{name}.env"] = _as_env({**secrets_of(name, secrets), **databases.get(name, {})})
    return files


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    # Nobody else passes the folder; inside, the containers' own user must be able to read what is mounted to it.
    folder.chmod(0o700)
    for name, content in files_of(DevSecrets(folder / "secrets.json")).items():
        path = folder / name
        path.write_text(content, encoding="utf-8")
        path.chmod(0o644)
    print(f"wrote the secrets of docker compose to {folder}")
    return 0


def _as_env(variables: Mapping[str, str]) -> str:
    return "".join(f"{name}='{value}'\n" for name, value in variables.items())


if __name__ == "__main__":
    raise SystemExit(main())
