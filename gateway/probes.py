"""The door's own health: whether the process lives, whether it can serve, and what it counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.answers import API_HEADERS, NO_STORE
from gateway.clients import is_loopback
from gateway.credentials import Visitor
from gateway.door import Page, Visit
from gateway.limits.limiter import Limiter
from gateway.proxy.fetch import fetch
from gateway.proxy.upstream import Upstream
from libs.common.errors import NotFound
from libs.common.security.middleware import TokenVerifier
from libs.common.telemetry import METRICS_CONTENT_TYPE, render_metrics

KEEP_S = 1.0
PROBE_S = 1.0


class Probes:
    """`/healthz`, `/readyz`, `/metrics`.

    Ready means that the door can do its own work: it knows the keys that sign tokens, and it is not leaving. A service
    that is away shows in the answer and fails nothing: the others go on through the same door.
    """

    def __init__(self, upstreams: Mapping[str, Upstream], verifier: TokenVerifier, limiter: Limiter) -> None:
        self._upstreams = upstreams
        self._verifier = verifier
        self._limiter = limiter
        self._summary: dict[str, Any] = {}
        self._summed_at = float("-inf")
        self._lock = asyncio.Lock()
        self.is_leaving = False

    async def health(self, _visit: Visit, _visitor: Visitor | None) -> Page:
        return _json(200, (await self.alive())[1])

    async def alive(self) -> tuple[bool, dict[str, Any]]:
        """Say that the process lives: whoever gets this answer knows."""
        return True, {"status": "ok"}

    async def readiness(self, _visit: Visit, _visitor: Visitor | None) -> Page:
        ready, about = await self.report()
        return _json(200 if ready else 503, about)

    async def metrics(self, visit: Visit, _visitor: Visitor | None) -> Page:
        """Serve who asks from this machine, and not through a proxy on it."""
        if not is_loopback(visit.client) or b"x-forwarded-for" in visit.given or b"forwarded" in visit.given:
            raise NotFound
        headers = [(b"content-type", METRICS_CONTENT_TYPE.encode()), NO_STORE, *API_HEADERS]
        return 200, headers, render_metrics()

    async def report(self) -> tuple[bool, dict[str, Any]]:
        """Say whether the door is ready, and how everything behind it is. Services are asked at most once a second."""
        async with self._lock:
            if time.monotonic() - self._summed_at > KEEP_S:
                self._summary = await self._sum_up()
                self._summed_at = time.monotonic()
        keys = self._verifier.keys.is_loaded
        if not keys:
            await self._verifier.keys.find("")  # makes it look
            keys = self._verifier.keys.is_loaded
        ready = keys and not self.is_leaving
        away = [name for name, about in self._summary.items() if about["status"] != "ok"]
        status = "ok" if ready and not away else "degraded" if ready else "unavailable"
        return ready, {
            "status": status,
            "checks": {
                "keys": "ok" if keys else "failed",
                "redis": "ok" if self._limiter.is_exact else "failed",
                "leaving": self.is_leaving,
            },
            "services": self._summary,
        }

    async def _sum_up(self) -> dict[str, Any]:
        answers = await asyncio.gather(*(self._ask(upstream) for upstream in self._upstreams.values()))
        return dict(zip(self._upstreams, answers, strict=True))

    async def _ask(self, upstream: Upstream) -> dict[str, Any]:
        reply = await fetch(upstream, b"/readyz", within_s=PROBE_S)
        if reply is None:
            return {"status": "away"}
        status, body = reply
        try:
            checks = orjson.loads(body).get("checks", {})
        except (orjson.JSONDecodeError, AttributeError):
            checks = {}
        return {"status": "ok" if status == 200 else "not_ready", "checks": checks}


def _json(status: int, document: Mapping[str, Any]) -> Page:
    return status, [(b"content-type", b"application/json"), NO_STORE, *API_HEADERS], orjson.dumps(document)
