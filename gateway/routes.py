"""What the door knows of the services: which addresses go where, who may come, and which limit counts. Data, and pure.

The longest prefix wins, and a prefix matches whole segments. What stands here is the public surface: an address without
a row is 404 at the door, so nothing of a service (its /internal routes, its health) is reachable by accident.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.limits.rules import LimitClass


class Pages(StrEnum):
    """Whose pages may read the answers in a browser: ours always; see `cross_origin`."""

    OURS = "ours"
    APPS = "apps"
    """Also those of other people's apps, when the call carries such an app's token."""
    ALL = "all"
    """Anybody's: what is public, or is proved by what stands in the request itself."""


class Access(StrEnum):
    """Who may come through."""

    PUBLIC = "public"
    USER = "user"


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One row. `sensitive` routes (money, administration) are refused while revocations may be missed (decisions 23).

    read, write: the limit of GET and HEAD, and that of all other methods. cookies: whether the service sees cookies.
    pages: none of sensitive routes, since what a browser holds is no secret. body_max_bytes: where files come in.
    """

    prefix: str
    upstream: str
    access: Access = Access.USER
    read: LimitClass = LimitClass.READ
    write: LimitClass = LimitClass.WRITE
    sensitive: bool = False
    cookies: bool = False
    pages: Pages = Pages.OURS
    body_max_bytes: int | None = None

    def limit(self, method: str) -> LimitClass:
        return self.read if method in ("GET", "HEAD") else self.write


def _auth(
    prefix: str,
    access: Access = Access.USER,
    write: LimitClass = LimitClass.WRITE,
    *,
    sensitive: bool = False,
) -> Route:
    read = LimitClass.PUBLIC if access is Access.PUBLIC else LimitClass.READ
    return Route(prefix, "auth", access, read=read, write=write, sensitive=sensitive, cookies=True)


def _public(prefix: str, upstream: str, pages: Pages = Pages.OURS) -> Route:
    return Route(prefix, upstream, Access.PUBLIC, read=LimitClass.PUBLIC, write=LimitClass.PUBLIC, pages=pages)


def _api(prefix: str, upstream: str) -> Route:
    return Route(prefix, upstream, pages=Pages.APPS)


ROUTES: tuple[Route, ...] = (
    # auth. Refresh and logout carry a refresh token, which auth checks; the others here come before any credential.
    _auth("/api/auth/register", Access.PUBLIC, LimitClass.LOGIN),
    _auth("/api/auth/verify-email", Access.PUBLIC, LimitClass.LOGIN),
    _auth("/api/auth/login", Access.PUBLIC, LimitClass.LOGIN),
    _auth("/api/users/login", Access.PUBLIC, LimitClass.LOGIN),
    _auth("/api/auth/password", Access.PUBLIC, LimitClass.LOGIN),
    _auth("/api/auth/password/strength", Access.PUBLIC, LimitClass.PUBLIC),
    _auth("/api/auth/password/change", write=LimitClass.LOGIN),
    _auth("/api/auth/unblock", Access.PUBLIC, LimitClass.LOGIN),
    _auth("/api/auth/email/confirm", Access.PUBLIC, LimitClass.LOGIN),
    _auth("/api/auth/keep-account", Access.PUBLIC, LimitClass.LOGIN),
    _auth("/api/auth/rules", Access.PUBLIC),
    _auth("/api/auth/refresh", Access.PUBLIC, LimitClass.PUBLIC),
    _auth("/api/auth/logout", Access.PUBLIC, LimitClass.PUBLIC),
    _auth("/api/auth/oidc", Access.PUBLIC, LimitClass.LOGIN),
    _auth("/api/auth/providers", Access.PUBLIC),
    _public("/api/auth/.well-known", "auth", Pages.ALL),
    _auth("/api/auth/sessions"),
    _auth("/api/auth/step-up", write=LimitClass.LOGIN),
    _auth("/api/auth/two-factor", write=LimitClass.LOGIN),
    _auth("/api/auth/passkeys", write=LimitClass.LOGIN),
    _auth("/api/users/me"),
    # auth, for staff
    _auth("/api/users", sensitive=True),
    _auth("/api/roles"),
    _auth("/api/role-changes", sensitive=True),
    _auth("/api/role-testing", sensitive=True),
    _auth("/api/api-keys"),
    # auth, for apps of others: a person decides, and apps come with credentials of their own
    _auth("/api/oauth/authorize"),
    _auth("/api/oauth/apps"),
    _public("/api/oauth/token", "auth", Pages.ALL),
    _public("/api/oauth/revoke", "auth", Pages.ALL),
    _public("/api/oauth/introspect", "auth"),  # for apps with a secret, which are in no browser
    _public("/.well-known/oauth-authorization-server", "auth", Pages.ALL),
    # market
    _api("/api/stocks", "market"),
    _api("/api/instruments", "market"),
    _api("/api/market", "market"),
    Route("/api/market/imports", "market", sensitive=True, body_max_bytes=6 * 1024 * 1024),
    Route("/api/market/company-events", "market", sensitive=True, body_max_bytes=2 * 1024 * 1024),
    Route("/api/market/price-imports", "market", sensitive=True, body_max_bytes=6 * 1024 * 1024),
    Route("/api/market/providers", "market", sensitive=True),
    Route("/api/market/quality", "market", sensitive=True),
    Route("/api/market/splits", "market", sensitive=True),
    _api("/api/watchlists", "market"),
    _api("/api/news", "market"),
    _api("/api/economics", "market"),
    _api("/api/company-events", "market"),
    # alerts
    _api("/api/alerts", "alerts"),
    _api("/api/notifications", "alerts"),
    Route("/api/notification-preferences", "alerts"),
    Route("/api/notification-addresses", "alerts"),
    _public("/api/notification-addresses/push/moved", "alerts"),
    Route("/api/webhooks", "alerts"),
    Route("/api/deliveries", "alerts", sensitive=True),
    Route("/api/sms-texts", "alerts", sensitive=True),
    _public("/api/unsubscribe", "alerts"),
    _public("/api/telegram", "alerts"),
    _public("/api/twilio", "alerts"),
    # SendGrid gathers what it tells.
    Route(
        "/api/sendgrid",
        "alerts",
        Access.PUBLIC,
        read=LimitClass.PUBLIC,
        write=LimitClass.PUBLIC,
        body_max_bytes=1024 * 1024,
    ),
    # billing
    _public("/api/plans", "billing"),
    Route("/api/subscription", "billing", sensitive=True),
    Route("/api/payments", "billing", sensitive=True),
    # signals
    _api("/api/signals", "signals"),
    _api("/api/strategies", "signals"),
    _api("/api/indicators", "signals"),
    # A form asks it after each pause in the typing, and nothing is written.
    Route("/api/indicators/read", "signals", write=LimitClass.READ, pages=Pages.APPS),
    _api("/api/screener", "signals"),
    _api("/api/backtests", "signals"),
    # broker
    Route("/api/orders", "broker", write=LimitClass.ORDERS, sensitive=True),
    _api("/api/positions", "broker"),
    _api("/api/holdings", "broker"),
)

UPSTREAMS = ("auth", "market", "alerts", "signals", "broker", "billing")


class RouteTable:
    """Finds the row of a path by its segments."""

    def __init__(self, routes: Iterable[Route] = ROUTES) -> None:
        # The first segment after /api/ picks the few rows that could match; of them the longest prefix stands first.
        self._by_head: dict[bytes, list[tuple[bytes, bytes, Route]]] = {}
        for route in sorted(routes, key=lambda route: -len(route.prefix)):
            prefix = route.prefix.encode()
            self._by_head.setdefault(_head(prefix), []).append((prefix, prefix + b"/", route))

    def find(self, path: bytes) -> Route | None:
        """Give the row of a canonical path (see `paths`), None when there is none."""
        for exact, below, route in self._by_head.get(_head(path), ()):
            if path == exact or path.startswith(below):
                return route
        return None


def _head(path: bytes) -> bytes:
    return path[5:].partition(b"/")[0]
