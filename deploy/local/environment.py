"""What each process is told through its environment: where the others are, its own secrets, nobody else's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.local.children import ONE_THREAD
from deploy.local.dev_secrets import DevSecrets
from deploy.local.processes import GATEWAY, MAILSINK, Process
from deploy.local.settings import LocalSettings
from libs.common.provision import DATABASE, MIGRATE_ROLE, SERVICES, role_of

# Service roles have no DDL, so their processes do not get the keys to it either.
_FOR_MIGRATIONS = frozenset({"SHAREWISE_ADMIN_DATABASE_URL", "SHAREWISE_MIGRATE_DATABASE_URL"})

CLIENTS = (*SERVICES, "gateway")
"""Who calls others with a credential of its own."""

OWN_SECRETS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(SERVICES, ("service_secret", "cursor_secret", "field_key")),
    "auth": ("service_secret", "cursor_secret", "field_key", "password_pepper"),
    "gateway": ("service_secret",),
}
"""The secrets that are ours to choose, by their field in the settings of the process."""


def secrets_of(name: str, secrets: DevSecrets) -> dict[str, str]:
    """Give the secret variables of a service or the gateway, the database's password aside."""
    made = {f"{name.upper()}_{field.upper()}": secrets.get(f"{name} {field}") for field in OWN_SECRETS[name]}
    if name == "auth":
        hashes = {
            client: hashlib.sha256(secrets.get(f"{client} service_secret").encode()).hexdigest() for client in CLIENTS
        }
        made["AUTH_CLIENT_SECRET_HASHES"] = json.dumps(hashes)
    return made


def database_url(role: str, admin_url: str, secrets: DevSecrets) -> str:
    """Make a role's DSN on the administrator's server, with the password that provisioning gives it."""
    server = urlsplit(admin_url)
    address = server.netloc.rpartition("@")[2]
    login = f"{role}:{quote(secrets.get(f'database password of {role}'))}"
    return urlunsplit(server._replace(netloc=f"{login}@{address}", path=f"/{DATABASE}"))


def public_url(ports: Mapping[str, int]) -> str:
    return f"http://localhost:{ports[GATEWAY.port.setting]}"


@dataclass(frozen=True, slots=True)
class Environments:
    """Makes environments. What the user has set always wins over what is made here.

    admin_url: DSN of the database server's administrator; None when somebody else has provisioned the database.
    """

    settings: LocalSettings
    variables: Mapping[str, str]
    ports: Mapping[str, int]
    secrets: DevSecrets
    admin_url: str | None
    redis_url: str

    def of_process(self, process: Process) -> dict[str, str]:
        """Make the environment of a long-running process."""
        name = process.service
        made = self._shared()
        if name in OWN_SECRETS:
            made |= secrets_of(name, self.secrets)
        if name in SERVICES and self.admin_url is not None:
            made |= self._database_of(name)
        if name == "alerts" and "ALERTS_SMTP_PRESET" not in self.variables:
            smtp = MAILSINK.other_ports[0]
            made |= {"ALERTS_SMTP_HOST": self.settings.host, "ALERTS_SMTP_PORT": str(self.ports[smtp.setting])}
        users = {name: value for name, value in self.variables.items() if name not in _FOR_MIGRATIONS}
        own = {} if process.told_by is None else {process.told_by: str(self.ports[process.port.setting])}
        return {**made, **users, **own}

    def of_migrate(self) -> dict[str, str]:
        """Make the environment of the migration step: the only one that may change schemas."""
        made = self._shared()
        if self.admin_url is not None:
            for service in SERVICES:
                made |= self._database_of(service)
            made["SHAREWISE_MIGRATE_DATABASE_URL"] = database_url(MIGRATE_ROLE, self.admin_url, self.secrets)
            made["SHAREWISE_ADMIN_DATABASE_URL"] = self.admin_url
        return {**made, **self.variables}

    def _database_of(self, service: str) -> dict[str, str]:
        assert self.admin_url is not None
        return {f"{service.upper()}_DATABASE_URL": database_url(role_of(service), self.admin_url, self.secrets)}

    def _shared(self) -> dict[str, str]:
        settings = self.settings
        made = {
            f"SHAREWISE_{service.upper()}_URL": f"http://{settings.host}:{self.ports[f'{service.upper()}_PORT']}"
            for service in SERVICES
        }
        made |= {name: str(number) for name, number in self.ports.items()}
        made |= {
            "SHAREWISE_ENV": settings.environment,
            "SHAREWISE_HOST": settings.host,
            "SHAREWISE_DATA_DIR": str(settings.data_dir.absolute()),
            "SHAREWISE_REDIS_URL": self.redis_url,
            "SHAREWISE_PUBLIC_URL": public_url(self.ports),
            "SHAREWISE_LOG_FORMAT": "console",
        }
        return made | ONE_THREAD
