"""Which passwords are taken: strength, context, and lists of stolen ones."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.errors import InvalidInput
from services.auth.passwords.breached import BreachedPasswords
from services.auth.passwords.rules import Owner, strength_of
from services.auth.passwords.service import PasswordRules
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import Person

OWNER = Owner.of("asha.rao@example.com", "Asha", "Rao")


def hash_lines(passwords: list[str], *, count: str = ":3", end: str = "\n") -> bytes:
    hashes = sorted(hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in passwords)
    return "".join(f"{one}{count}{end}" for one in hashes).encode()


@pytest.mark.parametrize(
    "password", ["asha.rao", "AshaRao2026", "sharewise2026", "asha.rao@example.com", "password", "qwertyuiop"]
)
def test_words_of_the_owner_and_of_the_product_are_easy(password: str) -> None:
    assert strength_of(password, OWNER).score < 3


def test_a_sentence_is_strong_and_advice_says_what_helps() -> None:
    assert strength_of("kite-runner-over-pune-42", OWNER).score == 4
    assert strength_of("asha1234", OWNER).advice


@pytest.mark.parametrize("count", [":3", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@given(known=st.sets(st.text(min_size=1, max_size=12), min_size=1, max_size=40), asked=st.text(min_size=1, max_size=12))
def test_a_sorted_file_of_hashes_holds_what_is_in_it(
    tmp_path_factory: Any, count: str, end: str, known: set[str], asked: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"breached-{os.getpid()}.txt"
    path.write_bytes(hash_lines(list(known), count=count, end=end))
    breached = BreachedPasswords(path)
    assert all(breached.holds(one) for one in known)
    assert breached.holds(asked) == (asked in known)


def test_counts_of_any_length_and_a_missing_last_break_are_read(tmp_path: Path) -> None:
    passwords = [f"word{number}" for number in range(500)]
    lines = hash_lines(passwords).splitlines()
    path = tmp_path / "hashes"
    path.write_bytes(b"\n".join(line.replace(b":3", b":%d" % 7 ** (n % 9)) for n, line in enumerate(lines)))
    breached = BreachedPasswords(path)
    assert all(breached.holds(one) for one in passwords)
    assert not any(breached.holds(f"other{number}") for number in range(500))


def test_a_lookup_reads_a_few_lines_of_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hashes"
    path.write_bytes(hash_lines([f"word{number}" for number in range(20_000)]))
    breached, read = BreachedPasswords(path), []
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda *args: read.append(args) or pread(*args))
    assert breached.holds("word123")
    assert not breached.holds("nobody uses this")
    assert 0 < len(read) < 100
    assert all(length <= 128 for _, length, _ in read)


def test_a_plain_list_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text("letmein99\nकखगघङचछज\n")
    breached = BreachedPasswords(path)
    assert breached.holds("letmein99")
    assert breached.holds("कखगघङचछज")
    assert not breached.holds("letmein")


async def test_a_stolen_password_is_refused_however_strong(tmp_path: Path, settings: AuthSettings) -> None:
    path = tmp_path / "hashes"
    path.write_bytes(hash_lines(["kite-runner-over-pune-42"]))
    rules = PasswordRules(settings.model_copy(update={"breached_passwords_file": path}))
    with pytest.raises(InvalidInput) as refused:
        await rules.must_be_good("kite-runner-over-pune-42", OWNER, field="/password")
    assert "stolen" in refused.value.detail
    await rules.must_be_good("kite-runner-over-pune-43", OWNER, field="/password")


async def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path, settings: AuthSettings) -> None:
    with pytest.raises(OSError, match="nothing"):
        PasswordRules(settings.model_copy(update={"breached_passwords_file": tmp_path / "nothing"}))


async def test_the_meter_says_what_the_rule_says(person: Person) -> None:
    async def score(password: str, **known: str) -> dict[str, Any]:
        answer = await person.client.post("/api/auth/password/strength/", json={"password": password, **known})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    assert (await score("kite-runner-over-pune-42"))["good_enough"] is True
    weak = await score("mukundan-1987", email="mukundan@example.com", first_name="Mukundan")
    assert weak["good_enough"] is False
    assert weak["advice"]
    assert (await score("x"))["good_enough"] is False
    assert (await score(""))["score"] == 0
    assert (await person.client.get("/api/auth/rules/")).json()["password_min_score"] == 3
