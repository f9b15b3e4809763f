"""No process of ours starts in production with the secrets of development."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from libs.common.entry import settings_class
from libs.common.provision import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_refuses_production_with_default_secrets(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAREWISE_ENV", "production")
    with pytest.raises(ValidationError, match="Production needs secrets of its own"):
        settings_class(service)()
