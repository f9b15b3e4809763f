"""A backtest from the request to the report, through a real child process; and that a rerun gives the same bytes."""

from __future__ import annotations

import csv
import io
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.common.clock import to_ms
from libs.common.testing.waiting import eventually
from libs.contracts.market import DividendOfShare, SplitOfShares
from libs.quant.backtest import Trade, warm_up
from libs.quant.bars import DAY_MS
from libs.quant.strategy import Reason, Side
from services.signals.backtests.bars_file import read_bars, write_bars
from services.signals.backtests.reports import begun_of, held_of, of_run
from services.signals.backtests.trial import Trial
from services.signals.tests.backtest_support import AAPL, add_version, runner_of, start
from services.signals.tests.support import RELIANCE, daily, rows_of

BEGIN = datetime(2024, 10, 1, 13, 30, tzinfo=UTC)


@pytest.fixture
async def version_id(db, user_id):
    return await add_version(db, user_id)


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """Machine code on disk, so that no child has to compile within a test's time."""
    warm_up()


@pytest.fixture(autouse=True)
def prices(peers) -> None:
    """A market that swings, so that averages cross."""
    closes = [100 + 15 * math.sin(day / 9) + 0.05 * day + 2 * math.sin(day * 1.7) for day in range(330)]
    peers.candles[AAPL, "1d"] = daily([f"{close:.2f}" for close in closes], start=BEGIN)
    peers.candles["NSE:RELIANCE", "1d"] = daily([f"{close * 10:.2f}" for close in closes], start=BEGIN)


async def found(client, db, rooms, backtest, **options):
    async def ended() -> bool:
        nonlocal backtest
        backtest = (await client.get(f"/api/backtests/{backtest['id']}/")).json()
        return backtest["status"] in ("done", "failed")

    async with runner_of(db, rooms.inputs.read, **options):
        await eventually(ended, within=60)
    return backtest


async def test_a_run_is_reported_and_a_rerun_is_the_same_to_the_byte(client, db, rooms, version_id) -> None:
    first = await found(client, db, rooms, await start(client, version_id, broker="zero", benchmark=AAPL))
    assert (first["status"], first["error"]) == ("done", None)
    report = (await client.get(f"/api/backtests/{first['id']}/report/")).json()
    assert report["kind"] == "run"
    figures = {figure["name"]: figure for figure in report["figures"]}
    assert figures["trades"]["value"] == len(report["trades"]) == report["trade_count"] > 3
    assert figures["end_balance"]["value"] == pytest.approx(report["curve"]["equity"][-1])
    assert report["curve"]["at_ms"][0] >= datetime(2025, 1, 6, tzinfo=UTC).timestamp() * 1000
    assert report["costs"]["total"] == pytest.approx(sum(item["amount"] for item in report["costs"]["items"]))
    for parts, name in (("by_instrument", "symbol"), ("by_reason", "reason")):
        assert {part["name"] for part in report[parts]} == {trade[name] for trade in report["trades"]}
        assert sum(part["trades"] for part in report[parts]) == len(report["trades"])
        assert sum(part["profit"] for part in report[parts]) == pytest.approx(sum(t["pnl"] for t in report["trades"]))
    assert report["look_ahead"]["clean"] is True
    grown = math.prod(1 + year["total"] for year in report["months"])
    assert grown == pytest.approx(report["curve"]["equity"][-1] / report["curve"]["equity"][0])
    spread = report["monte_carlo"]  # another order ends at the same equity: it is drawn anew, so that it spreads
    assert spread["equity"][0] < spread["equity"][-1]
    assert spread["drawdown"][0] < spread["drawdown"][-1]
    assert 0 <= spread["loss"] <= 1
    assert first["headline"]["total_return"] == figures["total_return"]["value"]

    second = await client.post(f"/api/backtests/{first['id']}/rerun/")
    again = await found(client, db, rooms, second.json())
    assert again["id"] != first["id"]
    assert (again["report_hash"], again["data_hash"], again["code_version"]) == (
        first["report_hash"],
        first["data_hash"],
        first["code_version"],
    )
    bodies = [(await client.get(f"/api/backtests/{one['id']}/report/")).content for one in (first, again)]
    assert bodies[0] == bodies[1]

    text = (await client.get(f"/api/backtests/{first['id']}/download/?file=csv")).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["pnl"]) for row in rows] == [trade["pnl"] for trade in report["trades"]]
    pdf = await client.get(f"/api/backtests/{first['id']}/download/?file=pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert "attachment" in pdf.headers["content-disposition"]


AXES = [
    {"name": "fast", "at": ["/entry#0", "/exit#0"], "first": 2, "last": 4, "step": 1},
    {"name": "slow", "at": ["/entry#1", "/exit#1"], "first": 6, "last": 10, "step": 2},
]


async def test_a_sweep_tries_every_point_and_warns_of_luck(client, db, rooms, version_id) -> None:
    draft = (await client.get("/api/backtests/draft/", params={"version_id": str(version_id)})).json()
    numbers = {number["at"]: number["value"] for number in draft["numbers"]}
    assert (draft["last_day"], draft["brokers"]) == ("2026-01-05", ["zero"])
    assert (numbers["/entry#0"], numbers["/entry#1"], numbers["/stop/percent"]) == ("3", "8", "8")
    backtest = await found(client, db, rooms, await start(client, version_id, kind="sweep", axes=AXES))
    assert (backtest["status"], backtest["error"]) == ("done", None)
    report = (await client.get(f"/api/backtests/{backtest['id']}/report/")).json()
    assert [point["values"] for point in report["points"][:2]] == [{"fast": 2, "slow": 6}, {"fast": 2, "slow": 8}]
    assert len(report["points"]) == 9
    scores = [point["figures"]["sharpe"] for point in report["points"]]
    assert scores[report["best"]] == max(scores)
    assert len(set(scores)) > 3
    single = await found(client, db, rooms, await start(client, version_id))
    own = next(point for point in report["points"] if point["values"] == {"fast": 3, "slow": 8})
    assert own["figures"]["sharpe"] == single["headline"]["sharpe"]
    assert (await client.get(f"/api/backtests/{backtest['id']}/download/?file=csv")).text.startswith("fast,slow,")


async def test_a_walk_forward_tries_what_it_chose_on_days_that_it_had_not_seen(client, db, rooms, version_id) -> None:
    asked = await start(client, version_id, kind="walk_forward", axes=AXES, folds=3, objective="total_return")
    backtest = await found(client, db, rooms, asked)
    assert (backtest["status"], backtest["error"]) == ("done", None)
    report = (await client.get(f"/api/backtests/{backtest['id']}/report/")).json()
    assert len(report["folds"]) == 3
    spans = [(fold["values"]["from"], fold["values"]["to"]) for fold in report["folds"]]
    assert spans == sorted(spans)
    grown = math.prod(1 + fold["figures"]["out_sample_total_return"] for fold in report["folds"])
    assert grown == pytest.approx(report["curve"]["equity"][-1] / report["curve"]["equity"][0])


async def test_before_a_split_whole_shares_of_that_time_are_bought(
    client, db, rooms, peers, version_id, tmp_path
) -> None:
    split = datetime(2025, 7, 1, 13, 30, tzinfo=UTC)
    peers.splits[AAPL] = [SplitOfShares(at=split, old_shares=1, new_shares=40)]
    await start(client, version_id)
    [row] = await rows_of(db, "SELECT parameters FROM backtests")
    parameters = row["parameters"]
    write_bars(tmp_path / "bars.npz", await rooms.inputs.read(parameters))
    trades = Trial.of(parameters, read_bars(tmp_path / "bars.npz")).run().trades
    assert {trade.units % 40 for trade in trades if trade.entry_ms < to_ms(split)} == {0.0}
    assert {trade.units % 40 for trade in trades if trade.entry_ms > to_ms(split)} - {0.0}, "shares of today since then"


async def test_what_is_not_comparable_or_not_certain_is_said(client, db, rooms, peers, version_id, tmp_path) -> None:
    # In the summer of 2024 NSE's fee was a slab of several; the benchmark begins half a year after the run.
    peers.candles["NSE:RELIANCE", "1d"] = [
        candle.model_copy(update={"at": candle.at - timedelta(days=300)})
        for candle in peers.candles["NSE:RELIANCE", "1d"]
    ]
    peers.candles["NSE:LATE", "1d"] = peers.candles["NSE:RELIANCE", "1d"][180:]
    peers.instruments["LATE"] = RELIANCE.model_copy(update={"instrument": "NSE:LATE", "symbol": "LATE"})
    wanted = {"instruments": ["NSE:RELIANCE"], "broker": "zerodha", "benchmark": "NSE:LATE", "from": "2024-02-01"}
    await start(client, version_id, **wanted, to="2025-02-28", tick="0.5")
    [row] = await rows_of(db, "SELECT parameters FROM backtests")
    write_bars(tmp_path / "bars.npz", await rooms.inputs.read(row["parameters"]))
    report = of_run(Trial.of(row["parameters"], read_bars(tmp_path / "bars.npz")), lambda *_: None)
    warnings = {one["code"]: one["words"] for one in report["warnings"]}
    begins = peers.candles["NSE:LATE", "1d"][0].at.date().isoformat()
    assert begins in warnings["benchmark_late"]
    compared = {one["name"]: one for one in report["figures"] if one["group"] == "benchmark"}
    assert len(compared) == 5
    assert all(one["value"] is None and begins in one["why_not"] for one in compared.values())
    curve = report["curve"]
    assert [value is None for value in curve["benchmark"]] == [
        at < to_ms(peers.candles["NSE:LATE", "1d"][0].at) for at in curve["at_ms"]
    ]
    fills = [trade[end] for trade in report["trades"] for end in ("entry_at", "exit_at")]
    guessed = [at for at in fills if "2024-04-01" <= at[:10] < "2024-10-01"]
    assert 0 < len(guessed) < len(fills)
    assert f"{len(guessed)} of {len(fills)} fills are estimates" in warnings["charges_estimated"]
    assert {trade["entry_price"] % 0.5 for trade in report["trades"]} == {0.0}
    figures = {one["name"]: one["value"] for one in report["figures"]}
    if figures["costs_share"] is not None:
        assert figures["costs_share"] == pytest.approx(figures["costs"] / (figures["costs"] + figures["profit"]))


async def test_dividends_are_paid_by_who_holds_at_the_close_before(client, db, rooms, peers, version_id) -> None:
    days = [candle.at for candle in peers.candles[AAPL, "1d"]]
    told = [(at, "9999" if at == days[101] else "0.5") for at in (*days[::5], days[101])]
    peers.dividends[AAPL] = [DividendOfShare(at=at, amount=Decimal(amount)) for at, amount in sorted(told)]
    backtest = await found(client, db, rooms, await start(client, version_id, benchmark=AAPL))
    report = (await client.get(f"/api/backtests/{backtest['id']}/report/")).json()
    paid = {to_ms(at) for at in days[::5]}
    for trade in report["trades"]:
        # Who sells at the open of the ex-day still gets it; the whole test's fills are at opens.
        times = sum(trade["entry_ms"] < at_ms <= trade["exit_ms"] for at_ms in paid)
        assert trade["dividends"] == pytest.approx(0.5 * times * trade["units"])
    figures = {figure["name"]: figure["value"] for figure in report["figures"]}
    assert figures["dividends"] > 0
    assert figures["dividends"] == pytest.approx(sum(trade["dividends"] for trade in report["trades"]))
    assert figures["profit"] == pytest.approx(sum(trade["pnl"] for trade in report["trades"]))
    assert report["curve"]["benchmark"][-1] > report["curve"]["benchmark"][0]
    text = (await client.get(f"/api/backtests/{backtest['id']}/download/?file=csv")).text
    assert [float(row["dividends"]) for row in csv.DictReader(io.StringIO(text))] == [
        trade["dividends"] for trade in report["trades"]
    ]


def test_trades_that_no_order_of_the_segment_can_make_are_said() -> None:
    def codes(segment: str, side: str, days: int, symbol: str = "NSE:TCS") -> list[str]:
        entry = datetime(2025, 3, 3, 3, 45, tzinfo=UTC)
        trade = Trade(
            symbol, Side(side), 1.0, to_ms(entry), 100.0, to_ms(entry + timedelta(days=days, hours=1)), 101.0, 0.1, 0.9,
            Reason.RULE, 1, 0.0, 0.0,
        )  # fmt: skip
        return [one["code"] for one in held_of([trade], segment)]

    assert codes("intraday", "long", 1) == ["held_over_night"]
    assert codes("intraday", "short", 0) == []
    assert codes("delivery", "short", 1) == ["short_over_night"]
    assert codes("delivery", "long", 1) == codes("futures", "short", 1) == []
    assert codes("delivery", "short", 1, symbol="NYSE:IBM") == []


def test_prices_that_begin_after_the_first_day_are_said() -> None:
    asked = to_ms(datetime(2005, 3, 19, tzinfo=UTC))
    assert begun_of(asked, asked + 6 * DAY_MS) == []
    [warning] = begun_of(asked, to_ms(datetime(2007, 3, 27, 13, 30, tzinfo=UTC)))
    assert warning["code"] == "prices_late"
    assert "2007-03-27, not on the first day that was asked for (2005-03-19)" in warning["words"]


async def test_what_needs_more_memory_than_it_may_take_fails_and_says_so(client, db, rooms, version_id) -> None:
    asked = await start(client, version_id)
    backtest = await found(client, db, rooms, asked, memory_bytes=120 << 20, attempts=1)
    assert backtest["status"] == "failed"
    assert backtest["error_code"] in ("memory", "interrupted")


async def test_days_without_prices_are_said(client, db, rooms, peers, version_id) -> None:
    peers.candles.clear()
    backtest = await found(client, db, rooms, await start(client, version_id))
    assert (backtest["status"], backtest["error_code"]) == ("failed", "no_bars")
