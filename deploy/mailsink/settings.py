"""Every knob of the mail sink."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from libs.common.settings import CommonSettings


class MailsinkSettings(CommonSettings):
    service: ClassVar[str] = "mailsink"

    port: int = Field(default=8025, ge=0, le=65535)
    smtp_port: int = Field(default=1025, ge=0, le=65535)
    keep: int = Field(default=20_000, gt=0)
    """How many mails are kept; the oldest go first."""
    max_mail_bytes: int = Field(default=10_000_000, gt=0)

    @property
    def folder(self) -> Path:
        return self.data_dir / "mails"

    @model_validator(mode="after")
    def _refuse_production(self) -> Self:
        if self.is_production:
            raise ValueError("The mail sink delivers nothing: it refuses to start in production. Set a real SMTP host.")
        return self
