"""What the door itself refuses, for every row of the permission matrix: who is nobody, and who acts and writes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from gateway.tests.conftest import FakeService, OpenGateway
from libs.common.testing.tokens import Tokens
from tests.security import matrix
from tests.security.matrix import ACTING, IN, NOT_SIGNED_IN, READS

ID = "00000000-0000-7000-8000-000000000000"
ROWS = [
    (name, word)
    for service, rows in matrix.read().routes.items()
    for name, word in rows.items()
    if service == "gateway" or "/internal/" not in name
]


async def test_the_doors_own_addresses_are_those_of_the_file(open_gateway: OpenGateway) -> None:
    async with open_gateway() as door:
        own = {
            f"{route.method} {re.sub('(?<=/docs/errors/).*', '*', path.decode())}"
            for path, route in door.gateway._own_routes().items()
        }
    assert own == set(matrix.read().routes["gateway"])


@pytest.mark.parametrize("who", ["nobody", "acting", "person"])
async def test_the_door_lets_through_whom_the_file_may_let_in(
    open_gateway: OpenGateway, service: FakeService, tokens: Tokens, who: str
) -> None:
    """The door knows no permissions: past it the services look, so here a person of any role comes through."""
    credentials = {
        "nobody": {},
        "acting": {"authorization": f"Bearer {tokens.user(act=tokens.act(), ttl=timedelta(minutes=15))}"},
        "person": {"authorization": f"Bearer {tokens.user()}"},
    }
    async with open_gateway(limit_factor=100) as door:
        for name, word in ROWS:
            method, path = name.split(" ")
            expected = IN
            if word != matrix.EVERYBODY:
                if who == "nobody":
                    expected = NOT_SIGNED_IN
                elif who == "acting" and method not in READS:
                    expected = ACTING
            before = len(service.received)
            address = re.sub(r"\{[^}]*\}", ID, path).replace("*", "not_found")
            answer = await door.http.request(method, address, headers=credentials[who])
            problem = answer.headers["content-type"] == "application/problem+json"
            got = f"{answer.status_code} {answer.json()['code']}" if problem else IN
            assert got == expected, name
            assert (len(service.received) > before) <= (expected == IN), name
