"""PostgreSQL and Valkey stopped, hung and killed under load: clear 503s, no alert lost, everything back by itself."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest

from tests.support.person import People, Person
from tests.support.platform import Platform, own_platform, wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.journey, pytest.mark.timeout(400)]

AWAY_S = 4.0
SLOWEST_ANSWER_S = 11.0
FAR_AWAY = Decimal(70_000)


class Load:
    """Reads and writes through the gateway until told to stop, and remembers every answer."""

    def __init__(self, person: Person) -> None:
        self.answers: Counter[int] = Counter()
        self.codes: Counter[str] = Counter()
        self.slowest = 0.0
        self.created: list[str] = []
        self._person = person
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._write)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self._person.http.base_url, headers=self._person.http.headers, timeout=30)

    def _read(self) -> None:
        with self._client() as http:
            while not self._stop.wait(0.05):
                self._take(http, "GET", "/api/alerts/")
                self._take(http, "GET", "/api/stocks/")

    def _write(self) -> None:
        with self._client() as http:
            while not self._stop.wait(0.4):
                body = {
                    "stock_symbol": "MSFT",
                    "alert_type": "threshold",
                    "condition": "above",
                    "threshold_price": str(FAR_AWAY + len(self.created)),
                }
                answer = self._take(http, "POST", "/api/alerts/", body)
                if answer.status_code == 201:
                    self.created.append(answer.json()["id"])

    def _take(self, http: httpx.Client, method: str, path: str, body: object = None) -> httpx.Response:
        began = time.monotonic()
        answer = http.request(method, path, json=body)
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.answers[answer.status_code] += 1
        if answer.status_code >= 500:
            assert answer.headers["Content-Type"] == "application/problem+json"
            self.codes[answer.json()["code"]] += 1
        return answer


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A platform of this module's own: its stores are taken away."""
    with own_platform(port_offset=22_000) as running:
        yield running


@pytest.fixture(scope="module")
def people(platform: Platform) -> Iterator[People]:
    with People(platform) as everybody:
        yield everybody


def stop_for_a_while(platform: Platform, store: str) -> None:
    platform.freeze(store)
    threading.Event().wait(AWAY_S)  # the length of the outage is what is tested
    platform.thaw(store)


def kill_once(platform: Platform, store: str) -> None:
    platform.restart_store(store)


@pytest.mark.parametrize("store", ["postgres", "valkey"])
@pytest.mark.parametrize("outage", [stop_for_a_while, kill_once])
def test_the_platform_survives_a_store(platform: Platform, people: People, store: str, outage: object) -> None:
    assert callable(outage)
    person = people.ready()
    with Load(person) as load:
        wait_until(lambda: len(load.created) >= 2, within=20, what="the load")
        outage(platform, store)
        created = len(load.created)
        wait_until(lambda: len(load.created) >= created + 3, within=45, what="writes after the outage")
    assert set(load.answers) <= {200, 201, 402, 503}, load.answers
    if store == "postgres" and outage is stop_for_a_while:
        assert load.codes["store_unavailable"] > 0, load.codes
    assert load.slowest < SLOWEST_ANSWER_S
    for name in ("alerts-worker", "alerts-engine", "alerts-sender", "market-worker", "alerts"):
        platform.await_ready(name)

    # Whatever a 201 was given for is there, is in the engine, and fires.
    listed = person.http.get("/api/alerts/", params={"limit": 200, "status": "active"}).json()["items"]
    assert {alert["id"] for alert in listed} >= set(load.created)
    platform.send_tick("NASDAQ:MSFT", FAR_AWAY + 5_000)

    def all_fired() -> bool:
        items = person.http.get("/api/alerts/triggered/", params={"limit": 200}).json()["items"]
        return {one["alert_id"] for one in items} >= set(load.created)

    wait_until(all_fired, within=30, what=f"{len(load.created)} firings")
