"""Every knob of a local run. Ports are named in `processes.py`: each is read from its own variable."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

from dotenv import dotenv_values
from pydantic import Field, model_validator

from deploy.local.processes import POSTGRES, PROCESSES, VALKEY, Port, Process
from libs.common.settings import CommonSettings


class LocalSettings(CommonSettings):
    """Read from `LOCAL_<FIELD>`, else `SHAREWISE_<FIELD>`.

    With `admin_database_url` that server is used and provisioned instead of the embedded one; with only `database_url`
    an external database is taken as somebody has provisioned it. With `redis_url` no Valkey is started.
    """

    service: ClassVar[str] = "local"

    database_url: str | None = None
    admin_database_url: str | None = None
    port_offset: int = 0
    """Added to every port that no variable sets, so that a second copy runs beside the first."""
    max_connections: int = Field(default=100, ge=20)
    """Of the embedded PostgreSQL."""
    ready_timeout_s: float = Field(default=120, gt=0)
    sender_nice: int = Field(default=5, ge=0, le=19)
    """How far the processes that may be late step back (`Process.gives_way`), as `nice` counts; 0: not at all."""
    first_prices_timeout_s: float = Field(default=30, gt=0)
    stop_patience_s: float = Field(default=10, gt=0)

    @model_validator(mode="after")
    def _refuse_production(self) -> Self:
        if self.is_production:
            raise ValueError("The local supervisor is for development: run production by docker-compose or Kubernetes.")
        return self

    @property
    def embeds_postgres(self) -> bool:
        return self.database_url is None and self.admin_database_url is None

    @property
    def embeds_valkey(self) -> bool:
        return "redis_url" not in self.model_fields_set


def variables_of_user() -> dict[str, str]:
    """Give what the user has set: `.env`, overruled by the environment."""
    dotenv = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**dotenv, **os.environ}


def port_numbers(
    settings: LocalSettings, variables: Mapping[str, str], extra: Iterable[Process] = ()
) -> dict[str, int]:
    """Give the number of every port, by the variable that sets it. Raises ValueError for what is no number."""
    ports = [POSTGRES, VALKEY, *(port for process in (*PROCESSES, *extra) for port in process.ports)]
    return {port.setting: _number(port, settings.port_offset, variables) for port in ports}


def _number(port: Port, offset: int, variables: Mapping[str, str]) -> int:
    text = variables.get(port.setting)
    if text is None:
        return port.default + offset
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError(f"{port.setting} must be a port number between 1 and 65535, was {text!r}.")
    return int(text)
