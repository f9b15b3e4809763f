"""Small recordings for tests."""

from collections.abc import Sequence
from datetime import date, timedelta

from libs.common.clock import Clock
from libs.common.instruments import Instrument
from services.market.providers.port import Listing
from services.market.providers.replay import ReplayOptions, ReplayProvider
from services.market.providers.replay.recordings import DayBar, Era, Recording

MONDAY = date(2010, 3, 22)
AAPL = Instrument("NASDAQ", "AAPL")
IBM = Instrument("NYSE", "IBM")
AAPL_DAYS = (  # 2010-03-22 to 24, as bokeh-sampledata has them: on the third day AAPL passes 230
    (2_204_700, 2_260_000, 2_201_500, 2_247_500, 16_300_700),
    (2_256_400, 2_287_800, 2_241_000, 2_283_600, 21_515_400),
    (2_276_400, 2_302_000, 2_275_100, 2_293_700, 21_349_300),
)
IBM_DAYS = (
    (1_273_000, 1_284_000, 1_270_500, 1_279_800, 5_000_000),
    (1_280_000, 1_296_000, 1_279_000, 1_293_700, 6_000_000),
)


def recording(
    instrument: Instrument, days: Sequence[tuple[int, int, int, int, int]], *, chosen: bool = True
) -> Recording:
    """Record an instrument on consecutive days from MONDAY on."""
    made = Recording(Listing(instrument, f"{instrument.symbol} Inc.", "USD", chosen=chosen))
    for offset, prices in enumerate(days):
        day = MONDAY + timedelta(days=offset)
        made.days[day] = DayBar(day, *prices)
    return made


def era(*members: Recording, start: int = 0) -> Era:
    return Era(str(members[0].instrument), sorted({day for member in members for day in member.days}), start, members)


def replay(
    *eras: Era, clock: Clock, session_s: float = 20, repeat: bool = True, max_bars: int = 10_000
) -> ReplayProvider:
    """Make a replay with nothing watched yet."""
    options = ReplayOptions(timedelta(seconds=session_s), repeat, 750, max_bars, max_lag=timedelta(seconds=15))
    return ReplayProvider(eras, options, clock)
