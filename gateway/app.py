"""What the gateway is made of. No logic: read it to learn which part holds which."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from gateway.answers import Receive, Send
from gateway.api_keys import KeyDesk
from gateway.clients import HostList, TrustedHops
from gateway.credentials import Credentials
from gateway.cross_origin import Origins
from gateway.door import Door, OwnRoute
from gateway.internal import Internal
from gateway.limits.limiter import Limiter
from gateway.limits.rules import LimitClass, PolicyBook
from gateway.links.resp import RespLink
from gateway.observation import FLUSH_S, AccessLog, Traffic
from gateway.pages.app_pages import AppPages
from gateway.pages.error_pages import ErrorPages
from gateway.pages.files import BuiltFiles
from gateway.probes import Probes
from gateway.proxy.upstream import Upstream, sweep_for_ever
from gateway.reference.document import Reference
from gateway.routes import Access, RouteTable
from gateway.settings import GatewaySettings
from gateway.sockets.entrance import Entrance
from gateway.sockets.room import Room
from gateway.sockets.tickets import TicketOffice
from libs.common.security.setup import Security


class Gateway:
    """The ASGI app. Made inside the event loop that it runs in."""

    def __init__(
        self, settings: GatewaySettings, *, security: Security | None = None, internal: Internal | None = None
    ) -> None:
        self.settings = settings
        self.security = security or Security.from_settings(settings)
        self.internal = internal or Internal(settings)
        self.upstreams = {
            name: Upstream(name, url, times=settings.times, max_connections=settings.upstream_connections)
            for name, url in settings.upstream_urls().items()
        }
        verifier = self.security.verifier
        self.credentials = Credentials(verifier, size=settings.token_cache_size)
        self.link = RespLink(settings.redis_url, timeout_s=settings.limiter_timeout_s)
        self.limiter = Limiter(self.link, share=settings.share)
        self.link.on_connect(self.limiter.load)
        self.traffic = Traffic()
        self.access_log = AccessLog(log_format=settings.log_format, enabled=settings.access_log)
        self.files = BuiltFiles(settings.web_dist)
        self.probes = Probes(self.upstreams, verifier, self.limiter)
        policies = PolicyBook(factor=settings.factor)
        self.keys = KeyDesk(self.credentials, self.internal, policies, size=settings.token_cache_size)
        self.room = Room(
            settings,
            credentials=self.credentials,
            keys=self.keys,
            limiter=self.limiter,
            policies=policies,
            revocations=verifier.revocations,
            link=self.link,
            internal=self.internal,
        )
        hosts, hops = HostList(settings.host_names), TrustedHops(settings.hop_networks)
        origins = Origins(settings.origin_names)
        self.entrance = Entrance(
            self.room,
            hosts=hosts,
            hops=hops,
            origins=origins,
            limiter=self.limiter,
            policies=policies,
            most=settings.connections,
        )
        self.door = Door(
            table=RouteTable(),
            upstreams=self.upstreams,
            credentials=self.credentials,
            keys=self.keys,
            limiter=self.limiter,
            policies=policies,
            hosts=hosts,
            hops=hops,
            origins=origins,
            own=self._own_routes(),
            pages=OwnRoute(AppPages(self.files).serve, limit=None),
            traffic=self.traffic,
            access_log=self.access_log,
            max_body_bytes=settings.body_max_bytes,
            revocations_max_age_s=settings.revocations_max_age_s,
        )

    def _own_routes(self) -> Mapping[bytes, OwnRoute]:
        probes, reference = self.probes, Reference(self.upstreams, self.files)
        tickets = TicketOffice(self.room.tickets)
        return {
            b"/healthz": OwnRoute(probes.health, limit=None, is_probe=True),
            b"/readyz": OwnRoute(probes.readiness, limit=None, is_probe=True),
            b"/metrics": OwnRoute(probes.metrics, limit=None, is_probe=True),
            b"/api/openapi.json": OwnRoute(reference.serve_document),
            b"/api/ws/ticket": OwnRoute(tickets.serve, "POST", Access.USER, LimitClass.WRITE),
            b"/docs": OwnRoute(reference.serve_page),
            **ErrorPages().routes(),
        }

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.door(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.entrance(scope, receive, send)
        elif scope["type"] == "lifespan":
            await receive()
            async with self.running():
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything that goes on beside the requests."""
        self.files.look()
        async with self.security.running(), self.room.running():
            work = (self.link.run(), sweep_for_ever(self.upstreams.values()), self._keep_house())
            tasks = [asyncio.create_task(each) for each in work]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                for upstream in self.upstreams.values():
                    upstream.close()
                await self.internal.aclose()
                self.access_log.flush()

    async def leave(self) -> None:
        """Get ready to go: say so to load balancers, give them time to notice, send the sockets away."""
        self.probes.is_leaving = self.entrance.is_leaving = True
        await asyncio.sleep(self.settings.drain_s)
        await self.room.sessions.close_all(self.settings.socket_leave_s)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            self.access_log.flush()
            self.credentials.forget_dropped_keys()
            self.files.look()
