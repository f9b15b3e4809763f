"""What a browser gets: the app and its files, the reference, the error pages."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from gateway.pages.error_pages import problem_kinds
from gateway.reference.merge import Clash, merge, unreachable
from gateway.routes import RouteTable
from gateway.tests.conftest import FakeService, OpenGateway, Received, Running
from libs.common.errors import ErrorCode
from libs.common.testing.waiting import eventually

INDEX = '<html><style nonce="__CSP_NONCE__"></style><script nonce="__CSP_NONCE__"></script></html>'
SCRIPT = b"console.log(1);" * 200


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / ".vite").mkdir()
    (folder / ".vite" / "manifest.json").write_text("{}")
    (folder / "index.html").write_text(INDEX)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-x1.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-x1.js.gz").write_bytes(gzip.compress(SCRIPT))
    return folder


@pytest_asyncio.fixture
async def site(dist: Path, open_gateway: OpenGateway, redis: Redis) -> AsyncIterator[Running]:
    async with open_gateway(web_dist=dist) as door:
        yield door


class TestApp:
    @pytest.mark.parametrize("path", ["/", "/index.html", "/stocks/NASDAQ:AAPL", "/verify-email?token=x", "/a/b/c/"])
    async def test_every_page_is_the_app_with_a_nonce_of_its_own(self, site: Running, path: str) -> None:
        answers = [await site.http.get(path) for _ in range(2)]
        nonces = [re.findall(r'nonce="([^"]+)"', answer.text) for answer in answers]
        for answer, (style, script) in zip(answers, nonces, strict=True):
            assert answer.status_code == 200
            assert style == script != "__CSP_NONCE__"
            policy = answer.headers["content-security-policy"]
            assert f"script-src 'self' 'nonce-{style}'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["cache-control"] == "no-cache"
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert nonces[0] != nonces[1]

    async def test_a_page_whose_address_has_a_dot_is_still_a_page_to_a_browser(self, site: Running) -> None:
        assert (await site.http.get("/stocks/NYSE:BRK.B", headers={"accept": "text/html"})).status_code == 200
        assert (await site.http.get("/robots.txt", headers={"accept": "*/*"})).status_code == 404

    async def test_hashed_files_are_kept_for_ever_and_come_compressed(self, site: Running) -> None:
        packed = await site.http.get("/assets/index-x1.js", headers={"accept-encoding": "gzip, br"})
        assert packed.headers["content-encoding"] == "gzip"
        assert (packed.content, packed.headers["content-type"]) == (SCRIPT, "text/javascript; charset=utf-8")
        assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "accept-encoding" in packed.headers["vary"]
        for accept in ("identity", "gzip;q=0"):
            plain = await site.http.get("/assets/index-x1.js", headers={"accept-encoding": accept})
            assert "content-encoding" not in plain.headers
            assert plain.content == SCRIPT

    async def test_a_script_may_call_our_api_since_it_may_be_a_worker(self, site: Running) -> None:
        for path, may in (("/assets/index-x1.js", True), ("/favicon.svg", False)):
            policy = (await site.http.get(path)).headers["content-security-policy"]
            assert ("connect-src 'self'" in policy) is may
            assert policy.startswith("default-src 'none'")

    async def test_other_files_are_asked_for_again_and_not_sent_again(self, site: Running) -> None:
        first = await site.http.get("/favicon.svg")
        assert first.headers["cache-control"] == "no-cache"
        again = await site.http.get("/favicon.svg", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize(
        "path", ["/assets/missing.js", "/assets/", "/.vite/manifest.json", "/../settings.py", "/assets/index-x1.js.gz"]
    )
    async def test_nothing_else_of_the_disk_is_served(self, site: Running, path: str) -> None:
        answer = await site.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert answer.split(b" ", 2)[1] in {b"400", b"404"}

    async def test_a_new_build_is_seen_without_a_restart(self, site: Running, dist: Path) -> None:
        (dist / "assets" / "index-x2.js").write_text("2")
        (dist / "index.html").write_text(INDEX + "<!-- second build -->")

        async def is_new() -> bool:
            return "second build" in (await site.http.get("/")).text

        await eventually(is_new)
        assert (await site.http.get("/assets/index-x2.js")).text == "2"

    async def test_a_page_takes_no_post(self, site: Running) -> None:
        answer = await site.http.post("/")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")

    async def test_before_the_build_a_page_says_so(self, door: Running) -> None:
        answer = await door.http.get("/")
        assert answer.status_code == 503
        assert "make web" in answer.text


def document(service: str, **paths: object) -> dict[str, object]:
    schema = {"type": "object", "properties": {"other": {"$ref": "#/components/schemas/Other"}}}
    return {
        "openapi": "3.1.0",
        "paths": paths,
        "components": {
            "schemas": {"Order": schema, "Other": {"type": "string", "title": service}, "Problem": {"type": "object"}},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def operation(operation_id: str, *tags: str) -> dict[str, object]:
    reference = {"$ref": "#/components/schemas/Order"}
    content = {"application/json": {"schema": reference}}
    return {"operationId": operation_id, "tags": list(tags), "responses": {"200": {"content": content}}}


class TestReference:
    def test_schemas_get_their_services_name_and_shared_ones_keep_theirs(self) -> None:
        merged = merge(
            {
                "alerts": document("alerts", **{"/api/alerts/": {"get": operation("list_alerts", "alerts")}}),
                "market": document("market", **{"/api/stocks/": {"get": operation("list_stocks", "market")}}),
            },
            own={},
        )
        assert set(merged["components"]["schemas"]) == {
            "AlertsOrder", "AlertsOther", "MarketOrder", "MarketOther", "Problem",
        }  # fmt: skip
        get = merged["paths"]["/api/stocks/"]["get"]
        assert get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/MarketOrder")
        assert merged["components"]["schemas"]["AlertsOrder"]["properties"]["other"]["$ref"].endswith("/AlertsOther")
        assert {"429", "503"} <= get["responses"].keys()
        assert get["x-rate-limit"] == "read"

    def test_what_is_internal_stays_inside_with_its_schemas(self) -> None:
        part = document(
            "alerts",
            **{
                "/internal/mails": {"post": operation("take_mail")},
                "/api/alerts/": {"get": operation("hidden", "internal")},
            },
        )
        merged = merge({"alerts": part}, own={})
        assert merged["paths"] == {}
        assert merged["components"]["schemas"] == {}

    def test_clashes_are_refused(self) -> None:
        one = document("alerts", **{"/api/alerts/": {"get": operation("list_them")}})
        with pytest.raises(Clash, match="/api/alerts/"):
            merge({"alerts": one, "market": one}, own={})
        other = document("market", **{"/api/stocks/": {"get": operation("list_them")}})
        with pytest.raises(Clash, match="list_them"):
            merge({"alerts": one, "market": other}, own={})
        other = document("market", **{"/api/stocks/": {"get": operation("list_stocks")}})
        other["components"]["schemas"]["Problem"] = {"type": "string"}  # type: ignore[index]
        with pytest.raises(Clash, match="Problem"):
            merge({"alerts": one, "market": other}, own={})

    def test_a_path_that_the_door_does_not_know_is_named(self) -> None:
        part = document("alerts", **{"/api/nowhere/": {"get": operation("x")}})
        assert unreachable(merge({"alerts": part}, own={}), RouteTable()) == ["/api/nowhere/"]

    async def test_the_document_is_fetched_when_asked_for_and_survives_a_service(
        self, door: Running, service: FakeService, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = iter(["auth", "market", "alerts", "signals", "broker", "billing"])
        parts = {service.port: 0}

        async def reply(_request: Received, writer: asyncio.StreamWriter) -> None:
            parts[service.port] += 1
            name = next(names)
            body = orjson.dumps(document(name, **{f"/api/{name}/": {"get": operation(f"get_{name}", name)}}))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

        service.reply = reply
        first = (await door.http.get("/api/openapi.json")).json()
        assert len(first["paths"]) == 7  # theirs and the ticket
        assert "x-away" not in first
        await service.stop()
        assert (await door.http.get("/api/openapi.json")).json() == first
        assert parts[service.port] == 6

    async def test_services_that_are_away_are_named(self, door: Running, service: FakeService) -> None:
        await service.stop()
        document_ = (await door.http.get("/api/openapi.json")).json()
        assert document_["x-away"] == ["auth", "market", "alerts", "signals", "broker", "billing"]
        assert list(document_["paths"]) == ["/api/ws/ticket/"]

    async def test_the_page_shows_the_viewer_or_a_plain_list(self, site: Running, dist: Path) -> None:
        assert "/api/ws/ticket/" in (await site.http.get("/docs")).text
        (dist / "docs").mkdir()
        (dist / "docs" / "viewer.js").write_text("//")
        (dist / "index.html").write_text(INDEX + " ")

        async def shows_viewer() -> bool:
            return '<script nonce="' in (await site.http.get("/docs/")).text

        await eventually(shows_viewer)
        answer = await site.http.get("/docs")
        (nonce,) = set(re.findall(r'nonce="([^"]+)"', answer.text))
        assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
        assert "https://" not in answer.text


class TestErrorPages:
    async def test_every_code_has_its_page(self, door: Running) -> None:
        index = (await door.http.get("/docs/errors/")).text
        for code in ErrorCode:
            answer = await door.http.get(f"/docs/errors/{code}")
            assert answer.status_code == 200, code
            assert f"<code>{code}</code>" in answer.text
            assert f"/docs/errors/{code}" in index
        assert set(problem_kinds()) == set(ErrorCode)

    async def test_the_type_of_a_problem_is_an_address_that_exists(self, door: Running) -> None:
        problem = (await door.http.get("/api/stocks/")).json()
        assert (await door.http.get(problem["type"])).status_code == 200
