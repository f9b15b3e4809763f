"""Bad input through the gateway: each kind has a row, a row says the refusal, and nothing is ever a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.security.refusals import (
    BAD_CURSOR,
    BAD_LINK,
    HEAD_TOO_BIG,
    MALFORMED,
    NO_SUCH_LOGIN,
    NO_SUCH_METHOD,
    NO_SUCH_SYMBOL,
    NOT_FOUND,
    NOT_SIGNED_IN,
    TOO_BIG,
    UNREADABLE,
    WRONG_CONTENT,
    Refusal,
    check_refused,
    invalid,
)
from tests.support.person import People, Person
from tests.support.platform import Platform

pytestmark = pytest.mark.journey

JSON = {"Content-Type": "application/json"}
ALERT = {"stock_symbol": '"AAPL"', "alert_type": '"threshold"', "condition": '"above"', "threshold_price": "230.10"}
NOBODY = "00000000-0000-7000-8000-000000000000"


def alert(**members: str | None) -> str:
    """Write the body of a good alert as raw JSON, with other members; None leaves one out."""
    given = {name: raw for name, raw in {**ALERT, **members}.items() if raw is not None}
    return "{" + ", ".join(f'"{name}": {raw}' for name, raw in given.items()) + "}"


NOT_A_NUMBER = invalid("/threshold_price number_out_of_range")
NOT_FINITE = invalid("/threshold_price finite_number")
NOT_POSITIVE = invalid("/threshold_price price_not_positive")
TOO_PRECISE = invalid("/threshold_price price_too_precise")
TOO_LARGE = invalid("/threshold_price price_too_large")
WRONG_TYPE = invalid("/threshold_price price_type")
NO_TEXT = invalid("/threshold_price invalid_text")

# The price of a new alert, as it stands in the body -> the refusal.
PRICES = {
    "NaN": NOT_A_NUMBER,
    "Infinity": NOT_A_NUMBER,
    "-Infinity": NOT_A_NUMBER,
    "1e400": NOT_A_NUMBER,
    "-1e400": NOT_A_NUMBER,
    "1e2000000": NOT_A_NUMBER,
    "9" * 500: NOT_A_NUMBER,
    "9" * 100_000: NOT_A_NUMBER,
    "-1": NOT_POSITIVE,
    "0": NOT_POSITIVE,
    "-0.0": NOT_POSITIVE,
    "0e-2000000": NOT_POSITIVE,
    "230.00001": TOO_PRECISE,
    "1e-5": TOO_PRECISE,
    "1e-400": TOO_PRECISE,
    "1e-2000000": TOO_PRECISE,
    "230.00000000000000000000000000000001": TOO_PRECISE,
    "100000000000000": TOO_LARGE,
    "99999999999999.99991": TOO_LARGE,
    '"1e2000000"': TOO_LARGE,
    '"NaN"': NOT_FINITE,
    '"-Infinity"': NOT_FINITE,
    '"abc"': WRONG_TYPE,
    '""': WRONG_TYPE,
    '" 230"': WRONG_TYPE,
    '"0x10"': WRONG_TYPE,
    '"1_000"': WRONG_TYPE,
    '"٢٣٠"': WRONG_TYPE,
    "null": invalid("/threshold_price required"),
    "true": WRONG_TYPE,
    "[]": WRONG_TYPE,
    "[230]": WRONG_TYPE,
    "{}": WRONG_TYPE,
    r'"\u0000"': NO_TEXT,
    r'"\ud800"': NO_TEXT,
    "230,00": UNREADABLE,
    "+230": UNREADABLE,
    "0230": UNREADABLE,
    ".5": UNREADABLE,
    "5.": UNREADABLE,
    "1e": UNREADABLE,
    "'230'": UNREADABLE,
    "nan": UNREADABLE,
    "0x10": UNREADABLE,
}

# What is sent as the body of a new alert -> the refusal.
BODIES: dict[str, tuple[str | bytes, Refusal]] = {
    "nothing": ("", invalid(" required")),
    "no JSON": ("hello", UNREADABLE),
    "cut off": (alert()[:-1], UNREADABLE),
    "a comma too many": (alert()[:-1] + ",}", UNREADABLE),
    "two documents": (alert() * 2, UNREADABLE),
    "an escape that is none": (alert(note=r'"\x41"'), UNREADABLE),
    "a line break in a text": (alert(note='"a\nb"'), UNREADABLE),
    "a raw NUL": (alert(note='"a\0b"'), UNREADABLE),
    "UTF-16": (alert().encode("utf-16"), UNREADABLE),
    "Latin-1": (alert(note='"é"').encode("latin-1"), UNREADABLE),
    "a byte order mark": (b"\xef\xbb\xbf" + alert().encode(), UNREADABLE),
    "a surrogate in UTF-8": (alert(note='"?"').encode().replace(b"?", b"\xed\xa0\x80"), UNREADABLE),
    "an array": ("[]", invalid(" model_attributes_type")),
    "a text": ('"AAPL"', invalid(" model_attributes_type")),
    "null": ("null", invalid(" model_attributes_type")),
    "33 levels": ('{"a":' * 33 + "1" + "}" * 33, invalid(" too_deep")),
    "100,000 levels": ("[" * 100_000 + "]" * 100_000, invalid(" too_deep")),
    "100,000 levels that never end": ("[" * 100_000, invalid(" too_deep")),
    "a member twice": (alert()[:-1] + ', "condition": "below"}', invalid(" duplicate_member")),
    "a member with NUL": (alert(**{r"a\u0000": "1"}), invalid(" invalid_text")),
    "an unknown member": (alert(user_id=f'"{NOBODY}"'), invalid("/user_id unknown_member")),
    "300 KiB": (alert(note='"' + "n" * 300 * 1024 + '"'), TOO_BIG),
    "no symbol": (alert(stock_symbol=None), invalid("/stock_symbol required")),
    "a symbol of null": (alert(stock_symbol="null"), invalid("/stock_symbol string_type")),
    "a symbol of digits": (alert(stock_symbol="5"), invalid("/stock_symbol string_type")),
    "an empty symbol": (alert(stock_symbol='""'), invalid("/stock_symbol string_too_short")),
    "a long symbol": (alert(stock_symbol=f'"{"A" * 44}"'), invalid("/stock_symbol string_too_long")),
    "a symbol of SQL": (alert(stock_symbol='"A\';--"'), invalid("/stock_symbol symbol_form")),
    "a symbol with NUL": (alert(stock_symbol=r'"AAPL\u0000"'), invalid("/stock_symbol invalid_text")),
    "half a character": (alert(note=r'"\ud83d"'), invalid("/note invalid_text")),
    "an unknown symbol": (alert(stock_symbol='"NOSUCH"'), invalid("/stock_symbol symbol_not_found")),
    "unknown on its exchange": (
        alert(stock_symbol='"NASDAQ:NOSUCH"'), invalid("/stock_symbol symbol_not_found"),
    ),
    "an unknown condition": (alert(condition='"near"'), invalid("/condition enum")),
    "a condition of digits": (alert(condition="1"), invalid("/condition enum")),
    "an unknown type": (alert(alert_type='"percent"'), invalid("/alert_type literal_error")),
    "a long note": (alert(note=f'"{"n" * 201}"'), invalid("/note string_too_long")),
    "a note of digits": (alert(note="5"), invalid("/note string_type")),
}  # fmt: skip

# An address that a signed-in person asks for -> the refusal.
ADDRESSES = {
    "/api/alerts/?limit=0": invalid("/query/limit greater_than_equal"),
    "/api/alerts/?limit=201": invalid("/query/limit less_than_equal"),
    "/api/alerts/?limit=-1": invalid("/query/limit greater_than_equal"),
    "/api/alerts/?limit=abc": invalid("/query/limit int_parsing"),
    "/api/alerts/?limit=1e3": invalid("/query/limit int_parsing"),
    "/api/alerts/?limit=" + "9" * 400: (invalid("/query/limit less_than_equal")),
    "/api/alerts/?cursor=garbage": BAD_CURSOR,
    "/api/alerts/?cursor=": BAD_CURSOR,
    "/api/alerts/?cursor=" + "A" * 5_000: (BAD_CURSOR),
    "/api/alerts/triggered/?cursor=eyJhIjoxfQ": BAD_CURSOR,
    "/api/instruments/?cursor=%ff": BAD_CURSOR,
    "/api/alerts/?cursor=%00": invalid("/query invalid_text"),
    "/api/alerts/?status=nope": invalid("/query/status enum"),
    "/api/alerts/?symbol=A%2FB": invalid("/query/symbol symbol_form"),
    "/api/instruments/?q=%00": invalid("/query invalid_text"),
    "/api/instruments/?q=" + "x" * 101: (invalid("/query/q string_too_long")),
    "/api/instruments/?exchange=1": invalid("/query/exchange string_pattern_mismatch"),
    "/api/stocks/?limit=201": invalid("/query/limit less_than_equal"),
    "/api/stocks/?cursor=x": BAD_CURSOR,
    "/api/stocks/AAPL/candles/?interval=2m": invalid("/query/interval enum"),
    "/api/stocks/AAPL/candles/?from=yesterday": invalid(),
    "/api/stocks/AAPL/candles/?from=2026-01-01T00:00:00": invalid("/query/from timezone_aware"),
    "/api/stocks/AAPL/candles/?from=2026-02-30T00:00:00Z": invalid(),
    "/api/stocks/AAPL/candles/?to=9999-12-31T23:59:59-14:00": invalid(),
    "/api/stocks/AAPL/candles/?to=0001-01-01T00:00:00%2B14:00": invalid(),
    "/api/stocks/AAPL/candles/?from=99999999999999": invalid(),
    "/api/stocks/AAPL/candles/?from=NaN": invalid(),
    "/api/stocks/AAPL/candles/?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": invalid(),
    "/api/stocks/AAPL/prices/?limit=0": invalid("/query/limit greater_than_equal"),
    "/api/stocks/NOSUCH/": NO_SUCH_SYMBOL,
    "/api/stocks/NOSUCH/candles/": NO_SUCH_SYMBOL,
    "/api/stocks/NASDAQ:NOSUCH/prices/": NO_SUCH_SYMBOL,
    "/api/stocks/" + "A" * 500 + "/": NO_SUCH_SYMBOL,
    "/api/stocks/%ff/": NO_SUCH_SYMBOL,
    "/api/stocks/%ed%a0%80/": NO_SUCH_SYMBOL,
    "/api/stocks/%252e%252e/": NO_SUCH_SYMBOL,
    "/api/stocks/%00/": MALFORMED,
    "/api/stocks/..%2f/": MALFORMED,
    "/api/stocks/%2e%2e/internal/": MALFORMED,
    "/api/alerts/1/": invalid("/path/alert_id uuid_parsing"),
    "/api/alerts/not-a-uuid/": invalid("/path/alert_id uuid_parsing"),
    f"/api/alerts/{NOBODY}0/": invalid("/path/alert_id uuid_parsing"),
    f"/api/alerts/{NOBODY}/": NOT_FOUND,
    "/api/nonsense/": NOT_FOUND,
    "/api/users/me/extra/": NOT_FOUND,
}

# Another call of a signed-in person -> the refusal.
CALLS: list[tuple[str, str, str, Refusal]] = [
    ("PATCH", "/api/alerts/{mine}/", '{"threshold_price": -1}', invalid("/threshold_price price_not_positive")),
    ("PATCH", "/api/alerts/{mine}/", '{"status": "triggered"}', invalid("/status literal_error")),
    ("PATCH", "/api/alerts/{mine}/", '{"id": "x"}', invalid("/id unknown_member")),
    ("PATCH", "/api/alerts/{mine}/", "[]", invalid()),
    ("PATCH", f"/api/alerts/{NOBODY}/", '{"note": "x"}', NOT_FOUND),
    ("DELETE", f"/api/alerts/{NOBODY}/", "", NOT_FOUND),
    ("GET", "/api/alerts/{theirs}/", "", NOT_FOUND),
    ("PATCH", "/api/alerts/{theirs}/", '{"threshold_price": "1"}', NOT_FOUND),
    ("DELETE", "/api/alerts/{theirs}/", "", NOT_FOUND),
    ("PATCH", "/api/users/me/", '{"role": "ADMIN"}', invalid("/role unknown_member")),
    ("PATCH", "/api/users/me/", '{"tier": "ELITE"}', invalid("/tier unknown_member")),
    ("PATCH", "/api/users/me/", '{"email": "x@example.com"}', invalid("/email unknown_member")),
    ("PATCH", "/api/users/me/", '{"first_name": ""}', invalid("/first_name string_too_short")),
    ("PATCH", "/api/users/me/", r'{"first_name": "a\u0000"}', invalid("/first_name invalid_text")),
    ("PATCH", "/api/users/me/", r'{"last_name": "\ud800"}', invalid("/last_name invalid_text")),
    ("PATCH", "/api/users/me/", '{"username": "<script>"}', invalid("/username username_invalid")),
    ("PATCH", "/api/users/me/", '{"phone": "12"}', invalid("/phone phone_invalid")),
    ("DELETE", "/api/auth/sessions/x/", "", invalid("/path/session_id uuid_parsing")),
    ("DELETE", f"/api/auth/sessions/{NOBODY}/", "", NOT_FOUND),
    ("POST", "/api/auth/login/", "{}", invalid("/password required")),
    ("POST", "/api/auth/login/", '{"email": {"$gt": ""}, "password": "x"}', invalid("/email string_type")),
    ("POST", "/api/auth/login/", '{"email": "a", "username": "b", "password": "x"}', invalid()),
    ("POST", "/api/auth/login/", '{"email": "\' OR 1=1--", "password": "x"}', NO_SUCH_LOGIN),
    ("POST", "/api/auth/login/", r'{"email": "a\u0000", "password": "x"}', invalid("/email invalid_text")),
    ("POST", "/api/auth/login/", f'{{"email": "a", "password": "{"x" * 5000}"}}', invalid("/password too_long")),
    ("POST", "/api/auth/refresh/", "{}", invalid("/refresh_token required")),
    ("POST", "/api/auth/refresh/", '{"refresh_token": "x"}', NOT_SIGNED_IN),
    ("POST", "/api/auth/refresh/", r'{"refresh_token": "\u0000"}', invalid("/refresh_token invalid_text")),
    ("POST", "/api/auth/logout/", '{"refresh_token": 1}', invalid("/refresh_token string_type")),
    ("POST", "/api/auth/verify-email/", '{"token": "x"}', BAD_LINK),
    ("POST", "/api/auth/verify-email/", '{"token": ""}', invalid("/token too_short")),
    ("POST", "/api/auth/verify-email/resend/", '{"email": "x"}', invalid("/email email_invalid")),
    ("PUT", "/api/alerts/", "{}", NO_SUCH_METHOD),
    ("POST", "/api/stocks/", "{}", NO_SUCH_METHOD),
    ("TRACE", "/api/alerts/", "", NO_SUCH_METHOD),
    ("OPTIONS", "/api/alerts/", "", NO_SUCH_METHOD),
    ("GET", "/api/auth/login/", "", NO_SUCH_METHOD),
]  # fmt: skip

# A member of a registration -> what is told of it; all are 422.
REGISTRATIONS = [
    ({"email": "x"}, "/email email_invalid"),
    ({"email": 1}, "/email email_invalid"),
    ({"email": "a" * 300 + "@example.com"}, "/email email_invalid"),
    ({"email": "a@example.com\nBcc: b@example.com"}, "/email email_invalid"),
    ({"email": "a\0@example.com"}, "/email invalid_text"),
    ({"password": "short"}, "/password too_short"),
    ({"password": "password1234"}, "/password password_too_easy"),
    ({"password": "x" * 10_000}, "/password too_long"),
    ({"password": None}, "/password string_type"),
    ({"password": "a-long\0enough-passphrase"}, "/password invalid_text"),
    ({"accept_terms": False}, "/accept_terms terms_not_accepted"),
    ({"role": "ADMIN"}, "/role unknown_member"),
    ({"phone": "12"}, "/phone phone_invalid"),
    ({"first_name": "<b>"}, "/first_name name_invalid"),
    ({"first_name": "\ud800"}, "/first_name invalid_text"),
    ({"username": "a b"}, "/username username_invalid"),
]

# A header on an otherwise good call -> the refusal.
NO_KEY = invalid("/header/idempotency-key invalid_key")
HEADERS: list[tuple[str, str | bytes, Refusal]] = [
    ("Host", "evil.example", MALFORMED),
    ("Cookie", "a=" + "x" * 20_000, HEAD_TOO_BIG),
    ("X-Anything", "x" * 20_000, HEAD_TOO_BIG),
    ("Idempotency-Key", "", NO_KEY),
    ("Idempotency-Key", "x" * 65, NO_KEY),
    ("Idempotency-Key", "a b", NO_KEY),
    ("Idempotency-Key", "é".encode(), NO_KEY),
    ("Authorization", "Bearer", NOT_SIGNED_IN),
    ("Authorization", "Basic dHJhZGVyOng=", NOT_SIGNED_IN),
    ("Content-Type", "text/plain", WRONG_CONTENT),
    ("Content-Type", "application/x-www-form-urlencoded", WRONG_CONTENT),
    ("Content-Type", "multipart/form-data; boundary=x", WRONG_CONTENT),
    ("Content-Type", "garbage", WRONG_CONTENT),
    ("Content-Type", "", WRONG_CONTENT),
]


@pytest.fixture(scope="module", autouse=True)
def nothing_fails(platform: Platform) -> Iterator[None]:
    """Whatever is asked here, no process logs a failure: that is how a 500 is logged, with its stack."""
    before = platform.log().count("request_failed")
    yield
    assert platform.log().count("request_failed") == before


@pytest.fixture(scope="module")
def their_alert(people: People) -> str:
    """The id of somebody else's alert."""
    answer = people.ready().create_alert("IBM", "above", "9999")
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def my_alert(person: Person) -> str:
    return str(person.create_alert("IBM", "above", "9998").json()["id"])


@pytest.fixture
def alerts_stay(person: Person) -> Iterator[None]:
    """Whatever is refused leaves no alert behind."""

    def count() -> int:
        return len(person.http.get("/api/alerts/", params={"limit": 200}).json()["items"])

    before = count()
    yield
    assert count() == before


@pytest.mark.usefixtures("alerts_stay")
@pytest.mark.parametrize("raw", PRICES, ids=lambda raw: raw[:24])
def test_a_price_that_cannot_be_is_refused(person: Person, raw: str) -> None:
    check_refused(person.http.post("/api/alerts/", content=alert(threshold_price=raw), headers=JSON), PRICES[raw])


@pytest.mark.usefixtures("alerts_stay")
@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_cannot_be_is_refused(person: Person, what: str) -> None:
    body, refusal = BODIES[what]
    check_refused(person.http.post("/api/alerts/", content=body, headers=JSON), refusal)


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:70])
def test_an_address_that_cannot_be_is_refused(person: Person, address: str) -> None:
    check_refused(person.http.get(address), ADDRESSES[address])


@pytest.mark.parametrize(("method", "path", "body", "refusal"), CALLS)
def test_a_call_that_cannot_be_is_refused(
    person: Person, my_alert: str, their_alert: str, method: str, path: str, body: str, refusal: Refusal
) -> None:
    address = path.replace("{mine}", my_alert).replace("{theirs}", their_alert)
    check_refused(person.http.request(method, address, content=body, headers=JSON), refusal)


@pytest.mark.parametrize(("members", "told"), REGISTRATIONS)
def test_a_registration_that_cannot_be_is_refused(platform: Platform, members: dict[str, object], told: str) -> None:
    body = {
        "email": "refused@example.com",
        "password": "a-long-enough-passphrase-81",
        "first_name": "Test",
        "accept_terms": True,
        **members,
    }
    answer = httpx.post(f"{platform.url}/api/auth/register/", content=json.dumps(body), headers=JSON, timeout=15)
    check_refused(answer, invalid(told))


@pytest.mark.usefixtures("alerts_stay")
@pytest.mark.parametrize(("name", "value", "refusal"), HEADERS)
def test_a_header_that_cannot_be_is_refused(person: Person, name: str, value: str | bytes, refusal: Refusal) -> None:
    headers = {**{key.encode(): text.encode() for key, text in JSON.items()}}
    headers[name.encode()] = value.encode() if isinstance(value, str) else value
    answer = person.http.post("/api/alerts/", content=alert(), headers=headers)
    check_refused(answer, refusal)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/alerts/", "GET, POST"),
        ("POST", "/api/alerts/{mine}/", "GET, PATCH, DELETE"),
        ("GET", "/api/auth/login/", "POST"),
        ("GET", "/api/ws/ticket/", "POST"),
        ("TRACE", "/api/stocks/", "DELETE, GET, HEAD, PATCH, POST, PUT"),
    ],
)
def test_a_method_that_cannot_be_is_answered_with_those_that_can(
    person: Person, my_alert: str, method: str, path: str, allowed: str
) -> None:
    answer = person.http.request(method, path.replace("{mine}", my_alert))
    check_refused(answer, NO_SUCH_METHOD)
    assert answer.headers["Allow"] == allowed


def test_a_cursor_serves_the_list_that_gave_it_and_no_other(person: Person) -> None:
    cursor = person.http.get("/api/instruments/", params={"limit": 1}).json()["next_cursor"]
    assert person.http.get("/api/instruments/", params={"limit": 1, "cursor": cursor}).status_code == 200
    for path in ("/api/alerts/", "/api/alerts/triggered/", "/api/stocks/AAPL/candles/", "/api/stocks/AAPL/prices/"):
        check_refused(person.http.get(path, params={"cursor": cursor}), BAD_CURSOR)
    first = "B" if cursor[0] == "A" else "A"
    for changed in (first + cursor[1:], cursor[:-4], cursor + "AAAA"):
        check_refused(person.http.get("/api/instruments/", params={"cursor": changed}), BAD_CURSOR)
