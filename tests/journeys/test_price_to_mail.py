"""The main job: a person registers, sees prices move, creates an alert, the price crosses, the mail arrives."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.person import People, Person
from tests.support.platform import Platform, wait_until

pytestmark = pytest.mark.journey


def frames(socket: ClientConnection, *, within: float) -> list[dict[str, object]]:
    """Receive one text frame: an object or an array of them."""
    message = json.loads(socket.recv(timeout=within))
    return message if isinstance(message, list) else [message]


def await_frame(socket: ClientConnection, channel: str, *, within: float = 30.0) -> dict[str, object]:
    """Read until a frame of this channel comes."""

    def find() -> dict[str, object] | None:
        return next((one for one in frames(socket, within=within) if one.get("ch") == channel), None)

    return wait_until(find, within=within, what=f"a frame of {channel}")


def test_from_registration_to_the_mail(platform: Platform, people: People) -> None:
    person = people.ready()
    stocks = person.http.get("/api/stocks/").json()
    apple = next(stock for stock in stocks if stock["symbol"] == "AAPL")
    assert apple["name"] == "Apple Inc."
    assert apple["exchange"] == "NASDAQ"

    with connect(platform.socket_url, origin=platform.url) as socket:
        socket.send(json.dumps({"op": "auth", "token": person.access_token}))
        socket.send(json.dumps({"op": "subscribe", "channels": ["ticks:NASDAQ:AAPL", "notifications"]}))
        tick = await_frame(socket, "ticks:NASDAQ:AAPL")["data"]
        assert isinstance(tick, dict)
        price = Decimal(str(tick["price"]))
        assert price > 0

        # Reached within one bar of the recording, whichever way the market goes.
        above = person.create_alert("AAPL", "above", str(price + Decimal("0.50")))
        below = person.create_alert("AAPL", "below", str(price - Decimal("0.50")))
        assert (above.status_code, below.status_code) == (201, 201), above.text + below.text
        assert above.json()["is_active"] is True

        note = await_frame(socket, "notifications", within=60)["data"]
        assert isinstance(note, dict)
        assert note["type"] == "alerts.alert.triggered.v1"
        fired = note["data"]
        assert isinstance(fired, dict)

    assert fired["alert_id"] in {above.json()["id"], below.json()["id"]}
    level, at = Decimal(str(fired["threshold_price"])), Decimal(str(fired["price"]))
    assert at >= level if fired["condition"] == "above" else at <= level

    mail = platform.await_mail(person.email, "Stock Alert: AAPL")
    assert mail["Subject"] == "🚨 Stock Alert: AAPL"
    assert f"Apple Inc. is now ${at:.2f} ({fired['condition']} ${level:.2f})" in str(mail["Text"])
    assert "Apple Inc." in str(mail["HTML"])

    def told() -> dict[str, object] | None:
        items = person.http.get("/api/alerts/triggered/").json()["items"]
        return next((one for one in items if one["alert_id"] == fired["alert_id"] and one["email_sent"]), None)

    listed = wait_until(told, within=15, what="email_sent")
    assert Decimal(str(listed["price"])) == at
    alert = person.http.get(f"/api/alerts/{fired['alert_id']}/").json()
    assert (alert["status"], alert["is_active"]) == ("triggered", False)


def test_the_request_id_goes_through_every_hop(platform: Platform, person: Person) -> None:
    answer = person.http.get("/api/stocks/", headers={"X-Request-ID": "journey-request-77"})
    assert answer.headers["X-Request-ID"] == "journey-request-77"
    wait_until(lambda: platform.log().count("journey-request-77") >= 2, within=30, what="the id in two logs")


def test_limits_of_the_plan_hold_from_the_first_day(people: People) -> None:
    person = people.ready()
    answers = [person.create_alert("MSFT", "above", f"{900 + number}") for number in range(51)]
    assert [answer.status_code for answer in answers[:50]] == [201] * 50, answers[0].text
    refused = answers[50]
    assert refused.status_code == 402
    assert refused.headers["Content-Type"] == "application/problem+json"
    body = refused.json()
    assert (body["code"], body["limit"], body["upgrade_to"]) == ("plan_limit", 50, "PRO")


def test_what_is_someone_elses_is_not_there(people: People, person: Person) -> None:
    mine = person.create_alert("IBM", "above", "9999").json()["id"]
    other = people.ready()
    for answer in (
        other.http.get(f"/api/alerts/{mine}/"),
        other.http.patch(f"/api/alerts/{mine}/", json={"threshold_price": "1.00"}),
        other.http.delete(f"/api/alerts/{mine}/"),
    ):
        assert answer.status_code == 404
    assert person.http.delete(f"/api/alerts/{mine}/").status_code == 204


def test_after_logout_nothing_works_within_a_second(people: People) -> None:
    person = people.ready()
    assert person.http.get("/api/users/me/").status_code == 200
    answer = person.http.post("/api/auth/logout/", json={"refresh_token": person.refresh_token})
    assert answer.status_code in {200, 204}, answer.text
    person.await_sign_out(within=1.5)
    again = person.http.post("/api/auth/refresh/", json={"refresh_token": person.refresh_token})
    assert again.status_code == 401
