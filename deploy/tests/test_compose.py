"""docker-compose.yml without a Docker engine: the same processes as the supervisor's, and the rules of a safe file."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.compose_secrets import files_of
from deploy.local.dev_secrets import DevSecrets
from deploy.local.processes import APIS, GATEWAY, MAILSINK, MIGRATE, PROCESSES, WORKERS, Process
from libs.common.provision import SERVICES

ROOT = Path(__file__).resolve().parents[2]
STORES = {"postgres", "valkey"}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [process for process in PROCESSES if process is not MAILSINK]


def test_compose_and_the_supervisor_name_the_same_processes() -> None:
    assert set(CONTAINERS) == {process.name for process in PROCESSES} | STORES | {"migrate"}


def test_the_code_has_an_app_and_a_worker_for_each_process() -> None:
    assert {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")} == set(SERVICES)
    for service in SERVICES:
        assert (ROOT / "services" / service / "app.py").is_file(), service
        assert (ROOT / "services" / service / "worker.py").is_file(), service
    assert (ROOT / "gateway" / "__main__.py").is_file()


@pytest.mark.parametrize("process", OURS, ids=lambda process: process.name)
def test_a_container_runs_the_process_and_asks_its_port(process: Process) -> None:
    container = CONTAINERS[process.name]
    assert container["command"] == process.command
    assert container["healthcheck"]["test"][-1] == str(process.port.default)
    assert container["secrets"][0]["source"] == process.service


def test_migrations_run_once_before_the_services() -> None:
    assert CONTAINERS["migrate"]["command"] == list(MIGRATE)
    assert CONTAINERS["migrate"]["restart"] == "no"
    for process in (*APIS, *WORKERS):
        needs = CONTAINERS[process.name]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}
        assert {needs[store]["condition"] for store in STORES} == {"service_healthy"}


def test_the_door_opens_last() -> None:
    needs = CONTAINERS[GATEWAY.name]["depends_on"]
    assert {process.name for process in PROCESSES} - {GATEWAY.name} <= set(needs)
    assert {need["condition"] for need in needs.values()} == {"service_healthy"}


def test_services_find_each_other() -> None:
    environment = CONTAINERS["auth"]["environment"]
    for process in APIS:
        assert environment[f"SHAREWISE_{process.name.upper()}_URL"] == f"http://{process.name}:{process.port.default}"


def test_auth_believes_the_door_and_nobody_else() -> None:
    address = CONTAINERS[GATEWAY.name]["networks"]["inside"]["ipv4_address"]
    trusted = json.loads(CONTAINERS["auth"]["environment"]["AUTH_TRUSTED_PROXIES"])
    assert trusted == [address]
    (subnet,) = COMPOSE["networks"]["inside"]["ipam"]["config"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(subnet["subnet"])


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_each_container_is_watched_bounded_and_pinned(name: str) -> None:
    container = CONTAINERS[name]
    assert container["restart"] in {"unless-stopped", "no"}
    assert {"cpus", "memory"} <= container["deploy"]["resources"]["limits"].keys()
    assert "no-new-privileges:true" in container["security_opt"]
    assert not container.get("privileged", False)
    if name != "migrate":
        assert container["healthcheck"]["start_period"]
    image = container["image"]
    assert ":" in image
    assert not image.endswith(":latest")
    if name in {process.name for process in OURS}:
        assert container["read_only"] is True
        assert container["user"] == "10001:10001"
        assert container["cap_drop"] == ["ALL"]


def test_only_the_door_and_the_mails_are_reachable_and_on_loopback_only() -> None:
    published = {name: container["ports"] for name, container in CONTAINERS.items() if "ports" in container}
    assert set(published) == {GATEWAY.name, MAILSINK.name}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_no_secret_stands_in_the_file_and_each_process_gets_its_own_only(tmp_path: Path) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(r"(PASSWORD|SECRET|KEY|PEPPER)\w*: (?!/run/secrets/)", text)
    secrets = COMPOSE["secrets"]
    written = files_of(DevSecrets(tmp_path / "secrets.json"))
    assert {Path(secret["file"]).name for secret in secrets.values()} == set(written)
    for name, container in CONTAINERS.items():
        mounted = container.get("secrets", [])
        assert len(mounted) <= 1, name
    keys = {name: content for name, content in written.items() if name.endswith(".env") and name != "migrate.env"}
    assert "SHAREWISE_ADMIN_DATABASE_URL" not in "".join(keys.values())
    assert "SHAREWISE_MIGRATE_DATABASE_URL" not in "".join(keys.values())


def test_the_image_is_pinned_and_runs_as_an_ordinary_user() -> None:
    lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases
    assert all(re.search(r":\d+\.\d+\.\d+-", base) for base in bases)
    assert lines.index("USER 10001") > max(number for number, line in enumerate(lines) if line.startswith("FROM "))
    assert any("--require-hashes" in line for line in lines)
