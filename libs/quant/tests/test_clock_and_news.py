"""The clock of a place and the news, as an expression reads them; parts of a condition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.quant.bars import Bar, Bars
from libs.quant.expr import NEWS, OWN, Input, parse, steps
from libs.quant.indicators import Clock

SECONDS = timedelta(days=128 * 365).total_seconds()
instants = st.integers(0, int(SECONDS)).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def bar(at: datetime, close: float = 1.0) -> Bar:
    return Bar(round(at.timestamp() * 1_000), close, close, close, close, 1.0)


@given(st.lists(instants, min_size=1, max_size=20, unique=True), st.sampled_from(["Asia/Kolkata", "America/New_York"]))
def test_both_forms_tell_what_the_calendar_tells(moments: list[datetime], zone: str) -> None:
    bars = [bar(moment) for moment in sorted(moments)]
    local = [datetime.fromtimestamp(each.at_ms / 1_000, UTC).astimezone(ZoneInfo(zone)) for each in bars]
    wanted = {
        "time": [each.hour * 100 + each.minute for each in local],
        "weekday": [each.isoweekday() for each in local],
        "date": [each.year * 10_000 + each.month * 100 + each.day for each in local],
    }
    for reading, values in wanted.items():
        clock = Clock(zone, reading)
        assert clock.over(Bars.of(bars)).tolist() == values
        assert [clock.update(each) for each in bars] == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time_india >= 1445", "The time in India is not before 14:45"),
        ("weekday_new_york == 5", "The weekday in New York is Friday"),
        ("date_utc < 20261124", "The date UTC is before 24 November 2026"),
        ("date_utc == 20261399", "The date UTC is 20,261,399"),
        ("time_utc > 9999", "The time UTC is after 9,999"),
        ("news_score < -0.3", "How the newest headline sounds (-1 to 1) is below -0.3"),
        ("news_average(5) > 0", "How the last 5 headlines sound on average (-1 to 1) is above 0"),
    ],
)
def test_they_are_said_as_people_say_them(text: str, words: str) -> None:
    assert parse(text).words() == words
    assert str(parse(str(parse(text)))) == text


def test_news_are_an_input_of_their_own_and_known_from_their_arrival_on() -> None:
    start = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
    own = Bars.of([bar(start + timedelta(minutes=number)) for number in range(6)], 60_000)
    news = Input(None, NEWS)
    came = [start + timedelta(seconds=seconds) for seconds in (30, 150, 151)]
    published = [start - timedelta(minutes=5), start + timedelta(minutes=2), start + timedelta(minutes=1)]
    at_ms = np.array([round(each.timestamp() * 1_000) for each in came])
    minutes = np.array([each.timestamp() / 60 for each in published])
    scores = np.array([0.5, -1.0, 0.5])
    heard = Bars(at_ms, minutes, scores, scores, scores, np.ones(3), 1, at_ms)
    columns = {OWN: own, news: heard}
    wanted = {
        "news_score": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
        "news_age": [5, 6, 1, 2, 3, 4],
        "news_average(2)": [None, None, -0.25, -0.25, -0.25, -0.25],
    }
    for text, values in wanted.items():
        expression = parse(text)
        assert expression.inputs == {OWN, news}
        vector = [None if value != value else value for value in expression.vector(columns).tolist()]
        live = expression.incremental()
        walked = [value for step in steps(columns) for value in [live.update(step)] if OWN in step]
        assert vector == pytest.approx(values)
        assert walked == pytest.approx(values)


def test_a_condition_is_taken_apart_into_what_it_joins() -> None:
    expression = parse("rsi(14) < 30 and not (close > open or crossover(close, sma(5)))")
    assert [str(clause) for clause in expression.clauses()] == [
        "rsi(close, 14) < 30",
        "close > open",
        "crossover(close, sma(close, 5))",
    ]
    assert [[str(side) for side in clause.sides()] for clause in expression.clauses()] == [
        ["rsi(close, 14)"],
        ["close", "open"],
        ["close", "sma(close, 5)"],
    ]


def test_what_holds_together_is_told_from_what_is_joined_in_other_ways() -> None:
    expression = parse("rsi(14) < 30 and (close > open or hammer) and not doji")
    assert [str(one) for one in expression.together()] == ["rsi(close, 14) < 30", "close > open or hammer", "not doji"]


def test_instruments_get_their_new_names() -> None:
    expression = parse('at("NSE:OLD", close) > sma(at("NSE:OLD", "1d", high), 3) and at("NSE:TCS", close) > 1')
    renamed = expression.renamed({"NSE:OLD": "NSE:NEW"})
    text = 'at("NSE:NEW", close) > sma(at("NSE:NEW", "1d", high), 3) and at("NSE:TCS", close) > 1'
    assert str(renamed) == str(parse(text))
