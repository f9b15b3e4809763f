"""Which processes the platform is made of: the one list, which compose and the code are tested against."""

from __future__ import annotations

from dataclasses import dataclass

from libs.common.provision import SERVICES


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a process opens: the variable that sets it, and where it is when nobody does."""

    setting: str
    default: int


@dataclass(frozen=True, slots=True)
class Process:
    """One long-running process. `port` is its HTTP side: `/healthz` and `/readyz` are there."""

    name: str
    module: str
    arguments: tuple[str, ...]
    port: Port
    other_ports: tuple[Port, ...] = ()
    is_ready_when_open: bool = False
    """Ready as soon as its port takes connections: a program of others that has no `/readyz`."""
    gives_way: bool = False
    """Where the processors are short it gets less of them than the others (`SHAREWISE_SENDER_NICE`): what it does may
    be late without harm, and nobody else waits for it."""
    told_by: str | None = None
    """The variable by which its program is told its port, where another process of that program has it already."""

    @property
    def service(self) -> str:
        """The service that it is a process of."""
        return self.module.rpartition(".")[2]

    @property
    def ports(self) -> tuple[Port, ...]:
        return (self.port, *self.other_ports)

    @property
    def command(self) -> list[str]:
        """The command line after `python`."""
        return ["-m", self.module, *self.arguments]


POSTGRES = Port("SHAREWISE_POSTGRES_PORT", 8432)
VALKEY = Port("SHAREWISE_VALKEY_PORT", 8379)

MIGRATE = ("-m", "deploy.migrate")
"""Runs once, before the services: roles, schemas, tables."""

APIS = tuple(
    Process(service, f"services.{service}", ("api",), Port(f"{service.upper()}_PORT", 8001 + number))
    for number, service in enumerate(SERVICES)
)
WORKERS = (
    *(
        Process(
            f"{service}-worker",
            f"services.{service}",
            ("worker",),
            Port(f"{service.upper()}_WORKER_PORT", 8101 + number),
        )
        for number, service in enumerate(SERVICES)
    ),
    Process("alerts-engine", "services.alerts", ("engine",), Port("ALERTS_ENGINE_PORT", 8113)),
    Process("alerts-sender", "services.alerts", ("sender",), Port("ALERTS_SENDER_PORT", 8114), gives_way=True),
)
MAILSINK = Process("mailsink", "deploy.mailsink", (), Port("MAILSINK_PORT", 8025), (Port("MAILSINK_SMTP_PORT", 1025),))
GATEWAY = Process("gateway", "gateway", (), Port("GATEWAY_PORT", 8000))

PROCESSES = (MAILSINK, *APIS, *WORKERS, GATEWAY)
"""In the order of their start; the gateway is last, because its open port says that all is ready."""


def engines_beside(engines: int) -> tuple[Process, ...]:
    """List the alert engines beyond the first, which is one of the workers."""
    return tuple(
        Process(
            f"alerts-engine-{number}",
            "services.alerts",
            ("engine",),
            Port(f"ALERTS_ENGINE_{number}_PORT", 8120 + number),
            told_by="ALERTS_ENGINE_PORT",
        )
        for number in range(2, engines + 1)
    )
