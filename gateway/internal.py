"""What the gateway asks of services for itself, with its own service token."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from gateway.settings import GatewaySettings
from libs.common.http import Http, ServiceClient, Timeouts
from libs.common.http.service_client import TokenSource
from libs.common.security.service_tokens import ServiceTokens
from libs.contracts.auth import KeyExchange, KeyToken
from libs.contracts.billing import Entitlements
from libs.contracts.market import InstrumentInfo, NewestPrices


class Internal:
    """Calls to services' internal routes. They raise the errors of `libs.common.http`, and NotFound."""

    def __init__(self, settings: GatewaySettings, *, tokens: TokenSource | None = None) -> None:
        self._http = Http("gateway", timeouts=Timeouts(connect=0.5, read=1.0, total=1.5), retries=1)
        tokens = tokens or ServiceTokens(
            self._http, service=settings.service, secret=settings.service_secret, auth_url=settings.auth_url
        )
        self._auth = ServiceClient(self._http, settings.auth_url, "auth", tokens)
        self._billing = ServiceClient(self._http, settings.billing_url, "billing", tokens)
        self._market = ServiceClient(self._http, settings.market_url, "market", tokens)

    async def entitlements(self, user_id: UUID) -> Entitlements:
        return await self._billing.get(f"/internal/entitlements/{user_id}", Entitlements)

    async def exchange_key(self, key: str, address: str) -> KeyToken:
        """Show an API key to auth. Raises NotFound for one that is not good."""
        body = KeyExchange(key=key, address=address)
        return await self._auth.post("/internal/keys/exchange", body, KeyToken, repeatable=True)

    async def newest_prices(self, instruments: Sequence[str]) -> tuple[InstrumentInfo, ...]:
        """Ask for the newest stored prices of at most 1,000 instruments."""
        answer = await self._market.post(
            "/internal/prices", {"instruments": list(instruments)}, NewestPrices, repeatable=True
        )
        return answer.items

    async def aclose(self) -> None:
        await self._http.aclose()
