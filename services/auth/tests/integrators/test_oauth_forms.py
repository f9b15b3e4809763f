"""OAuth and what is malformed: forms that are none, addresses that may not be registered."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.oauth import rules
from services.auth.tests.integrators.apps import REDIRECT
from services.auth.tests.integrators.support import Owner

MANY_FIELDS = b"&".join(b"f%d=1" % number for number in range(40))


class TestForms:
    @pytest.mark.parametrize("path", ["/api/oauth/token/", "/api/oauth/revoke/", "/api/oauth/introspect/"])
    @pytest.mark.parametrize(
        "content",
        [b"", b"\xff", b"token=%FF", b"a=1&a=2", b"token=%00", b"token=" + b"x" * 5_000, MANY_FIELDS],
    )
    async def test_what_is_no_form_is_4xx(self, client: httpx.AsyncClient, path: str, content: bytes) -> None:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post(path, content=content, headers=headers)
        assert 400 <= answer.status_code < 500, answer.text

    @pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
    async def test_nothing_but_a_form_is_read(self, client: httpx.AsyncClient, kind: str) -> None:
        answer = await client.post("/api/oauth/token/", content=b"{}", headers={"content-type": kind})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")

    async def test_other_routes_still_take_json_alone(self, owner: Owner) -> None:
        assert (await owner.http.post("/api/api-keys/", data={"name": "x"})).status_code == 415

    @pytest.mark.parametrize(
        "authorization", ["Basic", "Basic x", "Basic /////w==", "Basic Og==", "Basic " + "A" * 4_000, "Digest x"]
    )
    async def test_a_strange_credential_is_refused(self, client: httpx.AsyncClient, authorization: str) -> None:
        answer = await client.post(
            "/api/oauth/token/", data={"grant_type": "refresh_token"}, headers={"authorization": authorization}
        )
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize("value", ['a"b', "a\\b", "é", "\n", "x" * 3_000])
    @pytest.mark.parametrize("name", ["grant_type", "client_id", "code", "scope", "token", "token_type_hint"])
    async def test_a_field_of_strange_characters_is_4xx(self, client: httpx.AsyncClient, name: str, value: str) -> None:
        for path in ("/api/oauth/token/", "/api/oauth/revoke/", "/api/oauth/introspect/"):
            answer = await client.post(path, data={"grant_type": "refresh_token", name: value})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


class TestRedirectRules:
    @pytest.mark.parametrize(
        "uri",
        [
            "https://a.example/cb",
            "https://a.example/cb?x=1",
            "http://localhost:5000/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:1/",
        ],
    )
    def test_these_may_be_registered(self, uri: str) -> None:
        rules.check_redirect(uri)

    @pytest.mark.parametrize(
        "uri",
        [
            "http://a.example/cb",
            "https://a.example/cb#x",
            "https://u@a.example/cb",
            "https://a.example:port/",
            "https:///cb",
            "https:a.example",
            "HTTPS://a.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "com.example.app:/cb",
            "https://*.a.example/cb",
            "https://a.example/x/../cb",
            "https://a.example/cb\n",
            "https://\u0430.example/cb",
            "http://localhost.evil.example/cb",
            "http://127.0.0.1@evil.example/",
            "https://a.example/" + "x" * 500,
            "",
        ],
    )
    def test_these_may_not(self, uri: str) -> None:
        with pytest.raises(rules.BadRedirect):
            rules.check_redirect(uri)

    def test_the_port_is_free_on_a_loopback_address_and_nowhere_else(self) -> None:
        registered = ["http://127.0.0.1/cb", "http://[::1]:80/cb", "http://localhost:1/cb", "https://a.example/cb"]
        good = ["http://127.0.0.1:50123/cb", "http://127.0.0.1/cb", "http://[::1]:9/cb", "http://localhost:1/cb"]
        bad = [
            "http://127.0.0.1:50123/cb2",
            "http://127.0.0.1:50123/",
            "http://127.0.0.1:50123/cb?x=1",
            "http://127.0.0.1:5@evil.example/cb",
            "http://127.0.0.1:123456/cb",
            "http://127.0.0.2/cb",
            "http://localhost:2/cb",
            "https://a.example:444/cb",
            "https://127.0.0.1/cb",
        ]
        assert [uri for uri in good if not rules.is_registered(uri, registered)] == []
        assert [uri for uri in bad if rules.is_registered(uri, registered)] == []

    @given(st.text(max_size=30), st.sampled_from([0, 8, 15, len(REDIRECT)]))
    def test_what_differs_anywhere_is_not_registered(self, inserted: str, place: int) -> None:
        uri = REDIRECT[:place] + inserted + REDIRECT[place:]
        assert rules.is_registered(uri, [REDIRECT]) is (uri == REDIRECT)
