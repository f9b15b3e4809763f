"""What becomes of a headline's text, link, id, and the names in it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.market.news import rules
from services.market.news.rules import Known, Names

QUARTER = timedelta(minutes=15)


@given(st.text(max_size=200))
def test_plain_text_holds_no_markup_and_no_control_characters(text):
    plain = rules.plain_text(f"<p>{text}</p><b onclick='x'>end</b>", 100)
    assert len(plain) <= 100
    assert all(char.isprintable() or char == " " for char in plain)
    assert "onclick" not in plain or "onclick" in text


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://news.example/a?b=1", True),
        ("http://news.example", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//news.example/a", False),
        ("https://user:password@news.example/", False),
        ("https://", False),
        ("https://[bad/", False),
        ("https://news.example/a b", False),
        ("https://news.example/" + "a" * 2_000, False),
        (None, False),
    ],
)
def test_only_web_addresses_are_links(url, good):
    assert rules.web_link(url) == (url if good else None)


NAMES = Names.of(
    [
        Known(1, "NSE:TATAMOTORS", "TATAMOTORS", ["Tata Motors Limited", "Tata Motors"]),
        Known(2, "NSE:TCS", "TCS", ["Tata Consultancy Services Limited"]),
        Known(3, "NASDAQ:AAPL", "AAPL", ["Apple Inc."]),
        Known(4, "NASDAQ:AMZN", "AMZN", ["Amazon.com, Inc."]),
        Known(5, "NSE:M&M", "M&M", ["Mahindra & Mahindra Limited"]),
        Known(6, "NYSE:IT", "IT", ["Gartner Inc."]),
        Known(7, "NSE:TMF", "TMF", ["Tata Motors Finance Ltd"]),
        *(Known(10 + n, f"NSE:X{n}", f"XYZ{n}", ["Global Holdings"]) for n in range(5)),
    ]
)


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Tata Motors, TCS and Apple's suppliers gain", (1, 2, 3)),
        ("Tata Motors Finance sells bonds", (7,)),
        ("Amazon opens; M&M waits", (4, 5)),
        ("Mahindra & Mahindra recalls cars", (5,)),
        ("An apple a day; tata motors in small letters", ()),
        ("IT shares fall", ()),
        ("TCS SHOUTS IN CAPITALS", ()),
        ("APPLE SHOUTS IN CAPITALS", (3,)),
        ("Global Holdings is nobody in particular", ()),
        ("Pineapple grows", ()),
        ("", ()),
    ],
)
def test_names_are_found_as_headlines_write_them(headline, expected):
    assert NAMES.find(headline) == expected


@given(st.text(max_size=300))
def test_finding_names_takes_any_text(text):
    assert len(NAMES.find(text)) <= rules.MOST_INSTRUMENTS


def test_an_item_without_an_id_is_known_by_its_words():
    at = datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert rules.guid_of(None, "A", at) == rules.guid_of("", "A", at + timedelta(hours=3))
    assert rules.guid_of(None, "A", at) != rules.guid_of(None, "B", at)
    assert len(rules.guid_of("x" * 5_000, "A", at)) <= rules.GUID_CHARS
    assert rules.told_at(at + timedelta(days=1), at) == at


def test_a_feed_waits_a_day_at_most():
    assert rules.wait_after(0, QUARTER) == QUARTER
    assert rules.wait_after(50, QUARTER) == timedelta(days=1)
    assert rules.wait_after(50, timedelta(days=2)) == timedelta(days=2)
