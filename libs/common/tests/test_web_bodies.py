"""Reading JSON from clients: exact numbers, and a clear 4xx for whatever is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from libs.common.ids import uuid7
from libs.common.testing.client import ClientFor
from libs.common.tests.door import make_app, post_raw
from libs.common.tests.sample import SampleSettings
from libs.common.web.edge import MAX_BODY_BYTES


@pytest_asyncio.fixture
async def client(settings: SampleSettings, client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(make_app(settings), user=uuid7()) as signed_in:
        yield signed_in


@pytest.mark.parametrize(
    ("raw", "exact"),
    [
        ("230.10", "230.10"),
        ("230", "230"),
        ('"230.1000"', "230.1000"),
        ("0.0001", "0.0001"),
        ("2.3e2", "2.3E+2"),
        ("99999999999999.9999", "99999999999999.9999"),
        ("0.1000000000000000000", "0.1000000000000000000"),
    ],
)
async def test_a_price_is_read_from_the_raw_text(client: httpx.AsyncClient, raw: str, exact: str) -> None:
    answer = await post_raw(client, f'{{"price": {raw}}}')
    assert (answer.status_code, answer.json()["price"]) == (201, exact)


BAD_PRICES = {
    "NaN": "number_out_of_range",
    "Infinity": "number_out_of_range",
    "-Infinity": "number_out_of_range",
    "1e400": "number_out_of_range",
    "1" * 400: "number_out_of_range",
    "1" * 5000: "number_out_of_range",
    "0": "price_not_positive",
    "-1": "price_not_positive",
    "0.00001": "price_too_precise",
    "1e-400": "price_too_precise",
    "1e-2000000": "price_too_precise",
    "230.00000000000000000000000000000001": "price_too_precise",
    "1e15": "price_too_large",
    '"NaN"': "finite_number",
    '"Infinity"': "finite_number",
    '"1_000"': "price_type",
    '"٢٣٠"': "price_type",
    '" 230"': "price_type",
    '""': "price_type",
    '"abc"': "price_type",
    "true": "price_type",
    "null": "price_type",
    "[230]": "price_type",
    "{}": "price_type",
    f'"{"9" * 50}"': "price_type",
}


@pytest.mark.parametrize(("raw", "code"), BAD_PRICES.items(), ids=[raw[:20] for raw in BAD_PRICES])
async def test_a_price_that_cannot_be_is_told_by_its_field(client: httpx.AsyncClient, raw: str, code: str) -> None:
    answer = await post_raw(client, f'{{"price": {raw}}}')
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("/price", code)]


BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 422, "validation_failed"),
    "cut off": (b'{"price": 1', 400, "malformed_json"),
    "not JSON": (b"price=1", 400, "malformed_json"),
    "comma": (b'{"price": 1,}', 400, "malformed_json"),
    "two values": (b"{} {}", 400, "malformed_json"),
    "not UTF-8": (b'{"price": "\xff"}', 400, "malformed_json"),
    "UTF-16": ('{"price": 1}'.encode("utf-16"), 400, "malformed_json"),
    "a list": (b"[]", 422, "validation_failed"),
    "a text": (b'"x"', 422, "validation_failed"),
    "null": (b"null", 422, "validation_failed"),
    "a member twice": (b'{"price": 1, "price": 2}', 422, "validation_failed"),
    "a member unknown": (b'{"price": 1, "user_id": "x"}', 422, "validation_failed"),
    "a NUL": (b'{"price": 1, "note": "a\\u0000b"}', 422, "validation_failed"),
    "a raw NUL": (b'{"price": 1, "note": "a\x00b"}', 400, "malformed_json"),
    "a NUL in a name": (b'{"price": 1, "a\\u0000": 1}', 422, "validation_failed"),
    "a lone surrogate": (b'{"price": 1, "note": "\\ud800"}', 422, "validation_failed"),
    "too deep": (b'{"price":' + b"[" * 33 + b"]" * 33 + b"}", 422, "validation_failed"),
    "much too deep": (b"[" * 100_000, 422, "validation_failed"),
    "too long": (b'{"price": 1, "note": "' + b"x" * 21 + b'"}', 422, "validation_failed"),
    "too many": (b'{"price": 1, "tags": ["a","b","c","d"]}', 422, "validation_failed"),
    "too large": (b'{"price": 1, "note": "' + b"x" * MAX_BODY_BYTES + b'"}', 413, "payload_too_large"),
}


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_bad_body_is_a_clear_4xx(client: httpx.AsyncClient, body: bytes, status: int, code: str) -> None:
    answer = await post_raw(client, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_brackets_inside_texts_are_no_depth(client: httpx.AsyncClient) -> None:
    assert (await post_raw(client, b'{"price": 1, "note": "[[[[[[[[[[[[[[[[[["}')).status_code == 201


async def test_text_with_an_escaped_backslash_is_no_nul(client: httpx.AsyncClient) -> None:
    assert (await post_raw(client, b'{"price": 1, "note": "\\\\u0000"}')).status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
async def test_only_json_is_taken(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/api/orders/", content=b'{"price": 1}', headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"]
)
async def test_json_by_its_other_names_is_taken(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/api/orders/", content=b'{"price": 1}', headers={"content-type": kind})
    assert answer.status_code == 201


async def test_a_stream_without_length_is_cut_at_the_limit(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 1000 + 2):
            yield b"x" * 1000

    answer = await client.post("/api/orders/", content=endless(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["limit"]) == (413, MAX_BODY_BYTES)
