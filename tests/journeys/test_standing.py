"""A change of what somebody is, through the whole platform: old tokens and open sockets are out within a second, and
nobody is signed out by it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.support.person import People, Person
from tests.support.platform import Platform
from tests.support.staff import appoint, prove_by_two

pytestmark = pytest.mark.journey

WITHIN_S = 1.0
ME = "/api/users/me/"


@pytest.fixture
def admin(platform: Platform, people: People) -> Person:
    """A SUPER_ADMIN, with a second factor given just now."""
    person = people.ready()
    appoint(platform, person.email, "SUPER_ADMIN")
    prove_by_two(platform, person.email)
    refresh(person)
    return person


def refresh(person: Person) -> httpx.Response:
    answer = person.http.post("/api/auth/refresh/", json={"refresh_token": person.refresh_token})
    if answer.status_code == 200:
        person.access_token, person.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]
        person.http.headers["Authorization"] = f"Bearer {person.access_token}"
    return answer


@contextmanager
def socket_of(platform: Platform, token: str) -> Iterator[ClientConnection]:
    """Open a socket, signed in."""
    with connect(platform.socket_url, origin=Origin(platform.url)) as socket:
        socket.send(json.dumps({"op": "auth", "id": "a", "token": token}))
        while json.loads(socket.recv(timeout=10)).get("op") != "ack":
            pass
        yield socket


def seconds_until_closed(socket: ClientConnection) -> float:
    began = time.monotonic()
    with pytest.raises(ConnectionClosed):
        while True:
            socket.recv(timeout=10)
    return time.monotonic() - began


def seconds_until(is_so: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < 10
    return time.monotonic() - began


def is_out(platform: Platform, token: str) -> bool:
    return httpx.get(platform.url + ME, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code == 401


def change(admin: Person, person: Person, **what: str) -> None:
    answer = admin.http.patch(f"/api/users/{person.user_id}/", json={**what, "reason": "a test of standing"})
    assert answer.status_code == 200, answer.text


def test_a_new_role_is_in_force_within_a_second(platform: Platform, people: People, admin: Person) -> None:
    person = people.ready()
    old = person.access_token
    with socket_of(platform, old) as socket:
        change(admin, person, role="SALES")
        by_socket = seconds_until_closed(socket)
    by_http = seconds_until(lambda: is_out(platform, old))
    # Past the door too: each service hears for itself.
    past_it = f"{platform.service_url('alerts')}/api/alerts/"
    assert httpx.get(past_it, headers={"Authorization": f"Bearer {old}"}, timeout=10).status_code == 401
    assert max(by_socket, by_http) < WITHIN_S
    assert refresh(person).status_code == 200, "nobody is signed out by it"
    assert person.http.get(ME).json()["role"] == "SALES"
    with socket_of(platform, person.access_token):
        pass


def test_who_is_suspended_is_out_and_stays_out(platform: Platform, people: People, admin: Person) -> None:
    person = people.ready()
    with socket_of(platform, person.access_token) as socket:
        change(admin, person, status="suspended")
        assert seconds_until_closed(socket) < WITHIN_S
    assert seconds_until(lambda: is_out(platform, person.access_token)) < WITHIN_S
    assert refresh(person).status_code == 401
    login = person.http.post("/api/auth/login/", json={"email": person.email, "password": person.password})
    assert (login.status_code, login.json()["code"]) == (423, "account_locked")


def test_who_acts_is_out_with_the_demotion(platform: Platform, people: People, admin: Person) -> None:
    support, person = people.ready(), people.ready()
    change(admin, support, role="SUPPORT")
    prove_by_two(platform, support.email)
    assert refresh(support).status_code == 200
    assert person.http.put("/api/users/me/support-access/", json={"hours": 1}).status_code == 200
    answer = support.http.post("/api/role-testing/", json={"user_id": person.user_id, "reason": "asked to look"})
    assert answer.status_code == 200, answer.text
    acting = answer.json()["access_token"]
    seen = httpx.get(platform.url + ME, headers={"Authorization": f"Bearer {acting}"}, timeout=10)
    assert seen.json()["id"] == person.user_id
    with socket_of(platform, acting) as socket:
        change(admin, support, role="USER")
        assert seconds_until_closed(socket) < WITHIN_S
    assert seconds_until(lambda: is_out(platform, acting)) < WITHIN_S
    assert person.http.get(ME).status_code == 200
