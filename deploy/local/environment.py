"""What each process is told through its environment: where the others are, its own secrets, nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.local.dev_secrets import DevSecrets
from deploy.local.processes import GATEWAY, MAILSINK, Process
from deploy.local.settings import LocalSettings
from libs.common.provision import DATABASE, MIGRATE_ROLE, SERVICES, role_of

# Service roles have no DDL, so their processes do not get the keys to it either.
_FOR_MIGRATIONS = frozenset({"SHAREWISE_ADMIN_DATABASE_URL", "SHAREWISE_MIGRATE_DATABASE_URL"})

_OWN_SECRETS = ("SERVICE_SECRET", "CURSOR_SECRET", "FIELD_KEY")


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
        made = self._shared()
        service = process.module.rpartition(".")[2]
        if service in SERVICES:
            made |= self._of_service(service)
        elif process is GATEWAY:
            made["GATEWAY_SERVICE_SECRET"] = self._secret("gateway", "SERVICE_SECRET")
        if service == "auth":
            made |= self._clients_of_auth()
        if service == "alerts":
            made |= self._mail()
        return self._finished(made)

    def of_migrate(self) -> dict[str, str]:
        """Make the environment of the migration step: the only one that may change schemas."""
        made = self._shared()
        for service in SERVICES:
            made |= self._of_service(service)
        if self.admin_url is not None:
            made["SHAREWISE_ADMIN_DATABASE_URL"] = self.admin_url
            made["SHAREWISE_MIGRATE_DATABASE_URL"] = self._database_url(MIGRATE_ROLE)
        return self._finished(made, keep=_FOR_MIGRATIONS)

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
            # Many small processes share few cores: no thread pools for matrices.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        return made

    def _of_service(self, service: str) -> dict[str, str]:
        prefix = service.upper()
        made = {f"{prefix}_{name}": self._secret(service, name) for name in _OWN_SECRETS}
        if self.admin_url is not None:
            made[f"{prefix}_DATABASE_URL"] = self._database_url(role_of(service))
        return made

    def _mail(self) -> dict[str, str]:
        smtp = MAILSINK.other_ports[0]
        return {"ALERTS_SMTP_HOST": self.settings.host, "ALERTS_SMTP_PORT": str(self.ports[smtp.setting])}

    def _clients_of_auth(self) -> dict[str, str]:
        names = (*SERVICES, "gateway")
        return {f"AUTH_CLIENT_SECRET_{name.upper()}": self._secret(name, "SERVICE_SECRET") for name in names}

    def _database_url(self, role: str) -> str:
        assert self.admin_url is not None
        server = urlsplit(self.admin_url)
        login = f"{role}:{quote(self.secrets.get(f'database password of {role}'))}"
        address = server.netloc.rpartition("@")[2]
        return urlunsplit(server._replace(netloc=f"{login}@{address}", path=f"/{DATABASE}"))

    def _secret(self, owner: str, name: str) -> str:
        return self.secrets.get(f"{owner} {name.lower().replace('_', ' ')}")

    def _finished(self, made: Mapping[str, str], *, keep: frozenset[str] = frozenset()) -> dict[str, str]:
        hidden = _FOR_MIGRATIONS - keep
        return {**made, **{name: value for name, value in self.variables.items() if name not in hidden}}


def public_url(ports: Mapping[str, int]) -> str:
    return f"http://localhost:{ports[GATEWAY.port.setting]}"
