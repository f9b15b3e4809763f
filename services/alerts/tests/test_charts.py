"""The picture in an alert's mail: what it shows, when there is none, and that it stands in the HTML."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from email.message import EmailMessage

import pytest
from PIL import Image

from libs.common.http import Http
from libs.common.testing import eventually
from libs.contracts.market import Candle
from services.alerts.charts.drawing import HEIGHT, WIDTH, Picture, draw
from services.alerts.charts.service import Charts
from services.alerts.notifications.letters import Letters
from services.alerts.tests.support import queue, states, triggered, verify
from services.alerts.wiring import Peers

LEVEL_COLOUR, LINE_COLOUR = (176, 70, 9), (31, 79, 216)


def rows_with(image: Image.Image, colour: tuple[int, int, int], columns: range) -> set[int]:
    """Say in which rows of these columns a colour stands."""
    pixels = image.load()
    return {y for y in range(image.height) for x in columns if pixels[x, y] == colour}  # type: ignore[index]


def bars(until, count: int, *, minutes: int = 5, first: str = "225") -> list[Candle]:
    found = []
    for number in range(count):
        price = Decimal(first) + Decimal(number) / 10
        at = until - timedelta(minutes=minutes * (count - number))
        found.append(Candle(at=at, open=price, high=price, low=price, close=price))
    return found


@pytest.fixture
def charts(settings, peers, tokens) -> Charts:
    http = Http("test", transport=peers.transport(), retries=0)
    return Charts(Peers.of(settings, http, tokens.source("alerts")).market)


class TestDrawing:
    def test_a_rising_price_rises_to_its_level(self) -> None:
        closes = tuple(2_200_000 + 10_000 * number for number in range(20))
        image = Image.open(io.BytesIO(draw(Picture(closes, 2_390_000, "09:15", "10:55"))))
        assert image.size == (WIDTH, HEIGHT)
        early = rows_with(image, LINE_COLOUR, range(20, 40))
        late = rows_with(image, LINE_COLOUR, range(560, 580))
        assert min(early) > max(late), "a later, higher price stands further up"
        level = rows_with(image, LEVEL_COLOUR, range(20, 200))
        assert max(level) - min(level) < 4, "the level is one straight line"

    @pytest.mark.parametrize("closes", [(1,) * 5, (999_999_999_999_999,) * 5, (5, 4, 3, 2, 1)])
    def test_flat_huge_and_tiny_prices_are_drawn(self, closes) -> None:
        assert draw(Picture(closes, closes[0], "", "")).startswith(b"\x89PNG")

    def test_it_is_small(self) -> None:
        closes = tuple(2_200_000 + (number * 7919) % 50_000 for number in range(120))
        assert len(draw(Picture(closes, 2_230_000, "24 Nov 09:15", "25 Nov 15:30"))) < 40_000


class TestCharts:
    async def test_many_alerts_of_an_instrument_ask_once(self, charts, peers, clock, user_id) -> None:
        peers.candles["NASDAQ:AAPL", "5m"] = bars(clock.now(), 30)
        first, second = triggered(clock, user_id), triggered(clock, user_id, threshold_price=Decimal("229"))
        one, two = await charts.of(first), await charts.of(second)
        assert one is not None
        assert two is not None
        assert one.png != two.png
        assert "your alert at $230.00" in one.alt
        assert len([path for path in peers.calls if "candles" in path]) == 1

    async def test_finer_bars_serve_where_there_are_few(self, charts, peers, clock, user_id) -> None:
        peers.candles["NASDAQ:AAPL", "5m"] = bars(clock.now(), 2)
        peers.candles["NASDAQ:AAPL", "1m"] = bars(clock.now(), 10, minutes=1)
        assert await charts.of(triggered(clock, user_id)) is not None

    async def test_without_history_or_market_there_is_none(self, charts, peers, clock, user_id) -> None:
        assert await charts.of(triggered(clock, user_id)) is None
        peers.down.add(peers.MARKET)
        later = triggered(clock, user_id, reached_at=clock.now() + timedelta(minutes=5))
        assert await charts.of(later) is None


def parts_of(mail: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in mail.walk()]


class TestMails:
    async def test_the_mail_shows_it_in_its_html(self, db, clock, notices, server, sender_to, user_id, peers) -> None:
        peers.candles["NASDAQ:AAPL", "5m"] = bars(clock.now(), 30)
        await verify(db, notices, user_id)
        await queue(db, notices, triggered(clock, user_id))
        async with sender_to(server):
            await eventually(states(db, "sent"))
        [mail] = server.taken
        assert parts_of(mail) == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
        assert not mail.defects
        html = mail.get_body(("html",)).get_content()
        [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
        assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html
        assert picture.get_content_disposition() == "inline"
        assert Image.open(io.BytesIO(picture.get_content())).size == (WIDTH, HEIGHT)
        [raw] = server.raw
        assert max(map(len, raw.split(b"\r\n"))) <= 998, "no line that a server may refuse"

    async def test_it_goes_out_without_one_while_market_is_away(
        self, db, clock, notices, server, sender_to, user_id, peers
    ) -> None:
        peers.down.add(peers.MARKET)
        await verify(db, notices, user_id)
        await queue(db, notices, triggered(clock, user_id))
        async with sender_to(server):
            await eventually(states(db, "sent"))
        [mail] = server.taken
        assert parts_of(mail) == ["multipart/alternative", "text/plain", "text/html"]
        assert "cid:" not in mail.get_body(("html",)).get_content()

    def test_styles_stand_where_they_are_used_and_both_schemes_are_told(self, clock, user_id) -> None:
        letters = Letters("https://app.example.com")
        letter = letters.alert_triggered(triggered(clock, user_id), first_name="A", time_zone="Asia/Kolkata")
        assert '<h1 style="' in letter.html
        assert "@media (prefers-color-scheme: dark)" in letter.html
        assert "@media (max-width: 480px)" in letter.html
        assert '<meta name="color-scheme" content="light dark">' in letter.html
        assert letter.html.count("<style") == 1
