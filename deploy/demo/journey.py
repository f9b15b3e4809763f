"""The steps of the journey, in the words of the mission: register, see prices move, create an alert, get the mail."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

from deploy.demo.client import Http, Socket, Stumbled

MAIL_WITHIN_S = 30.0
WATCHED = 20
FIRST_TICKS_S = 20.0
LOOK_S = 4.0
_TOKEN = re.compile(r"/verify-email\?token=([A-Za-z0-9._~-]+)")

T = TypeVar("T")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """An alert to create."""

    instrument: str
    condition: str
    threshold: Decimal

    def __str__(self) -> str:
        return f"{self.instrument} {self.condition} {self.threshold}"


class Journey:
    """One new user's way through the platform. Each step raises Stumbled when it does not go as it should."""

    def __init__(self, http: Http, mails: Http, base_url: str, say: Say) -> None:
        self._http = http
        self._mails = mails
        self._base_url = base_url
        self._say = say
        self._email = f"demo-{secrets.token_hex(4)}@example.com"
        self._password = f"{secrets.token_urlsafe(12)}-Aa1"

    def walk(self, *, patience_s: float) -> None:
        """Walk all of it. patience_s: how long a price may take to cross."""
        self._sign_up()
        self._log_in()
        stocks = self._see_stocks()
        socket = Socket(self._base_url, self._http.token or "")
        try:
            prices, moves = self._watch(socket, stocks)
            wishes = choose_alerts(prices, moves)
            created = {self._create(wish): wish for wish in wishes}
            fired = self._await_notification(socket, set(created), patience_s)
        finally:
            socket.close()
        self._see_triggered(fired)
        self._read_alert_mail(fired)

    def _sign_up(self) -> None:
        self._http.post(
            "/api/auth/register/",
            {
                "email": self._email,
                "password": self._password,
                "first_name": "Demo",
                "last_name": "Trader",
                "accept_terms": True,
            },
        )
        self._say(f"registered {self._email}")
        mail = self._await_mail("", lambda mail: _TOKEN.search(mail["Text"]) is not None)
        found = _TOKEN.search(mail["Text"])
        assert found is not None
        self._say(f"mail arrived: {mail['Subject']!r}")
        self._http.post("/api/auth/verify-email/", {"token": found[1]})
        self._say("address verified")

    def _log_in(self) -> None:
        answer = self._http.post("/api/auth/login/", {"email": self._email, "password": self._password})
        self._http.token = answer["access_token"]
        user = answer["user"]
        self._say(f"logged in as {user['username']} ({user['tier']}), token for {answer['expires_in']} s")

    def _see_stocks(self) -> list[dict[str, Any]]:
        stocks: list[dict[str, Any]] = self._http.get("/api/stocks/")
        priced = [stock for stock in stocks if stock["current_price"] is not None]
        if not priced:
            raise Stumbled(f"None of the {len(stocks)} stocks has a price yet.")
        shown = ", ".join(f"{stock['symbol']} {stock['current_price']}" for stock in priced[:4])
        self._say(f"saw {len(stocks)} stocks: {shown} ...")
        return priced

    def _watch(self, socket: Socket, stocks: list[dict[str, Any]]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
        """Follow prices for a moment. Returns the newest price of each instrument, and how far each has moved."""
        stocks = sorted(stocks, key=lambda stock: stock["symbol"] != "AAPL")[:WATCHED]
        names = [stock["instrument"] for stock in stocks]
        socket.subscribe(["notifications", *(f"ticks:{name}" for name in names)])
        prices = {stock["instrument"]: Decimal(stock["current_price"]) for stock in stocks}
        seen: dict[str, list[Decimal]] = {}
        ticks, began, look_until = 0, time.monotonic(), 0.0
        for message in socket.messages(within_s=FIRST_TICKS_S):
            if message.get("ch", "").startswith("ticks:"):
                if not ticks:
                    look_until = time.monotonic() + LOOK_S
                    self._say(f"first live tick after {time.monotonic() - began:.2f} s: {message['data']}")
                ticks += 1
                instrument, price = message["data"]["instrument"], Decimal(message["data"]["price"])
                prices[instrument] = price
                seen.setdefault(instrument, []).append(price)
            if ticks and time.monotonic() >= look_until:
                break
        if not ticks:
            raise Stumbled(f"No tick came over the socket within {FIRST_TICKS_S:g} s.")
        self._say(f"{ticks} ticks of {len(seen)} instruments in {LOOK_S:g} s")
        return prices, {name: (max(row) - min(row)) / max(row) for name, row in seen.items()}

    def _create(self, wish: Wish) -> str:
        alert = self._http.post(
            "/api/alerts/",
            {
                "stock_symbol": wish.instrument,
                "alert_type": "threshold",
                "condition": wish.condition,
                "threshold_price": str(wish.threshold),
            },
        )
        if not alert["is_active"]:
            raise Stumbled(f"The new alert is not active: {alert}")
        self._say(f"alert created: {wish}")
        return str(alert["id"])

    def _await_notification(self, socket: Socket, alert_ids: set[str], patience_s: float) -> dict[str, Any]:
        began = time.monotonic()
        for message in socket.messages(within_s=patience_s):
            event = message.get("data", {})
            if message.get("ch") != "notifications" or event.get("type") != "alerts.alert.triggered.v1":
                continue
            fired: dict[str, Any] = event["data"]
            if fired["alert_id"] in alert_ids:
                self._say(
                    f"the price crossed after {time.monotonic() - began:.1f} s, notified over the socket: "
                    f"{fired['symbol']} at {fired['price']} ({fired['condition']} {fired['threshold_price']})"
                )
                return fired
        raise Stumbled(f"No alert fired within {patience_s:g} s. Is the market of the data asleep?")

    def _see_triggered(self, fired: dict[str, Any]) -> None:
        page = self._http.get("/api/alerts/triggered/")
        if not any(item["alert_id"] == fired["alert_id"] for item in page["items"]):
            raise Stumbled("The triggered alert is not in GET /api/alerts/triggered/.")
        alert = self._http.get(f"/api/alerts/{fired['alert_id']}/")
        if alert["is_active"]:
            raise Stumbled("The alert is still active after it fired.")
        self._say("the triggered alert is listed, and the alert is off")

    def _read_alert_mail(self, fired: dict[str, Any]) -> None:
        subject = f"Stock Alert: {fired['symbol']}"
        mail = self._await_mail(subject, lambda mail: subject in mail["Subject"])
        first_line = next((line for line in mail["Text"].splitlines() if line.strip()), "")
        self._say(f"mail arrived: {mail['Subject']!r}: {first_line!r}")
        sent = _until(
            MAIL_WITHIN_S,
            lambda: [
                item
                for item in self._http.get("/api/alerts/triggered/")["items"]
                if item["alert_id"] == fired["alert_id"] and item["email_sent"]
            ],
        )
        if not sent:
            raise Stumbled("The mail arrived, but email_sent did not become true.")
        self._say("email_sent is true")

    def _await_mail(self, subject: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        query = quote(f"to:{self._email}" + (f' subject:"{subject}"' if subject else ""))

        def find() -> dict[str, Any] | None:
            for listed in self._mails.get(f"/api/v1/search?query={query}")["messages"]:
                mail: dict[str, Any] = self._mails.get(f"/api/v1/message/{listed['ID']}")
                if fits(mail):
                    return mail
            return None

        mail = _until(MAIL_WITHIN_S, find)
        if mail is None:
            raise Stumbled(f"No mail {subject!r} came to {self._email} within {MAIL_WITHIN_S:g} s.")
        return mail


def choose_alerts(prices: dict[str, Decimal], moves: dict[str, Decimal]) -> list[Wish]:
    """Choose what will fire soon: "AAPL above 230" where AAPL is near it, else both sides of what moves most."""
    apple = prices.get("NASDAQ:AAPL")
    if apple is not None and Decimal(215) < apple < Decimal(230):
        return [Wish("NASDAQ:AAPL", "above", Decimal("230.00"))]
    mover = max(moves, key=lambda name: moves[name])
    price = prices[mover]
    step = max(price * Decimal("0.0005"), Decimal("0.05"))
    return [
        Wish(mover, "above", (price + step).quantize(Decimal("0.01"))),
        Wish(mover, "below", (price - step).quantize(Decimal("0.01"))),
    ]


def _until(within_s: float, look: Callable[[], T | None]) -> T | None:
    deadline = time.monotonic() + within_s
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
