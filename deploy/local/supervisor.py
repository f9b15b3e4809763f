"""Start the platform in the order of its needs, keep it running, stop it in order."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Coroutine, Iterable
from functools import partial
from typing import Protocol

from deploy.local.backoff import Backoff, cause_of_death
from deploy.local.banner import banner
from deploy.local.children import Child, Nursery, NurseryLost
from deploy.local.console import Console
from deploy.local.dev_secrets import DevSecrets
from deploy.local.environment import Environments
from deploy.local.keeper import Keeper, NeverReady
from deploy.local.probes import Stopwatch, until_prices_come_in
from deploy.local.processes import APIS, GATEWAY, MAILSINK, MIGRATE, WORKERS, Process
from deploy.local.settings import LocalSettings
from deploy.local.stores import LocalStores
from libs.common.stores import StoreFailed

STORE_CHECK_S = 0.2


class StartFailed(RuntimeError):
    """The platform could not be started; the message says why and what to do."""


class Server(Protocol):
    """What we need of an embedded store."""

    name: str

    @property
    def pid(self) -> int: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def poll(self) -> int | None: ...


class Supervisor:
    """One run of the platform. Everything happens in the main thread: the parent-death signals are tied to it."""

    def __init__(
        self,
        settings: LocalSettings,
        variables: dict[str, str],
        ports: dict[str, int],
        console: Console,
        *,
        extra: Iterable[Process] = (),
        warm_modules: tuple[str, ...] = (),
    ) -> None:
        """extra: processes of development only. warm_modules: what the nursery imports before any child starts."""
        self._settings = settings
        self._variables = variables
        self._ports = ports
        self._console = console
        self._extra = tuple(extra)
        self._warm_modules = warm_modules
        self._nursery: Nursery | None = None
        self._servers: list[Server] = []
        self._keepers: dict[str, Keeper] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: asyncio.Future[object] | None = None
        self._environments: Environments | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Start everything, stay until `stop` is set, stop everything. Raises StartFailed."""
        self._failed = asyncio.get_running_loop().create_future()
        try:
            if await self._unless_stopped(self._start(), stop):
                await self._unless_stopped(asyncio.Event().wait(), stop)
        finally:
            await self._stop()

    async def restart(self, names: Iterable[str]) -> None:
        """Start processes anew because their code has changed; names that do not run are left out."""
        await asyncio.gather(*(self._keepers[name].restart() for name in names if name in self._keepers))

    async def _start(self) -> None:
        whole = Stopwatch()
        began = time.time()
        self._nursery = Nursery(self._warm_modules)
        secrets = DevSecrets(self._settings.data_dir / "secrets.json")
        stores = LocalStores.from_settings(self._settings, self._ports, secrets)
        for port_setting, server in stores.embedded.items():
            self._start_server(server, port_setting)
        self._console.say(f"stores are up after {whole}")
        self._environments = Environments(
            self._settings, self._variables, self._ports, secrets, stores.admin_url, stores.redis_url
        )
        warm_s = await self._nursery.warm_s
        self._console.say(f"libraries are loaded after {whole} ({warm_s:.1f} s of imports, once for all processes)")
        await self._migrate()
        self._console.say(f"the schemas are at head after {whole}")
        await self._bring_up([MAILSINK, *APIS, *WORKERS, *self._extra])
        self._console.say(f"services and workers are ready after {whole}")
        await self._await_first_prices(stores.redis_url, began)
        await self._bring_up([GATEWAY])
        self._console.block(
            banner(
                self._settings,
                self._ports,
                took_s=whole.seconds,
                stores=[server.name for server in self._servers],
                extra=self._extra,
            )
        )

    def _start_server(self, server: Server, port_setting: str) -> None:
        try:
            server.start()
        except StoreFailed as error:
            raise StartFailed(f"{error}\n{port_setting} sets the port of {server.name}.") from error
        self._servers.append(server)
        self._run_task(self._keep_server(server), f"keep {server.name}")

    async def _keep_server(self, server: Server) -> None:
        """Start a store again when it dies; its clients reconnect by themselves."""
        backoff = Backoff()
        began = time.monotonic()
        while True:
            await asyncio.sleep(STORE_CHECK_S)
            code = server.poll()
            if code is None:
                continue
            wait_s = backoff.after(time.monotonic() - began)
            self._console.say(f"{server.name} died ({cause_of_death(code)}); starting it again in {wait_s:g} s.")
            await asyncio.sleep(wait_s)
            began = time.monotonic()
            server.stop()
            try:
                server.start()
            except StoreFailed as error:
                self._console.say(str(error))
            else:
                self._console.say(f"{server.name} is ready again.")
                self._write_state()

    async def _migrate(self) -> None:
        assert self._nursery is not None
        assert self._environments is not None
        child = await self._nursery.spawn_command(
            "migrate",
            MIGRATE[1],
            environment=self._environments.of_migrate(),
            on_line=partial(self._console.line, "migrate"),
        )
        if (code := await child.ended) != 0:
            raise StartFailed(f"The migrations failed ({cause_of_death(code)}); their last words are above.")

    async def _bring_up(self, processes: Iterable[Process]) -> None:
        """Start processes all at once and wait until every one is ready. Raises StartFailed."""
        keepers = [self._keeper(process) for process in processes]
        for keeper in keepers:
            self._keepers[keeper.process.name] = keeper
            self._run_task(keeper.keep(), f"keep {keeper.process.name}")
        try:
            async with asyncio.timeout(self._settings.ready_timeout_s):
                await asyncio.gather(*(keeper.ready.wait() for keeper in keepers))
        except TimeoutError as error:
            words = [await keeper.last_word() for keeper in keepers if not keeper.ready.is_set()]
            raise StartFailed(f"Not ready within {self._settings.ready_timeout_s:g} s:\n" + "\n".join(words)) from error

    def _keeper(self, process: Process) -> Keeper:
        port = self._ports[process.port.setting]
        return Keeper(
            process,
            spawn=self._spawn,
            on_spawned=self._write_state,
            host=self._settings.host,
            port=port,
            console=self._console,
        )

    async def _spawn(self, process: Process) -> Child:
        assert self._environments is not None
        if self._nursery is None or not self._nursery.is_alive:
            self._nursery = Nursery(self._warm_modules)
        try:
            return await self._nursery.spawn(
                process,
                self._environments.of_process(process),
                partial(self._console.line, process.name),
                nice=self._settings.sender_nice if process.gives_way else 0,
            )
        except NurseryLost:
            self._console.say("The process that all others are forked from died; starting it again.")
            raise

    async def _await_first_prices(self, redis_url: str, since: float) -> None:
        watch = Stopwatch()
        try:
            async with asyncio.timeout(self._settings.first_prices_timeout_s):
                await until_prices_come_in(redis_url, since=since)
            self._console.say(f"first prices came {watch} later")
        except TimeoutError:
            self._console.say(
                f"No price came within {watch}: the source is closed, slow or refuses (see market-worker). Going on."
            )

    async def _unless_stopped(self, work: Awaitable[object], stop: asyncio.Event) -> bool:
        """Do the work unless `stop` comes first (then False) or a process will not come up (then StartFailed)."""
        assert self._failed is not None
        working: asyncio.Future[object] = asyncio.ensure_future(work)
        stopping: asyncio.Future[object] = asyncio.ensure_future(stop.wait())
        try:
            awaited: list[asyncio.Future[object]] = [working, stopping, self._failed]
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done():
                self._failed.result()
            if stopping.done():
                return False
            working.result()
            return True
        finally:
            for task in (working, stopping):
                task.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    async def _stop(self) -> None:
        """Close the door first, then all the others at once, then what they need."""
        patience_s = self._settings.stop_patience_s
        keepers = list(self._keepers.values())
        doors = [keeper for keeper in keepers if keeper.process is GATEWAY]
        sinks = [keeper for keeper in keepers if keeper.process is MAILSINK]
        rest = [keeper for keeper in keepers if keeper not in doors + sinks]
        for group in (doors, rest, sinks):
            await asyncio.gather(*(keeper.stop(patience_s=patience_s) for keeper in group))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in reversed(self._servers):
            server.stop()
        if self._nursery is not None:
            await self._nursery.close()
        (self._settings.data_dir / "processes.json").unlink(missing_ok=True)

    def _run_task(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        assert self._failed is not None
        if not self._failed.done():
            words = str(error) if isinstance(error, NeverReady) else f"{task.get_name()} failed: {error!r}"
            self._failed.set_exception(StartFailed(words))

    def _write_state(self) -> None:
        """Write which process has which id and port, for tools and tests."""
        state = {server.name: {"pid": server.pid} for server in self._servers if server.poll() is None}
        for keeper in self._keepers.values():
            if keeper.child is not None:
                state[keeper.process.name] = {"pid": keeper.child.pid, "port": keeper.port}
        path = self._settings.data_dir / "processes.json"
        partial_path = path.with_suffix(".part")
        partial_path.write_text(json.dumps(state, indent=1))
        partial_path.rename(path)
