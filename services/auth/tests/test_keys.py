"""Signing keys: when each comes, signs and goes, and that nobody is signed out by it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.security.fields import CannotDecrypt, FieldCipher
from libs.common.security.tokens import SigningKey, key_id_of
from services.auth.keys import service
from services.auth.keys.rules import PUBLISHED_BEFORE_USE, KeyTimes, plan_rotation, signing_key
from services.auth.keys.service import Keyring, KeyRotation
from services.auth.keys.tables import SigningKeyRow
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import Person
from services.auth.wiring import make_cipher, make_keyring, make_rotation

NOW = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)
LIFETIME = timedelta(days=30)
TOKEN = timedelta(minutes=65)


@pytest.fixture
def rotation(db: Database, clock: FixedClock, settings: AuthSettings) -> KeyRotation:
    return make_rotation(db, make_cipher(settings), clock, settings)


@pytest.fixture
def keyring(db: Database, clock: FixedClock, settings: AuthSettings) -> Keyring:
    return make_keyring(db, make_cipher(settings), clock, settings)


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keyring's age goes by the machine's clock, which these tests do not move."""
    monkeypatch.setattr(service, "RELOAD_S", 0.0)
    monkeypatch.setattr(service, "MISSING_RELOAD_S", 0.0)


async def test_the_key_set_is_public_and_holds_no_private_part(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/auth/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    [key] = answer.json()["keys"]
    assert set(key) == {"kty", "crv", "use", "alg", "kid", "x", "y"}


async def test_a_private_key_is_stored_encrypted_for_its_row(
    db: Database, rotation: KeyRotation, settings: Any
) -> None:
    await rotation.rotate()
    async with db.read() as session:
        [row] = await session.scalars(select(SigningKeyRow))
    assert "PRIVATE" not in row.private_key
    opened = make_cipher(settings).decrypt(row.private_key, place=f"signing_keys|{row.kid}|private_key")
    assert SigningKey.from_pem(opened).kid == row.kid
    with pytest.raises(CannotDecrypt):
        make_cipher(settings).decrypt(row.private_key, place="signing_keys|another|private_key")


async def test_processes_that_start_together_make_one_key(db: Database, clock: FixedClock, settings: Any) -> None:
    rings = [make_keyring(db, make_cipher(settings), clock, settings) for _ in range(4)]
    await asyncio.gather(*(ring.load() for ring in rings))
    assert len({tuple(key["kid"] for key in await ring.published()) for ring in rings}) == 1


async def test_a_rotation_signs_nobody_out(
    person: Person, app: FastAPI, rotation: KeyRotation, clock: FixedClock, bearer: Any
) -> None:
    await person.register_and_verify()
    old = (await person.tokens())["access_token"]
    await rotation.rotate(forced=True)
    assert len((await person.client.get("/api/auth/.well-known/jwks.json")).json()["keys"]) == 2
    clock.move(PUBLISHED_BEFORE_USE - timedelta(seconds=1))
    assert key_id_of((await person.tokens())["access_token"]) == key_id_of(old)
    clock.move(timedelta(seconds=1))
    new = (await person.tokens())["access_token"]
    assert key_id_of(new) != key_id_of(old)
    clock.move(timedelta(minutes=40))
    for token in (old, new):
        assert (await person.client.get("/api/users/me/", headers=bearer(token))).status_code == 200
    await rotation.rotate()
    assert (await person.client.get("/api/users/me/", headers=bearer(old))).status_code == 200
    clock.move(timedelta(minutes=40))
    await rotation.rotate()
    [left] = (await person.client.get("/api/auth/.well-known/jwks.json")).json()["keys"]
    assert left["kid"] == key_id_of(new)


async def test_a_second_wish_for_a_new_key_changes_nothing(rotation: KeyRotation) -> None:
    await rotation.rotate()
    assert (await rotation.rotate(forced=True)).add_from is not None
    assert (await rotation.rotate(forced=True)).add_from is None


async def test_keys_at_hand_sign_while_the_database_is_away(keyring: Keyring, db: Database) -> None:
    await keyring.load()
    await db.close()
    [jwk] = await keyring.published()
    assert keyring.known(jwk["kid"]) is not None


async def test_the_wrong_field_key_is_noticed_at_once(
    db: Database, clock: FixedClock, settings: AuthSettings, rotation: KeyRotation
) -> None:
    await rotation.rotate()
    other = FieldCipher({"k": bytes(32)}, current="k")
    with pytest.raises(CannotDecrypt):
        await make_keyring(db, other, clock, settings).load()


@given(st.lists(st.integers(0, 60 * 24 * 45), min_size=1, max_size=80))
def test_at_every_moment_a_key_signs_that_all_could_know(steps_minutes: list[int]) -> None:
    """Rotate whenever it pleases: there is always a key, published long enough, and no living token loses its key."""
    now, keys, published_at = NOW, [], {}
    signed: list[tuple[str, datetime]] = []
    for number, minutes in enumerate(steps_minutes):
        plan = plan_rotation(keys, now, lifetime=LIFETIME, longest_token=TOKEN, forced=minutes % 7 == 0)
        keys = [key for key in keys if key.kid not in plan.drop]
        if plan.add_from is not None:
            keys.append(KeyTimes(f"k{number}", plan.add_from))
            published_at[f"k{number}"] = now
        current = signing_key(keys, now)
        assert current is not None
        if number > 0 and current.kid != keys[0].kid:
            assert now - published_at[current.kid] >= PUBLISHED_BEFORE_USE or len(published_at) == 1
        signed.append((current.kid, now))
        known = {key.kid for key in keys}
        assert all(kid in known for kid, at in signed if now - at < timedelta(minutes=60))
        assert len(keys) <= 3
        now += timedelta(minutes=minutes)
