"""What the app and the worker of signals are both made of."""

from __future__ import annotations

from dataclasses import dataclass

from libs.common.db import Database
from libs.common.http import Http, ServiceClient
from libs.common.http.service_client import TokenSource
from libs.common.security.service_tokens import ServiceTokens
from services.signals.allowances.service import Allowances
from services.signals.history import History
from services.signals.settings import SignalsSettings
from services.signals.strategies.service import Strategies


@dataclass(frozen=True, slots=True)
class Peers:
    """The services that signals asks."""

    market: ServiceClient
    billing: ServiceClient

    @classmethod
    def of(cls, settings: SignalsSettings, http: Http, tokens: TokenSource | None) -> Peers:
        tokens = tokens or ServiceTokens(
            http, service=settings.service, secret=settings.service_secret, auth_url=settings.auth_url
        )
        return cls(
            market=ServiceClient(http, settings.market_url, "market", tokens),
            billing=ServiceClient(http, settings.billing_url, "billing", tokens),
        )


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms, as the app and the worker share them."""

    allowances: Allowances
    history: History
    strategies: Strategies


def make_rooms(settings: SignalsSettings, db: Database, peers: Peers) -> Rooms:
    allowances = Allowances(db, peers.billing)
    return Rooms(
        allowances=allowances,
        history=History(peers.market, db.clock),
        strategies=Strategies(db, allowances),
    )
