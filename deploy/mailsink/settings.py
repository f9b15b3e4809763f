"""Every knob of the mail sink."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import AliasChoices, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class MailsinkSettings(BaseSettings):
    """Read from `MAILSINK_<FIELD>`; host, data folder and environment also from `SHAREWISE_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="MAILSINK_", env_file=".env", extra="ignore", populate_by_name=True)

    environment: Literal["development", "test", "production"] = Field(
        default="development",
        validation_alias=AliasChoices("MAILSINK_ENVIRONMENT", "SHAREWISE_ENVIRONMENT", "SHAREWISE_ENV"),
    )
    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("MAILSINK_HOST", "SHAREWISE_HOST"))
    data_dir: Path = Field(
        default=Path(".data"), validation_alias=AliasChoices("MAILSINK_DATA_DIR", "SHAREWISE_DATA_DIR")
    )
    smtp_port: int = 1025
    port: int = 8025
    keep: int = Field(default=20_000, gt=0)
    """How many mails are kept; the oldest go first."""
    max_mail_bytes: int = Field(default=10_000_000, gt=0)

    @property
    def folder(self) -> Path:
        return self.data_dir / "mails"

    @model_validator(mode="after")
    def _refuse_production(self) -> Self:
        if self.environment == "production":
            raise ValueError("The mail sink delivers nothing: it refuses to start in production. Set a real SMTP host.")
        return self
