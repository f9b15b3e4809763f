"""Which alert the demo creates."""

from __future__ import annotations

from decimal import Decimal

from deploy.demo.journey import choose_alerts


def test_apple_near_230_is_the_alert_of_the_mission() -> None:
    (wish,) = choose_alerts({"NASDAQ:AAPL": Decimal("227.25")}, {})
    assert str(wish) == "NASDAQ:AAPL above 230.00"


def test_elsewhere_both_sides_of_what_moves_most() -> None:
    prices = {"NSE:RELIANCE": Decimal(1400), "NSE:TCS": Decimal(3000)}
    above, below = choose_alerts(prices, {"NSE:RELIANCE": Decimal("0.002"), "NSE:TCS": Decimal("0.001")})
    assert (str(above), str(below)) == ("NSE:RELIANCE above 1400.70", "NSE:RELIANCE below 1399.30")


def test_apple_beyond_230_is_treated_like_any_other() -> None:
    wishes = choose_alerts({"NASDAQ:AAPL": Decimal(240)}, {"NASDAQ:AAPL": Decimal("0.01")})
    assert [str(wish) for wish in wishes] == ["NASDAQ:AAPL above 240.12", "NASDAQ:AAPL below 239.88"]
