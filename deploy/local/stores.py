"""The stores of a run: the embedded ones with their addresses, or what the settings name in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.dev_secrets import DevSecrets
from deploy.local.processes import POSTGRES, VALKEY
from deploy.local.settings import LocalSettings
from libs.common.stores import EmbeddedPostgres, EmbeddedValkey


@dataclass(frozen=True, slots=True)
class LocalStores:
    """admin_url: DSN of the database server's administrator; None when somebody else has provisioned the database.

    embedded: the servers that are ours to start, by the variable that sets their port.
    """

    redis_url: str
    admin_url: str | None
    embedded: dict[str, EmbeddedValkey | EmbeddedPostgres] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: LocalSettings, ports: Mapping[str, int], secrets: DevSecrets) -> LocalStores:
        """Make them. Nothing is started."""
        embedded: dict[str, EmbeddedValkey | EmbeddedPostgres] = {}
        redis_url, admin_url = settings.redis_url, settings.admin_database_url
        if settings.embeds_valkey:
            valkey = EmbeddedValkey(settings.data_dir / "valkey", host=settings.host, port=ports[VALKEY.setting])
            embedded[VALKEY.setting], redis_url = valkey, valkey.url
        if settings.embeds_postgres:
            postgres = EmbeddedPostgres(
                settings.data_dir / "postgres",
                password=secrets.get("database password of the administrator"),
                host=settings.host,
                port=ports[POSTGRES.setting],
                max_connections=settings.max_connections,
            )
            embedded[POSTGRES.setting], admin_url = postgres, postgres.url()
        return cls(redis_url, admin_url, embedded)
