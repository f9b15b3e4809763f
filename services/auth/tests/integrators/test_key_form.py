"""What a key looks like, and from where it may be used: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.security.api_keys import ApiKey, KeyKind, is_within, parse_networks
from libs.common.security.permissions import STAFF, Permission
from services.auth.api_keys import rules


class TestForm:
    def test_a_key_is_read_back(self) -> None:
        for kind in KeyKind:
            key = ApiKey.generate(kind)
            assert ApiKey.parse(key.text) == key
            assert len(key.text) == 66
            assert key.text.startswith(f"sw_{kind}_{key.public_id}_")

    @given(st.integers(0, 65), st.sampled_from("0aZ_-é"))
    def test_a_typo_is_known_as_one(self, place: int, char: str) -> None:
        text = ApiKey(KeyKind.LIVE, "AAAAAAAA", "B" * 43).text
        if text[place] != char:
            with pytest.raises(ValueError, match="no API key"):
                ApiKey.parse(text[:place] + char + text[place + 1 :])

    def test_two_are_never_alike_and_the_secret_does_not_show(self) -> None:
        one, other = ApiKey.generate(KeyKind.LIVE), ApiKey.generate(KeyKind.LIVE)
        assert one.secret != other.secret
        assert one.public_id != other.public_id
        assert one.secret not in repr(one)


class TestNetworks:
    def test_they_are_brought_into_one_spelling(self) -> None:
        assert rules.read_networks([" 203.0.113.7", "203.0.113.7/32", "2001:DB8::/32"]) == (
            "203.0.113.7/32",
            "2001:db8::/32",
        )

    @pytest.mark.parametrize("bad", ["0.0.0.0/0", "::/0", "10.0.0.0/7", "203.0.113.7/24", "host.example", "", "1.2.3"])
    def test_what_is_none_or_too_wide_is_refused(self, bad: str) -> None:
        with pytest.raises(rules.BadNetwork):
            rules.read_networks([bad])

    @pytest.mark.parametrize(
        ("address", "inside"),
        [
            ("203.0.113.7", True),
            ("::ffff:203.0.113.7", True),
            ("203.0.114.7", False),
            ("2001:db8::1", True),
            ("2001:db9::1", False),
            ("unknown", False),
            ("", False),
        ],
    )
    def test_an_address_is_on_the_list_or_not(self, address: str, inside: bool) -> None:
        assert is_within(address, parse_networks(["203.0.113.0/24", "2001:db8::/32"])) is inside
        assert is_within(address, ()) is True


def test_no_key_is_ever_given_staff_work() -> None:
    assert not rules.is_grantable(STAFF)
    assert not any(rules.is_grantable({permission}) for permission in STAFF)
    assert rules.is_grantable({Permission.MARKET_READ})
