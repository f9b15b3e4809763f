"""Nothing that opens a door, and nothing that names a person, gets into a log."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from libs.common.logging import bind_request, clear_request, configure_logging, get_logger, hashed_id, mask_text
from libs.common.testing.tokens import Tokens


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """Log as production does, into memory."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("sample", level="INFO")
    stream = io.StringIO()
    root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    clear_request()


SECRET_FIELDS = [
    "password",
    "new_password",
    "access_token",
    "refresh_token",
    "authorization",
    "client_secret",
    "secret_url",
    "api_key",
    "apikey",
    "cookie",
    "pepper",
    "otp",
    "totp_secret",
    "pan",
    "aadhaar",
    "private_key",
    "database_dsn",
    "idempotency_key",
]


@pytest.mark.parametrize("name", SECRET_FIELDS)
def test_fields_that_are_named_as_secrets_are_masked(name: str, lines) -> None:
    get_logger("x").info("it_happened", **{name: "canary-1"}, inner={name: ["canary-2"]}, listed=[{name: "canary-3"}])
    [line] = lines()
    assert "canary" not in json.dumps(line)
    assert line["event"] == "it_happened"


TEXTS = {
    "rt_01a1ffecfb5677a99584146014756cfd.mZYWD-SqRuqFbQUI12mEyco2PrOCUTegkyRhA1ob84E": "mZYWD",
    "Authorization: Bearer abcdef0123456789": "abcdef0123456789",
    "Basic dXNlcjpwYXNzd29yZA==": "dXNlcjpwYXNzd29yZA",
    "sw_live_abcdefgh_0123456789": "abcdefgh",
    "postgresql://sharewise_auth:canary@127.0.0.1:5432/x": "canary",
    "http://localhost:8000/verify-email?token=canary-token": "canary",
    "GET /quote?symbol=AAPL&apikey=canary": "canary",
    "mail to trader@example.com failed": "trader@",
    "card 4111 1111 1111 1111": "4111 1111",
    "card 4111111111111111": "41111111",
    "PAN ABCDE1234F": "ABCDE1234F",
    "Aadhaar 2345 6789 0123": "2345 6789",
}


@pytest.mark.parametrize(("text", "secret"), TEXTS.items())
def test_values_that_look_like_secrets_are_masked(text: str, secret: str) -> None:
    assert secret not in mask_text(text)


def test_tokens_are_masked_wherever_they_stand(lines, tokens: Tokens) -> None:
    token = tokens.user()
    get_logger("x").info("it_happened", said=f"it was {token} then")
    logging.getLogger("library").info("a library said %s", token)
    try:
        raise ValueError(f"could not use {token}")
    except ValueError:
        get_logger("x").exception("it_failed")
    text = json.dumps(lines())
    assert token.split(".")[1] not in text
    assert len(lines()) == 3


@pytest.mark.parametrize(
    "text", ["Updated AAPL: $227.25", "01a1ffec-ea2e-717b-a6b4-0c430e770a8a", "took 1234567 us", "2026-01-15T20:00:00Z"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert mask_text(text) == text


def test_lines_carry_what_was_bound_and_forget_it(lines) -> None:
    bind_request(order="o-1")
    get_logger("x").info("first_said", n=1)
    clear_request()
    get_logger("x").info("second_said")
    first, second = lines()
    assert (first["order"], first["n"], first["service"], first["level"]) == ("o-1", 1, "sample", "info")
    assert "order" not in second


def test_a_line_break_makes_no_second_line(lines) -> None:
    get_logger("x").info("it_happened", name='x\n{"event":"forged"}')
    assert len(lines()) == 1


def test_the_same_person_has_the_same_word() -> None:
    assert hashed_id("a") == hashed_id("a") != hashed_id("b")
    assert len(hashed_id("a")) == 12
