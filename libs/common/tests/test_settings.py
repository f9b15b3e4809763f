"""Settings: from the service's own variables first, and never with a default secret in production."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr, ValidationError

from libs.common.settings import CommonSettings, ServiceSettings, own_secret


class ShopSettings(ServiceSettings):
    service: ClassVar[str] = "shop"
    port: int = 8020
    price: float = 1.0
    pepper: SecretStr = own_secret("pepper")
    mail_password: SecretStr | None = None


GOOD = {
    "environment": "production",
    "database_url": "postgresql://sharewise_shop:long-and-random@db/sharewise",
    "migrate_database_url": "postgresql://sharewise_migrate:long-and-random@db/sharewise",
    **{
        name: name + "-0123456789abcdef0123456789abcdef"
        for name in ("service_secret", "cursor_secret", "field_key", "pepper")
    },
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variables of ours and no `.env` of the checkout."""
    monkeypatch.chdir(tmp_path)
    for prefix in ("SHAREWISE_", "SHOP_"):
        for name in ("PORT", "PRICE", "DATABASE_URL", "ENV", "ENVIRONMENT", "PEPPER"):
            monkeypatch.delenv(prefix + name, raising=False)


def test_the_services_own_variable_comes_before_the_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ShopSettings().port == 8020
    monkeypatch.setenv("SHAREWISE_PORT", "9000")
    assert ShopSettings().port == 9000
    monkeypatch.setenv("SHOP_PORT", "9001")
    assert ShopSettings().port == 9001
    assert ShopSettings(port=9002).port == 9002


def test_a_secret_is_read_from_the_file_that_a_variable_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pepper").write_text("from the mounted file\n")
    monkeypatch.setenv("SHOP_PEPPER_FILE", str(tmp_path / "pepper"))
    assert ShopSettings().pepper.get_secret_value() == "from the mounted file"
    assert "mounted" not in repr(ShopSettings())


def test_a_dotenv_file_comes_after_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SHOP_PORT=9100\nSHOP_PRICE=2.5\n")
    monkeypatch.setenv("SHAREWISE_PORT", "9000")
    assert (ShopSettings().port, ShopSettings().price) == (9000, 2.5)


def test_each_service_has_a_role_of_its_own_by_default() -> None:
    assert ShopSettings().database_url.startswith("postgresql://sharewise_shop:")


def test_the_short_name_of_the_environment_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ShopSettings().is_development
    monkeypatch.setenv("SHAREWISE_ENV", "test")
    assert ShopSettings().environment == "test"
    assert not ShopSettings().is_development


def test_a_misspelt_value_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PORT", "eighty")
    with pytest.raises(ValidationError):
        ShopSettings()


def test_production_starts_with_secrets_of_its_own() -> None:
    assert ShopSettings(**GOOD).is_production


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"pepper": "development-only-pepper"}, "pepper has its default"),
        ({"pepper": "short-but-over-sixteen"}, "pepper is shorter than 32"),
        ({"pepper": GOOD["field_key"]}, "is the same as"),
        ({"database_url": "postgresql://sharewise_shop:development-only@db/sharewise"}, "database_url has its default"),
    ],
)
def test_production_refuses_weak_secrets_and_does_not_repeat_them(changed: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as refusal:
        ShopSettings(**{**GOOD, **changed})
    assert changed.popitem()[1] not in str(refusal.value.errors(include_input=False, include_context=False))


def test_a_process_without_a_database_has_settings_too() -> None:
    class DoorSettings(CommonSettings):
        service: ClassVar[str] = "gateway"

    assert not hasattr(DoorSettings(), "database_url")
