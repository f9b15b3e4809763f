"""billing, as auth sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import httpx

from libs.common.http import Http
from libs.contracts.billing import Entitlements, Limits, SubscriptionState, Tier


def entitlements(user_id: UUID, *, api_keys: int = 5, calls: int = 600) -> Entitlements:
    """What billing says of a user."""
    limits = Limits(
        active_alerts=50,
        signals_per_day=10,
        strategies=3,
        ai_studio_minutes_per_month=0,
        custom_indicators=False,
        live_trading=False,
        api_keys=api_keys,
        api_calls_per_minute=calls,
        socket_symbols=50,
        socket_ticks_per_second=4,
        channels=("in_app",),
    )
    return Entitlements(
        user_id=user_id,
        tier=Tier.PRO,
        state=SubscriptionState.ACTIVE,
        limits=limits,
        upgrade_to=Tier.ELITE,
        version=1,
    )


@dataclass
class FakeBilling:
    """Answers as billing does on its internal route."""

    api_keys: int = 5
    calls: int = 600
    is_away: bool = False
    asked: list[str] = field(default_factory=list)

    def http(self) -> Http:
        return Http("auth", transport=httpx.MockTransport(self._answer), retries=0)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.headers["authorization"])
        if self.is_away:
            raise httpx.ConnectError("away", request=request)
        user_id = UUID(request.url.path.rsplit("/", 1)[1])
        answer = entitlements(user_id, api_keys=self.api_keys, calls=self.calls)
        return httpx.Response(200, content=answer.model_dump_json(), headers={"content-type": "application/json"})
