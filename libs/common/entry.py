"""The one way to start a service: `python -m services.<service> api|worker|migrate`.

from libs.common.entry import run_service
run_service("alerts", sys.argv[1:])
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import cast

import uvicorn
import uvloop

from libs.common.logging import configure_logging
from libs.common.settings import ServiceSettings
from libs.common.telemetry import start_tracing

USAGE = "usage: python -m services.{service} api | {workers} | migrate [down REVISION | new MESSAGE]\n"
WORKERS: Mapping[str, str] = {"worker": "worker"}
"""A service's background processes: the word that starts each, and the module that has its `build_worker`."""


def run_service(service: str, arguments: Sequence[str], workers: Mapping[str, str] = WORKERS) -> None:
    """Run one of a service's processes until it is told to stop, then exit.

    `migrate` goes to head, `migrate down REVISION` back to one, `migrate new MESSAGE` writes a new migration.
    """
    settings = settings_class(service)()
    configure_logging(service, level=settings.log_level, log_format=settings.log_format)
    start_tracing(service, settings.otel_endpoint)
    match list(arguments):
        case ["api"]:
            code = _run_api(settings)
        case [word] if word in workers:
            code = _run_worker(settings, workers[word])
        case ["migrate"] | ["migrate", "down" | "new", _]:
            code = _run_migrations(settings, arguments[1:])
        case _:
            sys.stderr.write(USAGE.format(service=service, workers=" | ".join(workers)))
            code = 2
    raise SystemExit(code)


def settings_class(service: str) -> type[ServiceSettings]:
    """Find a service's settings class in its `settings.py`. Raises LookupError when there is none."""
    module = importlib.import_module(f"services.{service}.settings")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, ServiceSettings) and vars(value).get("service") == service:
            return value
    raise LookupError(f"services/{service}/settings.py defines no ServiceSettings with service = {service!r}.")


def _run_api(settings: ServiceSettings) -> int:
    build_app = importlib.import_module(f"services.{settings.service}.app").build_app
    server = uvicorn.Server(
        uvicorn.Config(
            build_app(settings),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=10,
        )
    )
    server.run()
    return 0 if server.started else 3


def _run_worker(settings: ServiceSettings, module: str) -> int:
    build_worker = importlib.import_module(f"services.{settings.service}.{module}").build_worker

    async def main() -> int:
        # Built inside the loop, so that whatever binds to a loop binds to this one.
        return cast(int, await build_worker(settings).run())

    return uvloop.run(main())


def _run_migrations(settings: ServiceSettings, arguments: Sequence[str]) -> int:
    from libs.common import migrations  # Alembic is for this step alone

    url, service = settings.migrate_database_url, settings.service
    match list(arguments):
        case []:
            asyncio.run(migrations.upgrade(url, service))
        case ["down", revision]:
            asyncio.run(migrations.downgrade(url, service, revision))
        case ["new", message]:
            asyncio.run(migrations.make_revision(url, service, message))
    return 0
