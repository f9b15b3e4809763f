"""The parts of the supervisor: ports, secrets, back-off, environments, what a change touches."""

from __future__ import annotations

import io
import json
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from deploy.local.backoff import LONGEST_S, STEADY_S, Backoff, cause_of_death
from deploy.local.banner import DEMO_EMAIL, DEMO_PASSWORD, banner
from deploy.local.console import Console
from deploy.local.dev_secrets import DevSecrets
from deploy.local.environment import OWN_SECRETS, Environments
from deploy.local.ports import Claim, PortsTaken, refuse_taken
from deploy.local.processes import APIS, GATEWAY, MAILSINK, PROCESSES, WORKERS, Process, engines_beside
from deploy.local.reload import touched_by
from deploy.local.settings import LocalSettings, port_numbers
from deploy.migrate import shares_of
from libs.common.db_budget import check_budget
from libs.common.entry import settings_class
from libs.common.provision import SERVICES, settings_of
from libs.common.settings import DEVELOPMENT_SECRET
from services.auth import demo

ADMIN_URL = "postgresql://sharewise_admin:secret@127.0.0.1:5433/postgres"


def by_name(name: str) -> Process:
    return next(process for process in PROCESSES if process.name == name)


def make_environments(
    tmp_path: Path, *, admin_url: str | None = ADMIN_URL, extra: tuple[Process, ...] = (), **variables: str
) -> Environments:
    settings = LocalSettings(data_dir=tmp_path, port_offset=100)
    ports = port_numbers(settings, variables, extra)
    secrets = DevSecrets(tmp_path / "secrets.json")
    return Environments(settings, variables, ports, secrets, admin_url, "redis://127.0.0.1:1/0")


def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(PortsTaken, match=rf"Port {number} \(alerts\) is taken .* set ALERTS_PORT"):
            refuse_taken([Claim("alerts", "ALERTS_PORT", number)], host="127.0.0.1", patience_s=0)
    refuse_taken([Claim("alerts", "ALERTS_PORT", number)], host="127.0.0.1", patience_s=0)


def test_mails_go_to_the_sink_unless_a_preset_names_a_server(tmp_path: Path) -> None:
    assert "ALERTS_SMTP_HOST" in make_environments(tmp_path).of_process(by_name("alerts-worker"))
    gmail = make_environments(tmp_path, ALERTS_SMTP_PRESET="gmail").of_process(by_name("alerts-worker"))
    assert "ALERTS_SMTP_HOST" not in gmail


def test_two_of_ours_cannot_have_one_port() -> None:
    with pytest.raises(PortsTaken, match="A_PORT and B_PORT are both 2"):
        refuse_taken([Claim("a", "A_PORT", 2)], [Claim("b", "B_PORT", 2)], host="127.0.0.1", patience_s=0)


def test_all_default_ports_differ() -> None:
    numbers = port_numbers(LocalSettings(), {})
    assert len(set(numbers.values())) == len(numbers)
    assert (numbers["GATEWAY_PORT"], numbers["AUTH_PORT"], numbers["MAILSINK_PORT"]) == (8000, 8001, 8025)


def test_the_offset_moves_what_no_variable_sets() -> None:
    settings = LocalSettings(port_offset=100)
    numbers = port_numbers(settings, {"ALERTS_PORT": "9"})
    assert (numbers["ALERTS_PORT"], numbers["AUTH_PORT"], numbers["MAILSINK_SMTP_PORT"]) == (9, 8101, 1125)
    with pytest.raises(ValueError, match="ALERTS_PORT must be a port number"):
        port_numbers(settings, {"ALERTS_PORT": "http"})


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = DevSecrets(path).get("field key")
    assert len(first) >= 40
    assert DevSecrets(path).get("field key") == first
    assert DevSecrets(path).get("another") != first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_list_of_own_secrets_is_that_of_the_settings() -> None:
    for service in SERVICES:
        fields = settings_class(service).model_fields
        ours = {
            name
            for name, field in fields.items()
            if isinstance(field.default, SecretStr) and field.default.get_secret_value().startswith(DEVELOPMENT_SECRET)
        }
        assert set(OWN_SECRETS[service]) == ours, service


def test_a_process_gets_its_own_secrets_and_nobody_elses(tmp_path: Path) -> None:
    made = make_environments(tmp_path).of_process(by_name("alerts-worker"))
    assert made["ALERTS_DATABASE_URL"].startswith("postgresql://sharewise_alerts:")
    assert made["ALERTS_DATABASE_URL"].endswith("@127.0.0.1:5433/sharewise")
    assert made["SHAREWISE_AUTH_URL"] == "http://127.0.0.1:8101"
    assert made["ALERTS_SMTP_PORT"] == "1125"
    secret_names = {name for name in made if name.endswith(("SECRET", "KEY", "PEPPER", "DATABASE_URL"))}
    assert all(name.startswith("ALERTS_") for name in secret_names)


def test_only_the_migration_step_may_change_schemas(tmp_path: Path) -> None:
    given = {"SHAREWISE_ADMIN_DATABASE_URL": ADMIN_URL, "SHAREWISE_MIGRATE_DATABASE_URL": ADMIN_URL}
    environments = make_environments(tmp_path, **given)
    for process in PROCESSES:
        assert not given.keys() & environments.of_process(process).keys(), process.name
    assert environments.of_migrate()["SHAREWISE_ADMIN_DATABASE_URL"] == ADMIN_URL


def test_what_the_user_sets_wins(tmp_path: Path) -> None:
    environments = make_environments(tmp_path, ALERTS_DATABASE_URL=ADMIN_URL, SHAREWISE_LOG_LEVEL="DEBUG")
    made = environments.of_process(by_name("alerts"))
    assert (made["ALERTS_DATABASE_URL"], made["SHAREWISE_LOG_LEVEL"]) == (ADMIN_URL, "DEBUG")
    with_preset = make_environments(tmp_path, ALERTS_SMTP_PRESET="gmail")
    assert "ALERTS_SMTP_HOST" not in with_preset.of_process(by_name("alerts"))


def test_auth_knows_every_clients_secret_by_its_hash_only(tmp_path: Path) -> None:
    environments = make_environments(tmp_path)
    hashes = json.loads(environments.of_process(by_name("auth"))["AUTH_CLIENT_SECRET_HASHES"])
    assert set(hashes) == {*SERVICES, "gateway"}
    secret = environments.of_process(GATEWAY)["GATEWAY_SERVICE_SECRET"]
    assert secret not in environments.of_process(by_name("auth")).values()


def test_early_deaths_wait_longer_and_a_long_life_starts_afresh() -> None:
    backoff = Backoff()
    assert [backoff.after(1) for _ in range(4)] == [0.25, 0.5, 1, 2]
    assert [backoff.after(1) for _ in range(20)][-1] == LONGEST_S
    assert backoff.after(STEADY_S) == 0.25
    assert (cause_of_death(3), cause_of_death(-9)) == ("exit 3", "signal 9")


def test_the_pools_of_all_processes_fit_into_the_embedded_server() -> None:
    shares = shares_of({service: settings_of(service) for service in SERVICES})
    assert set(shares) == {process.name for process in (*APIS, *WORKERS)}
    check_budget(shares, LocalSettings().max_connections)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("services/alerts/engine/rules.py", {"alerts", "alerts-worker", "alerts-engine", "alerts-sender"}),
        ("services/alerts/tests/test_rules.py", set()),
        ("gateway/app.py", {GATEWAY.name}),
        ("deploy/mailsink/app.py", {MAILSINK.name}),
        ("deploy/local/supervisor.py", set()),
        ("libs/common/db.py", {process.name for process in PROCESSES}),
    ],
)
def test_a_change_restarts_what_it_touches(path: str, names: set[str]) -> None:
    assert touched_by([Path(path)]) == names


def test_further_engines_have_ports_of_their_own_and_restart_with_the_first(tmp_path: Path) -> None:
    engines = engines_beside(3)
    assert [engine.name for engine in engines] == ["alerts-engine-2", "alerts-engine-3"]
    environments = make_environments(tmp_path, extra=engines, ALERTS_ENGINE_PORT="9113")
    told = [environments.of_process(one)["ALERTS_ENGINE_PORT"] for one in (by_name("alerts-engine"), *engines)]
    assert told == ["9113", "8222", "8223"]
    assert touched_by([Path("services/alerts/engine/rules.py")], engines) == {engine.name for engine in engines}
    settings = {service: settings_of(service) for service in SERVICES}
    more = {**settings, "alerts": settings["alerts"].model_copy(update={"engines": 3})}
    assert shares_of(more)["alerts-engine"].connections == 3 * shares_of(settings)["alerts-engine"].connections


def test_the_banner_says_where_everything_is() -> None:
    settings = LocalSettings()
    text = banner(settings, port_numbers(settings, {}), took_s=3.14, stores=["postgres"])
    assert "http://localhost:8000" in text
    assert DEMO_PASSWORD in text
    assert "127.0.0.1:8432" in text
    assert "valkey     external" in text
    assert all(process.name in text for process in APIS)


def test_the_banner_names_the_user_that_auth_makes() -> None:
    assert (DEMO_EMAIL, DEMO_PASSWORD) == (demo.DEMO_EMAIL, demo.DEMO_PASSWORD)


def test_lines_stand_behind_the_name_of_their_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    out = io.StringIO()
    Console(out).line("alerts", "2026-11-21T10:00:00.123456Z [info] alert_fired")
    assert out.getvalue().endswith(" alerts          | [info] alert_fired\n")
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = io.StringIO()
    Console(coloured).line("alerts", "x")
    assert coloured.getvalue().startswith("\x1b[")


def test_production_is_not_run_by_the_local_supervisor() -> None:
    values: dict[str, Any] = {"environment": "production", "service_secret": "x" * 40}
    with pytest.raises(ValidationError, match="docker-compose or Kubernetes"):
        LocalSettings(**values)
