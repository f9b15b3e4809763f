"""Settings: every knob typed, with a default that works on a laptop, read from the environment.

A field `database_url` of alerts is read from `ALERTS_DATABASE_URL`, else from `SHAREWISE_DATABASE_URL`; each also from
the file that the same name with `_FILE` points to (mounted secrets); then from the same names in `.env`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

Environment = Literal["development", "test", "production"]

PLATFORM_PREFIX = "SHAREWISE_"
DEVELOPMENT_SECRET = "development-only-"  # noqa: S105 (refused in production)
MIN_SECRET_LENGTH = 32


def own_secret(name: str) -> Any:
    """Make the field of a secret that is ours to choose: it has a default in development and must be set in production.

    A credential that an outside party gives us is a plain `SecretStr | None = None` instead: its form is theirs.
    """
    return Field(default=SecretStr(f"{DEVELOPMENT_SECRET}{name}"), min_length=16)


class CommonSettings(BaseSettings):
    """What every process knows, the gateway included. `service` is the first word of its variables, in lower case."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, validate_default=True)

    service: ClassVar[str]

    environment: Environment = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    worker_port: int = Field(default=8100, ge=0, le=65535)
    redis_url: str = "redis://127.0.0.1:6379/0"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"
    public_url: str = "http://localhost:8000"
    auth_url: str = "http://127.0.0.1:8001"
    market_url: str = "http://127.0.0.1:8002"
    alerts_url: str = "http://127.0.0.1:8003"
    signals_url: str = "http://127.0.0.1:8004"
    broker_url: str = "http://127.0.0.1:8005"
    billing_url: str = "http://127.0.0.1:8006"
    jwt_issuer: str = "https://sharewise.local"
    jwt_audience: str = "sharewise"
    service_secret: SecretStr = own_secret("service-secret")
    data_dir: Path = Path(".data")
    otel_endpoint: str | None = None
    engines: int = Field(default=1, ge=1, le=64)
    """How many processes of the alert engine run: they share the alerts among themselves."""

    @property
    def is_development(self) -> bool:
        return self.environment == "development"

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        dotenv = {name: value for name, value in dotenv_values(".env").items() if value is not None}
        return (
            init_settings,
            _PrefixedSource(settings_cls, os.environ),
            _PrefixedSource(settings_cls, dotenv),
        )

    @model_validator(mode="after")
    def _refuse_weak_secrets_in_production(self) -> Self:
        if self.is_production:
            problems = list(_weak_secrets(self))
            if problems:
                raise ValueError("Production needs secrets of its own: " + "; ".join(problems))
        return self


class ServiceSettings(CommonSettings):
    """What every service knows: the common part, its database, its secrets. Sizes are numbers of connections."""

    database_url: str = "postgresql://sharewise_{service}:development-only@127.0.0.1:5432/sharewise"
    migrate_database_url: str = "postgresql://sharewise_migrate:development-only@127.0.0.1:5432/sharewise"
    db_pool_size: int = Field(default=5, ge=1)
    db_connect_timeout_s: float = Field(default=2.0, gt=0)
    db_pool_timeout_s: float = Field(default=2.0, gt=0)
    db_statement_timeout_s: float = Field(default=3.0, gt=0)
    outbox_retention_days: int = Field(default=7, ge=1)
    stream_max_bytes: int = Field(default=256 * 1024 * 1024, ge=1024 * 1024)
    stream_replay_window_s: int = Field(default=900, ge=900)
    cursor_secret: SecretStr = own_secret("cursor-secret")
    field_key: SecretStr = own_secret("field-encryption-key")

    @model_validator(mode="before")
    @classmethod
    def _fill_in_the_service(cls, values: dict[str, Any]) -> dict[str, Any]:
        url = values.get("database_url", cls.model_fields["database_url"].default)
        return {**values, "database_url": str(url).replace("{service}", cls.service)}


class _PrefixedSource(PydanticBaseSettingsSource):
    """Reads `<SERVICE>_<FIELD>`, then `SHAREWISE_<FIELD>`, each also as `..._FILE`, from one mapping."""

    def __init__(self, settings_cls: type[BaseSettings], variables: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._variables = {name.upper(): value for name, value in variables.items()}
        service = getattr(settings_cls, "service", None)
        self._prefixes = (f"{service.upper()}_", PLATFORM_PREFIX) if service else (PLATFORM_PREFIX,)

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        names = [field_name.upper()]
        if field_name == "environment":
            names.append("ENV")
        for prefix in self._prefixes:
            for name in names:
                value = self._variables.get(prefix + name)
                if value is not None:
                    return value, field_name, self.field_is_complex(field)
                path = self._variables.get(f"{prefix}{name}_FILE")
                if path is not None:
                    return Path(path).read_text(encoding="utf-8").strip(), field_name, self.field_is_complex(field)
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, is_complex = self.get_field_value(field, name)
            if value is not None:
                found[key] = self.prepare_field_value(name, field, value, is_complex)
        return found


def _weak_secrets(settings: CommonSettings) -> list[str]:
    """List what is wrong with the secrets that are ours, by name and never by value."""
    problems: list[str] = []
    seen: dict[str, str] = {}
    for name, field in type(settings).model_fields.items():
        if not isinstance(field.default, SecretStr):
            continue
        value = getattr(settings, name).get_secret_value()
        if value.startswith(DEVELOPMENT_SECRET):
            problems.append(f"{name} has its default")
        elif len(value) < MIN_SECRET_LENGTH:
            problems.append(f"{name} is shorter than {MIN_SECRET_LENGTH} characters")
        elif value in seen:
            problems.append(f"{name} is the same as {seen[value]}")
        seen.setdefault(value, name)
    for name in ("database_url", "migrate_database_url"):
        password = urlsplit(getattr(settings, name, "")).password or ""
        if password.startswith("development-only"):
            problems.append(f"{name} has its default password")
    return problems
