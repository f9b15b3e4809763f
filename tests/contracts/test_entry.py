"""`python -m services.<service>`: what it takes, and what it says to anything else."""

from __future__ import annotations

import pytest

from libs.common.entry import run_service, settings_class
from libs.common.provision import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_settings_under_its_own_name_and_ports(service: str) -> None:
    assert settings_class(service).service == service
    ports = {(settings_class(each)().port, settings_class(each)().worker_port) for each in SERVICES}
    assert len({port for pair in ports for port in pair}) == 2 * len(SERVICES)


@pytest.mark.parametrize("arguments", [[], ["serve"], ["api", "now"], ["migrate", "sideways"]])
def test_anything_else_is_answered_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.common.entry.configure_logging", lambda *_, **__: None)  # it is for the whole process
    with pytest.raises(SystemExit) as end:
        run_service("billing", arguments)
    assert end.value.code == 2
    assert "usage: python -m services.billing api | worker | migrate" in capsys.readouterr().err


def test_the_usage_names_every_background_process(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.common.entry.configure_logging", lambda *_, **__: None)
    with pytest.raises(SystemExit):
        run_service("alerts", [], {"worker": "worker", "engine": "engine.worker"})
    assert "api | worker | engine | migrate" in capsys.readouterr().err


def test_a_service_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ModuleNotFoundError):
        run_service("no_such_service", ["api"])
