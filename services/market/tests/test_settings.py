import pytest
from pydantic import ValidationError

from services.market.feed.tasks import FetchTasks
from services.market.settings import MarketSettings


@pytest.mark.parametrize(
    ("seconds", "fields"),
    [
        (10, ("second", {0, 10, 20, 30, 40, 50})),
        (60, ("minute", set(range(60)))),
        (1_800, ("minute", {0, 30})),
        (3_600, ("minute", {0})),
        (21_600, ("hour", {0, 6, 12, 18})),
    ],
)
def test_rounds_come_by_the_clock(seconds, fields):
    _, cron = FetchTasks([None], interval_s=MarketSettings(fetch_interval_s=seconds).fetch_interval_s).crons()
    name, values = fields
    assert set(getattr(cron, name)) == values


@pytest.mark.parametrize("seconds", [7, 90, 420, 5_000, 50_000])
def test_an_interval_that_does_not_fit_the_clock_is_refused(seconds):
    with pytest.raises(ValidationError, match=r"divide|greater"):
        MarketSettings(fetch_interval_s=seconds)


def test_a_polled_provider_needs_a_key():
    with pytest.raises(ValidationError, match="MARKET_TWELVEDATA_API_KEY"):
        MarketSettings(provider="twelvedata")


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("MARKET_FETCH_SYMBOLS", "aapl, NSE:sbin")
    monkeypatch.setenv("MARKET_REPLAY_START", "2010-03-24")
    monkeypatch.setenv("SHAREWISE_TICK_PARTITIONS", "4")
    settings = MarketSettings()
    assert settings.fetch_symbols == ("AAPL", "NSE:SBIN")
    assert str(settings.replay_start) == "2010-03-24"
    assert settings.tick_partitions == 4
