"""What people are told: their own texts with placeholders, and how a price that has gone back is worded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from libs.common.clock import FixedClock
from libs.common.ids import uuid7
from libs.contracts.alerts import AlertTriggered
from libs.contracts.market import Candle
from services.alerts.conditions import words
from services.alerts.conditions.books import Book
from services.alerts.conditions.inputs import read_candle
from services.alerts.conditions.operators import Frequency, Operator
from services.alerts.conditions.rules import ALWAYS, Rule, State, Terms
from services.alerts.conditions.track import Watched
from services.alerts.notifications.letters import Letters
from services.alerts.notifications.words import alert_text, alert_title
from services.alerts.tests.support import triggered

LETTERS = Letters("https://app.example.com")


def event(**members: object) -> AlertTriggered:
    return triggered(FixedClock(datetime(2026, 11, 24, 15, tzinfo=UTC)), uuid7(), **members)


class TestPlaceholders:
    @pytest.mark.parametrize(
        "name",
        ["ticker", " close ", "plot_0", "plot_19", 'plot("sma(20)")', "strategy.order.action", "syminfo.currency"],
    )
    def test_tradingviews_names_are_taken(self, name) -> None:
        assert words.unknown_placeholders("at {{" + name + "}}") == []

    @pytest.mark.parametrize("name", ["plot_20", "plot()", "strategy.order", "syminfo", "two words", "password"])
    def test_others_are_not(self, name) -> None:
        assert words.unknown_placeholders("at {{" + name + "}}") == [name]

    def test_json_around_them_stays_as_it_is(self) -> None:
        template = '{"s": "{{ticker}}", "p": {"now": {{close}}}}'
        assert words.unknown_placeholders(template) == []
        filled = words.rendered(template, {"ticker": "AAPL", "close": "231.5"})
        assert filled == '{"s": "AAPL", "p": {"now": 231.5}}'

    def test_what_has_no_value_is_said_so(self) -> None:
        assert words.rendered('{{strategy.order.action}} {{plot("rsi(")}}', {}) == "n/a n/a"

    def test_an_expressions_numbers_can_be_named_by_place_and_by_text(self) -> None:
        book = Book("NASDAQ:AAPL", "1m")
        terms = Terms(Frequency.EVERY_TIME, 60_000)
        watched = Watched(1, 1, Rule(Operator.LESS), terms, State(0, 0, None))
        book.add("close > sma(close, 3) and rsi(2) > 50", watched, {})
        start = datetime(2026, 11, 24, 15, tzinfo=UTC)
        changes = []
        for minute, close in enumerate((10, 10, 10, 13)):
            bar = Candle(at=start.replace(minute=minute), open=9, high=14, low=8, close=close, volume=1200)
            changes += book.hear(book.own, read_candle(bar, "1m", ALWAYS))
        said = changes[-1].said
        text = '{{time}} {{open}} {{high}} {{low}} {{volume}} {{plot_0}} {{plot_1}} {{plot("SMA(3)")}} {{plot_9}}'
        assert words.rendered(text, said) == "2026-11-24T15:03:00Z 9 14 8 1200 13 11 11 n/a"


class TestGoneBack:
    def test_it_is_told_as_such_everywhere(self) -> None:
        over = event(edge="cleared", price="228.00", summary="is above $230.00", stays_active=True)
        assert alert_title(over) == "AAPL has gone back to $228.00"
        assert alert_text(over) == "Apple Inc. has gone back to $228.00 (no longer: is above $230.00)"
        letter = LETTERS.alert_triggered(over, first_name="A", time_zone="Asia/Kolkata")
        assert letter.subject == "Stock Alert over: AAPL"
        assert letter.text.splitlines()[0] == alert_text(over)
        for body in (letter.text, letter.html):
            assert "was reached" not in body
            assert "switched off" not in body
            assert "This alert stays active." in body
        assert "Apple Inc. has gone back to $228.00" in letter.html

    def test_the_owners_text_stands_in_the_mail_under_the_fact(self) -> None:
        fired = event(message="sell <b>now</b>", summary="rises by 2 % within 1 hour")
        assert alert_text(fired) == "sell <b>now</b>"
        letter = LETTERS.alert_triggered(fired, first_name="A", time_zone="Asia/Kolkata")
        assert letter.text.splitlines()[:3] == [
            "Apple Inc. is now $232.50 (rises by 2 % within 1 hour)",
            "",
            "sell <b>now</b>",
        ]
        assert "sell &lt;b&gt;now&lt;/b&gt;" in letter.html
        assert "switched off" in letter.text
