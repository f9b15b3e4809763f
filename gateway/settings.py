"""Every knob of the gateway. Variables begin with GATEWAY_ (or SHAREWISE_ for what all processes share)."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from gateway.proxy.upstream import Times
from gateway.server.bounds import Bounds
from libs.common.settings import CommonSettings
from libs.contracts.market import TICK_PARTITIONS


class GatewaySettings(CommonSettings):
    """Lists are written with commas. Times are in seconds (`_s`) or milliseconds (`_ms`), sizes in bytes.

    hosts: addresses to listen on. processes: of this gateway; replicas: gateways beside this one: together they share a
    limit while Redis is away. side_port: metrics and health of each process when there are several, counted up from it
    (0: any free ones).
    allowed_hosts: further names under which we are asked (`*` for any); origins: further origins whose pages may call.
    trusted_hops: networks of the proxies in front of us. limit_factor: multiplies all limits; by default 10 in
    development and 1 elsewhere. drain_s: from a signal to the closing of the sockets, for load balancers to notice.
    """

    service: ClassVar[str] = "gateway"

    hosts: str = "127.0.0.1,::1"
    port: int = Field(default=8000, ge=0, le=65535)
    processes: int = Field(default=1, ge=1, le=64)
    replicas: int = Field(default=1, ge=1)
    side_port: int = Field(default=8110, ge=0, le=65535)
    allowed_hosts: str = ""
    origins: str = ""
    trusted_hops: str = ""
    limit_factor: float | None = Field(default=None, gt=0)
    limiter_timeout_s: float = Field(default=0.25, gt=0)
    token_cache_size: int = Field(default=20_000, ge=1)
    revocations_max_age_s: float = Field(default=5.0, gt=0)
    body_max_bytes: int = Field(default=256 * 1024, ge=1)
    head_max_bytes: int = Field(default=16 * 1024, ge=1_024)
    head_s: float = Field(default=5.0, gt=0)
    body_s: float = Field(default=10.0, gt=0)
    idle_s: float = Field(default=65.0, gt=0)
    stall_s: float = Field(default=30.0, gt=0)
    connections: int = Field(default=10_000, ge=1)
    upstream_connections: int = Field(default=256, ge=1)
    upstream_connect_s: float = Field(default=1.0, gt=0)
    upstream_total_s: float = Field(default=10.0, gt=0)
    upstream_idle_s: float = Field(default=30.0, gt=0)
    web_dist: Path = Path("web/dist")
    access_log: bool = True
    drain_s: float = Field(default=0.0, ge=0)

    tick_partitions: int = Field(default=TICK_PARTITIONS, ge=1, le=64)
    socket_auth_s: float = Field(default=5.0, gt=0)
    socket_ping_s: float = Field(default=20.0, gt=0)
    socket_warning_s: float = Field(default=60.0, gt=0)
    socket_message_max_bytes: int = Field(default=32 * 1024, ge=1)
    socket_messages_per_s: int = Field(default=20, ge=1)
    socket_unread_max_bytes: int = Field(default=1024 * 1024, ge=1_024)
    sockets_per_user: int = Field(default=5, ge=1)
    socket_flush_ms: int = Field(default=25, ge=1)
    socket_leave_s: float = Field(default=1.0, ge=0)
    replay_s: int = Field(default=300, ge=1)
    replay_messages: int = Field(default=1_000, ge=1)

    @property
    def factor(self) -> float:
        if self.limit_factor is not None:
            return self.limit_factor
        return 10.0 if self.is_development else 1.0

    @property
    def share(self) -> float:
        """This process's part of each limit while Redis is away."""
        return 1 / (self.processes * self.replicas)

    @property
    def host_names(self) -> list[str]:
        own = urlsplit(self.public_url).hostname
        return ["localhost", "127.0.0.1", "::1", *([own] if own else []), *_words(self.allowed_hosts)]

    @property
    def origin_names(self) -> list[str]:
        """Our own origin, under each of its local names where it is local, and those that the operator added."""
        public = urlsplit(self.public_url)
        port = f":{public.port}" if public.port else ""
        names = [f"{public.scheme}://{public.hostname}{port}"]
        if public.hostname in ("localhost", "127.0.0.1", "::1"):
            names += [f"{public.scheme}://{name}{port}" for name in ("localhost", "127.0.0.1", "[::1]")]
        return [*dict.fromkeys(names), *_words(self.origins)]

    @property
    def listen_on(self) -> list[str]:
        return _words(self.hosts)

    @property
    def hop_networks(self) -> list[str]:
        return _words(self.trusted_hops)

    @property
    def bounds(self) -> Bounds:
        return Bounds(
            connections=self.connections,
            head_bytes=self.head_max_bytes,
            head_s=self.head_s,
            body_s=self.body_s,
            idle_s=self.idle_s,
            stall_s=self.stall_s,
            socket_message_bytes=self.socket_message_max_bytes,
        )

    @property
    def times(self) -> Times:
        return Times(
            connect_s=self.upstream_connect_s,
            first_byte_s=self.upstream_total_s,
            total_s=self.upstream_total_s,
            idle_s=self.upstream_idle_s,
        )

    def upstream_urls(self) -> dict[str, str]:
        return {
            "auth": self.auth_url,
            "market": self.market_url,
            "alerts": self.alerts_url,
            "signals": self.signals_url,
            "broker": self.broker_url,
            "billing": self.billing_url,
        }


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
