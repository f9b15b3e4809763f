"""Passwords and encrypted fields."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from libs.common.errors import Unavailable
from libs.common.security.fields import CannotDecrypt, FieldCipher
from libs.common.security.passwords import Passwords, Verdict


@pytest.fixture
def passwords():
    made = Passwords({"p1": b"pepper one, long enough to be one", "p0": b"an older one"}, current="p1", cost=4)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("a" * 72 + "b", "a" * 72 + "c"),
        ("x" * 127 + "1", "x" * 127 + "2"),
        ("nul\x00inside", "nul\x00outside"),
        ("पासवर्ड" * 10 + "क", "पासवर्ड" * 10 + "ख"),
        ("caf\u00e9-au-lait", "cafe\u0301-au-lait"),
    ],
)
async def test_every_character_counts(passwords: Passwords, right: str, wrong: str) -> None:
    stored = await passwords.hash(right)
    assert (await passwords.check(right, stored)).is_right
    assert not (await passwords.check(wrong, stored)).is_right


async def test_nobody_has_no_right_password(passwords: Passwords) -> None:
    assert await passwords.check("no password has this hash", None) == Verdict(False)


async def test_the_stored_form_names_its_pepper_and_not_the_password(passwords: Passwords) -> None:
    stored = await passwords.hash("kite-runner-over-pune")
    assert stored.startswith("v2$p1$$2b$04$")
    assert "kite" not in stored


async def test_an_older_pepper_or_cost_is_right_and_outdated(passwords: Passwords) -> None:
    older = Passwords({"p0": b"an older one"}, current="p0", cost=4)
    cheaper = Passwords({"p1": b"pepper one, long enough to be one"}, current="p1", cost=5)
    assert await passwords.check("word", await older.hash("word")) == Verdict(True, is_outdated=True)
    assert await passwords.check("word", await cheaper.hash("word")) == Verdict(True, is_outdated=True)
    assert await passwords.check("word", await passwords.hash("word")) == Verdict(True)
    older.close()
    cheaper.close()


async def test_without_the_pepper_the_hash_is_of_no_use(passwords: Passwords) -> None:
    thief = Passwords({"p1": b"a guess"}, current="p1", cost=4)
    assert not (await thief.check("word", await passwords.hash("word"))).is_right
    thief.close()


async def test_more_than_there_is_room_for_are_told_to_come_back() -> None:
    narrow = Passwords({"p": b"pepper"}, current="p", cost=8, workers=1, queue_limit=2)
    answers = await asyncio.gather(*(narrow.hash("x") for _ in range(6)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) == 3
    assert refused[0].headers["Retry-After"] == "2"
    assert isinstance(await narrow.hash("x"), str)
    narrow.close()


async def test_the_event_loop_goes_on_while_passwords_are_hashed() -> None:
    slow = Passwords({"p": b"pepper"}, current="p", cost=9, workers=2)
    hashing = asyncio.gather(*(slow.hash("x") for _ in range(8)))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    await hashing
    assert turns > 100
    slow.close()


def test_a_weak_cost_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        Passwords({"p": b"x"}, current="p", cost=3)


CIPHER = FieldCipher.from_secrets(SecretStr("the current key, of thirty-two or more"))
PLACE = "broker_connections|7|user 9|api_secret|1"


@given(st.binary(max_size=500))
def test_what_is_encrypted_opens_again(value: bytes) -> None:
    sealed = CIPHER.encrypt(value, place=PLACE)
    assert CIPHER.decrypt(sealed, place=PLACE) == value
    if len(value) > 8:
        assert value not in sealed.encode()


@pytest.mark.parametrize(
    "place",
    [
        "broker_connections|8|user 9|api_secret|1",
        "broker_connections|7|user 8|api_secret|1",
        "broker_connections|7|user 9|other|1",
        "other|7|user 9|api_secret|1",
        "",
    ],
)
def test_a_value_opens_in_its_own_place_only(place: str) -> None:
    sealed = CIPHER.encrypt("canary-value", place=PLACE)
    with pytest.raises(CannotDecrypt) as refusal:
        CIPHER.decrypt(sealed, place=place)
    assert "canary" not in str(refusal.value)


def test_two_values_cannot_swap_their_parts() -> None:
    one, two = (CIPHER.encrypt(value, place=PLACE).split(".") for value in ("one", "two"))
    with pytest.raises(CannotDecrypt):
        CIPHER.decrypt(".".join((*one[:3], two[3])), place=PLACE)


@given(st.data())
def test_a_changed_bit_is_noticed(data: st.DataObject) -> None:
    sealed = CIPHER.encrypt("value", place=PLACE)
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:at] + data.draw(st.sampled_from("ABCabc012.-_=!")) + sealed[at + 1 :]
    try:
        assert CIPHER.decrypt(changed, place=PLACE) == b"value"
        # Bits that base64 does not use may change; what was sealed is the same then.
    except CannotDecrypt:
        assert changed != sealed


def test_a_key_is_replaced_without_touching_the_value() -> None:
    old, new = SecretStr("an old key, of thirty-two characters"), SecretStr("a new key, of thirty-two characters")
    sealed = FieldCipher.from_secrets(old).encrypt("value", place=PLACE)
    both = FieldCipher.from_secrets(new, old)
    assert both.is_outdated(sealed)
    again = both.rewrap(sealed, place=PLACE)
    assert again.rsplit(".", 1)[1] == sealed.rsplit(".", 1)[1]
    assert FieldCipher.from_secrets(new).decrypt_text(again, place=PLACE) == "value"
    assert not both.is_outdated(again)
    with pytest.raises(CannotDecrypt):
        FieldCipher.from_secrets(new).decrypt(sealed, place=PLACE)
