"""`python -m gateway`: open the door."""

from __future__ import annotations

import logging
import sys

import uvloop

from gateway.app import Gateway
from gateway.server.listening import PortTaken, listen
from gateway.server.processes import Sockets, run_several
from gateway.server.serving import DoorConfig, DoorServer
from gateway.settings import GatewaySettings
from libs.common.logging import configure_logging, get_logger
from libs.common.side_port import SidePort
from libs.common.telemetry import start_tracing

log = get_logger(__name__)


def main() -> int:
    """Serve until told to stop. Returns the exit code."""
    settings = GatewaySettings()
    configure_logging("gateway", level=settings.log_level, log_format=settings.log_format)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # it tells of every socket, addresses included
    try:
        if settings.processes == 1:
            _serve(settings, listen(settings.listen_on, settings.port), None)
        else:
            run_several(
                settings.processes,
                settings.listen_on,
                settings.port,
                lambda sockets, number: _serve(settings, sockets, number),
            )
    except PortTaken as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


def _serve(settings: GatewaySettings, sockets: Sockets, number: int | None) -> None:
    """Serve in this process. number: which of several it is, None for the only one."""
    start_tracing("gateway", settings.otel_endpoint)
    uvloop.run(_live(settings, sockets, number))


async def _live(settings: GatewaySettings, sockets: Sockets, number: int | None) -> None:
    gateway = Gateway(settings)
    server = DoorServer(DoorConfig(gateway, bounds=settings.bounds, leave=gateway.leave))
    side = None
    if number is not None:
        # The shared port answers from any of the processes; each one's own metrics are here.
        port = settings.side_port + number if settings.side_port else 0
        side = SidePort(settings.host, port, health=gateway.probes.alive, readiness=gateway.probes.report)
        await side.start()
    log.info("gateway_opened", addresses=[f"{s.getsockname()[0]}:{s.getsockname()[1]}" for s in sockets])
    try:
        with gateway.traffic.published():
            await server.serve(sockets)
    finally:
        if side is not None:
            await side.stop()


if __name__ == "__main__":
    raise SystemExit(main())
