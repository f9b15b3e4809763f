"""`python -m deploy.local [--reload]`: run the platform until ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from deploy.local.console import Console
from deploy.local.environment import public_url
from deploy.local.ports import Claim, PortsTaken, claims_of, refuse_taken
from deploy.local.processes import POSTGRES, PROCESSES, VALKEY, Process, engines_beside
from deploy.local.reload import VITE, restart_what_changes
from deploy.local.settings import LocalSettings, port_numbers, variables_of_user
from deploy.local.supervisor import StartFailed, Supervisor
from deploy.local.warm import LIBRARIES, OURS


class AlreadyRuns(RuntimeError):
    """Another supervisor has this data folder."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="Run ShareWise on this machine.")
    parser.add_argument("--reload", action="store_true", help="restart what changes; Vite serves the SPA")
    reloading: bool = parser.parse_args().reload
    console = Console()
    try:
        variables = variables_of_user()
        settings = LocalSettings()
        extra = (*engines_beside(settings.engines), *((VITE,) if reloading else ()))
        ports = port_numbers(settings, variables, extra)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        lock = _lock(settings.data_dir, public_url(ports))
        _check_ports(settings, ports, extra)
        supervisor = Supervisor(
            settings,
            variables,
            ports,
            console,
            extra=extra,
            # With reload a child must read our own code anew, so the nursery knows only what others wrote.
            warm_modules=LIBRARIES if reloading else LIBRARIES + OURS,
        )
        with lock:
            asyncio.run(_run(supervisor, console, (*PROCESSES, *extra) if reloading else ()))
    except (StartFailed, PortsTaken, AlreadyRuns, ValueError) as error:
        console.say(f"ShareWise did not start.\n{error}")
        return 1
    console.say("stopped")
    return 0


async def _run(supervisor: Supervisor, console: Console, reloaded: Sequence[Process]) -> None:
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            console.say("killed")
            sys.stdout.flush()
            signal.raise_signal(signal.SIGKILL)
        console.say("stopping; once more kills")
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    watching = asyncio.create_task(restart_what_changes(supervisor, console, reloaded, stop)) if reloaded else None
    try:
        await supervisor.run(stop)
    finally:
        if watching is not None:
            watching.cancel()


def _lock(data_dir: Path, url: str) -> IO[str]:
    """Hold the data folder for the length of the run. Raises AlreadyRuns."""
    file = (data_dir / "supervisor.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        where = file.read().strip()
        file.close()
        raise AlreadyRuns(
            f"ShareWise already runs from {data_dir} ({where}). "
            "Stop that one, or run a second copy with another SHAREWISE_DATA_DIR and SHAREWISE_PORT_OFFSET."
        ) from error
    file.truncate(0)
    file.write(url)
    file.flush()
    return file


def _check_ports(settings: LocalSettings, ports: dict[str, int], extra: tuple[Process, ...]) -> None:
    """Raise PortsTaken. A store's own start says it for the store, which may first have to stop a stale one."""
    stores = [Claim("postgres", POSTGRES.setting, ports[POSTGRES.setting])] if settings.embeds_postgres else []
    if settings.embeds_valkey:
        stores.append(Claim("valkey", VALKEY.setting, ports[VALKEY.setting]))
    ours = [claim for process in (*PROCESSES, *extra) for claim in claims_of(process.name, process.ports, ports)]
    refuse_taken(ours, stores, host=settings.host)


if __name__ == "__main__":
    raise SystemExit(main())
