from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from libs.common.clock import FixedClock
from libs.common.security.jwks import MAX_AGE_MS, REFETCH_MS, JwksCache, StaticKeys, parse_key_set
from libs.common.security.middleware import TokenVerifier
from libs.common.security.revocation import Revocation, RevocationKind, RevocationList
from libs.common.security.tokens import (
    PublicKey,
    Purpose,
    SigningKey,
    TokenRefused,
    hash_secret,
    issue,
    new_secret,
    thumbprint,
    verify,
)
from libs.common.testing.tokens import AUDIENCE, ISSUER, Tokens

NOW = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)


def test_a_thumbprint_is_that_of_rfc_7638() -> None:
    # The P-256 key of RFC 7517, appendix A.1; its thumbprint by two other implementations.
    x, y = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
    assert thumbprint(x, y) == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"


def test_a_key_survives_its_storage() -> None:
    key = SigningKey.generate()
    assert SigningKey.from_pem(key.to_pem()).kid == key.kid
    assert "d" not in key.public_jwk()
    assert key.to_pem().decode() not in repr(key)


@pytest.mark.parametrize(
    "change",
    [{"kty": "RSA"}, {"crv": "P-384"}, {"use": "enc"}, {"d": "AAAA"}, {"kid": "other"}, {"x": 5}, {"y": "AAAA"}],
)
def test_a_key_set_holds_our_kind_of_key_only(change: dict[str, object]) -> None:
    jwk = {**SigningKey.generate().public_jwk(), **change}
    with pytest.raises(ValueError):  # noqa: PT011  any of several
        PublicKey.from_jwk(jwk)


@pytest.mark.parametrize("document", [{}, {"keys": []}, {"keys": {}}, {"keys": [{}] * 21}])
def test_a_strange_key_set_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_key_set(document)


def test_a_token_may_not_outlive_its_kind() -> None:
    key = SigningKey.generate()
    with pytest.raises(ValueError, match="at most"):
        issue({}, purpose=Purpose.SERVICE, key=key, issuer=ISSUER, audience="x", now=NOW, ttl=timedelta(minutes=6))


def test_a_token_ends_with_the_leeway() -> None:
    clock = FixedClock(NOW)
    tokens = Tokens(clock)
    token = tokens.user(ttl=timedelta(minutes=10))

    def check() -> None:
        verify(
            token,
            purpose=Purpose.ACCESS,
            key_for=tokens.keys.known,
            issuer=ISSUER,
            audience=AUDIENCE,
            now=clock.now(),
        )

    clock.move(timedelta(minutes=10, seconds=29))
    check()
    clock.move(timedelta(seconds=1))
    with pytest.raises(TokenRefused):
        check()


def test_an_opaque_token_has_256_bits() -> None:
    secret = new_secret()
    assert len(secret) == 43
    assert secret != new_secret()
    assert len(hash_secret(secret)) == 32


class Origin:
    """Auth's key set, counted."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.is_up = True

    async def fetch(self) -> dict[str, object]:
        self.asked += 1
        if not self.is_up:
            raise ConnectionError
        return {"keys": [key.public_jwk() for key in self.keys]}


async def test_unknown_key_ids_cause_one_fetch_in_thirty_seconds() -> None:
    clock, origin = FixedClock(NOW), Origin(SigningKey.generate())
    cache = JwksCache(origin.fetch, clock)
    assert await cache.find(origin.keys[0].kid) is not None
    for _ in range(100):
        assert await cache.find("forged") is None
    assert origin.asked == 1
    clock.move(timedelta(milliseconds=REFETCH_MS))
    for _ in range(100):
        assert await cache.find("forged") is None
    assert origin.asked == 2


async def test_a_rotated_key_is_found_without_a_restart() -> None:
    clock, origin = FixedClock(NOW), Origin(SigningKey.generate())
    cache = JwksCache(origin.fetch, clock)
    await cache.find(origin.keys[0].kid)
    origin.keys.append(SigningKey.generate())
    clock.move(timedelta(milliseconds=REFETCH_MS))
    assert await cache.find(origin.keys[1].kid) is not None
    assert cache.known(origin.keys[0].kid) is not None


async def test_the_last_good_set_serves_while_auth_is_down() -> None:
    clock, origin = FixedClock(NOW), Origin(SigningKey.generate())
    cache = JwksCache(origin.fetch, clock)
    await cache.find(origin.keys[0].kid)
    origin.is_up = False
    clock.move(timedelta(milliseconds=MAX_AGE_MS * 3))
    assert await cache.find(origin.keys[0].kid) is not None


async def test_until_a_first_set_is_there_auth_is_asked_again_soon() -> None:
    clock, origin = FixedClock(NOW), Origin(SigningKey.generate())
    origin.is_up = False
    cache = JwksCache(origin.fetch, clock)
    assert await cache.find(origin.keys[0].kid) is None
    origin.is_up = True
    assert await cache.find(origin.keys[0].kid) is None
    clock.move(timedelta(seconds=1))
    assert await cache.find(origin.keys[0].kid) is not None


@pytest.fixture
def verifier(redis) -> TokenVerifier:
    clock = FixedClock(NOW)
    tokens = Tokens(clock)
    made = TokenVerifier(
        tokens.keys,
        RevocationList(redis, clock),
        issuer=ISSUER,
        audience=AUDIENCE,
        service="market",
        clock=clock,
        cache_size=3,
    )
    made.tokens, made.test_clock = tokens, clock  # type: ignore[attr-defined]
    return made


async def test_a_remembered_token_ends_all_the_same(verifier) -> None:
    token = verifier.tokens.user(ttl=timedelta(minutes=10))
    first = await verifier.person(token)
    assert await verifier.person(token) is first
    verifier.test_clock.move(timedelta(minutes=10, seconds=31))
    with pytest.raises(TokenRefused):
        await verifier.person(token)


async def test_a_remembered_token_is_refused_once_it_is_revoked(verifier) -> None:
    token = verifier.tokens.user(version=4)
    person = await verifier.person(token)
    until = int(NOW.timestamp()) + 3600
    verifier.revocations.apply(Revocation(RevocationKind.USER, str(person.user_id), until, version=4))
    await verifier.person(token)
    verifier.revocations.apply(Revocation(RevocationKind.USER, str(person.user_id), until, version=5))
    with pytest.raises(TokenRefused):
        await verifier.person(token)


async def test_a_remembered_token_goes_with_its_key(verifier) -> None:
    token = verifier.tokens.user()
    await verifier.person(token)
    verifier.keys.replace([SigningKey.generate().public_key()])
    with pytest.raises(TokenRefused):
        await verifier.person(token)


async def test_the_memory_of_tokens_is_bounded(verifier) -> None:
    tokens = [verifier.tokens.user() for _ in range(5)]
    for token in tokens:
        await verifier.person(token)
    assert [verifier.known_person(token) is not None for token in tokens] == [False, False, True, True, True]


async def test_a_service_token_is_good_at_its_callee_only(verifier) -> None:
    mine = await verifier.service(verifier.tokens.service("alerts", audience="market", scope=["prices:read", "x"]))
    assert (mine.name, mine.scopes) == ("alerts", {"prices:read", "x"})
    with pytest.raises(TokenRefused):
        await verifier.service(verifier.tokens.service("alerts", audience="broker"))
    late = verifier.tokens.service("alerts", audience="market")
    verifier.test_clock.move(timedelta(minutes=5, seconds=31))
    with pytest.raises(TokenRefused):
        await verifier.service(late)


async def test_no_keys_no_callers(redis) -> None:
    tokens = Tokens()
    verifier = TokenVerifier(StaticKeys(), RevocationList(redis), issuer=ISSUER, audience=AUDIENCE, service="market")
    with pytest.raises(TokenRefused):
        await verifier.person(tokens.user())
