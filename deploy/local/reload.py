"""Development: restart the processes whose code has changed, and run Vite beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from watchfiles import PythonFilter, awatch

from deploy.local.console import Console
from deploy.local.processes import GATEWAY, MAILSINK, PROCESSES, Port, Process
from deploy.local.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
VITE = Process("vite", "deploy.local.vite", (), Port("VITE_PORT", 3000), is_ready_when_open=True)


def touched_by(changed: Iterable[Path], processes: Iterable[Process] = PROCESSES) -> set[str]:
    """Name those of the processes whose code lies at the changed paths (relative to the root)."""
    names: set[str] = set()
    for path in changed:
        match path.parts:
            case (*_, "tests", _):
                continue
            case ("libs", *_):
                return {process.name for process in processes}
            case ("services", service, *_):
                names |= {process.name for process in processes if process.module == f"services.{service}"}
            case ("gateway", *_):
                names.add(GATEWAY.name)
            case ("deploy", "mailsink", *_):
                names.add(MAILSINK.name)
            case _:
                continue
    return names


async def restart_what_changes(
    supervisor: Supervisor, console: Console, processes: Sequence[Process], stop: asyncio.Event
) -> None:
    """Watch the source folders until `stop` is set."""
    folders = [ROOT / name for name in ("libs", "services", "gateway", "deploy")]
    async for changes in awatch(*folders, watch_filter=PythonFilter(), stop_event=stop):
        names = touched_by((Path(path).relative_to(ROOT) for _, path in changes), processes)
        if names:
            console.say(f"changed: {', '.join(sorted(names))}")
            await supervisor.restart(names)
