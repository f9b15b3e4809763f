"""The PDF of a backtest's report."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from libs.quant.backtest import Refusal
from libs.quant.metrics import FIGURES, monthly, summary
from services.signals.backtests.pdf import DISCLOSURE, POINTS, printed, report_pdf
from services.signals.backtests.pdf_tables import MOST_ROWS, REFUSALS
from services.signals.backtests.pdf_words import LONGEST

DAY_MS = 86_400_000
LENGTH = 900


def report(**more: Any) -> dict[str, Any]:
    draw = np.random.default_rng(1)
    equity = 1_000_000 * np.cumprod(np.concatenate(([1.0], 1 + draw.normal(0.0006, 0.011, LENGTH - 1))))
    at = 1_600_000_000_000 + np.arange(LENGTH) * DAY_MS
    trade = {
        "symbol": "NSE:TCS", "side": "long", "units": 10.0, "entry_at": "2024-01-02T03:45:00Z", "entry_price": "100.05",
        "exit_at": "2024-02-02T03:45:00Z", "exit_price": 110.5, "reason": "stop", "costs": "12.5", "pnl": -1234567.891,
    }  # fmt: skip
    return {
        "kind": "run",
        "strategy": {"name": "Golden cross", "number": 3, "version_id": "x"},
        "words": "The 50-bar average crosses above the 200-bar average",
        "currency": "INR",
        "zone_minutes": 330,
        "parameters": {
            "first": "2020-09-14", "last": "2023-03-01", "instruments": ["NSE:TCS"] * 10, "cash": "1000000",
            "benchmark": None, "fill": "next_open", "slippage": {"kind": "bps", "value": "5"},
            "broker": "zerodha", "segment": "delivery", "lot": 5,
        },
        "data_hash": "d" * 64,
        "code_version": "c" * 64,
        "figures": [
            {"name": name, **asdict(figure)} for name, figure in summary(equity, [], None, 252, at_ms=at).items()
        ],
        "warnings": [{"code": "few_trades", "words": "3 trades are few."}],
        "curve": {
            "at_ms": at.tolist(),
            "equity": equity.tolist(),
            "drawdown": (equity / np.maximum.accumulate(equity) - 1).tolist(),
            "benchmark": [None, *equity[::-1].tolist()[1:]],
        },
        "months": [asdict(year) for year in monthly(at, equity, 330)] + [
            {"year": 2024, "months": [None] * 12, "total": None}
        ],
        "costs": {"total": 2130.7, "items": [{"name": "brokerage", "amount": 1200.5}]},
        "trades": [trade] * 3,
        "trade_count": 3,
        "monte_carlo": {
            "orders": 1000, "shares": [0.05, 0.5, 0.95], "equity": [1.0, 2.0, 3.0], "loss": 0.25,
            "drawdown": [0.1, 0.2, 0.3], "deeper": 0.5,
        },
        "bootstrap": {"p_value": 0.031, "why_not": None},
        "look_ahead": {"clean": True, "checked": 16, "words": "Nothing looks ahead."},
        **more,
    }  # fmt: skip


def swept(**more: Any) -> dict[str, Any]:
    axes = [{"name": "fast", "values": [5, 10]}, {"name": "slow", "values": [50, 200]}]
    scores = [1.2, None, 0.0, -0.3]
    return {
        "kind": "sweep",
        "strategy": {"name": "Cross", "number": 1},
        "currency": "USD",
        "axes": axes,
        "objective": "sharpe",
        "points": [
            {"values": {"fast": fast, "slow": slow}, "figures": {"sharpe": scores[2 * x + y]}}
            for x, fast in enumerate(axes[0]["values"])  # type: ignore[arg-type]
            for y, slow in enumerate(axes[1]["values"])  # type: ignore[arg-type]
        ],
        "deflated_sharpe": {"value": None, "why_not": "Too few days."},
        "overfit_probability": 0.4,
        "p_value": 0.25,
        **more,
    }


def pages(pdf: bytes) -> int:
    assert pdf.startswith(b"%PDF-")
    return max(int(count) for count in re.findall(rb"/Count (\d+)", pdf))


def test_a_report_is_a_pdf_and_the_same_one_each_time() -> None:
    made = report_pdf(report())
    assert pages(made) >= 3
    assert made == report_pdf(report())
    assert made != report_pdf(report(words="Others"))


@pytest.mark.parametrize("kind", ["run", "sweep", "walk_forward"])
def test_a_report_of_little_is_a_pdf_too(kind: str) -> None:
    little = {"kind": kind, "strategy": {"name": "", "number": 1}, "currency": "INR"}
    assert pages(report_pdf(little)) == 1
    flat = {"at_ms": [0, DAY_MS], "equity": [5.0, None], "drawdown": [0, 0], "benchmark": None}
    assert pages(report_pdf({**little, "curve": flat, "trades": [], "figures": [], "points": [], "folds": []})) == 1
    assert pages(report_pdf({**little, "curve": None, "monte_carlo": None})) == 1


def test_a_persons_text_is_never_markup() -> None:
    hostile = '#panic("x") $ ` *b* _i_ \\ ]] #read("/etc/passwd") @x <y> "'
    made = report(strategy={"name": hostile, "number": 1}, words=hostile, warnings=[{"code": "x", "words": hostile}])
    assert printed(made)["title"] == hostile + ", version 1"
    assert pages(report_pdf(made)) >= 3
    assert len(printed(report(words="y" * 5_000))["words"]) == LONGEST


def test_what_the_result_follows_from_and_how_far_it_may_be_believed_stands_first() -> None:
    facts = {fact["label"]: fact["text"] for fact in printed(report())["facts"]}
    assert facts == {
        "Period": "2020-09-14 to 2023-03-01",
        "Instruments": "NSE:TCS, " * 7 + "NSE:TCS and 2 more",
        "Capital": "₹10,00,000.00",
        "Filled at": "Next open",
        "Slippage": "5 bps",
        "Lots, ticks": "5; the exchange's",
        "Charges": "Zerodha, delivery, rates of each day",
        "Benchmark": "none",
        "Code": "c" * 16,
        "Prices": "d" * 16,
        "Times": "of the exchange, UTC+5:30",
        "Later bars": "Nothing looks ahead.",
        "As good by chance": "3.1 %",
    }


def test_a_sweep_is_printed_as_a_heat_map_and_a_table_with_the_best_first() -> None:
    page = printed(swept())
    facts = {fact["label"]: fact["text"] for fact in page["facts"]}
    assert facts["Over-fitted"] == "40.0 %"
    assert facts["Confidence after all tries"] == "Too few days."
    first, second = page["heat"]["rows"]
    assert (first["title"], second["title"]) == ("5", "10")
    assert page["heat"]["columns"] == ["50", "200"]
    cells = [*first["cells"], *second["cells"]]
    assert [cell["text"] for cell in cells] == ["1.20", "", "0.00", "-0.30"]
    green, nothing, zero, red = (cell["fill"] for cell in cells)
    assert (nothing, zero) == ("", "")
    assert green < red  # the more red the higher
    (table,) = page["tables"]
    assert table["title"] == "Combinations by Sharpe ratio"
    assert table["rows"] == [["5", "50", "1.2"], ["10", "50", "0"], ["10", "200", "-0.3"], ["5", "200", "–"]]
    assert pages(report_pdf(swept())) == 1
    three = [*swept()["axes"], {"name": "stop", "values": [1]}]
    assert "median" in printed(swept(axes=three))["heat"]["note"]
    assert printed(swept(axes=three[:1], points=swept()["points"][:2]))["heat"] is None


def test_every_figure_is_printed_with_its_value_or_its_reason() -> None:
    page = printed(report())
    shown = {figure["label"]: figure for group in page["groups"] for figure in group["figures"]}
    assert list(shown) == [definition.label for definition in FIGURES.values()]
    assert shown["Beta"] == {"label": "Beta", "text": "–", "down": False, "why": "No benchmark was chosen.",
                             "formula": "covariance with the benchmark / its variance"}  # fmt: skip
    assert re.fullmatch(r"\d\d\.\d\d %", shown["Deepest drawdown"]["text"])
    assert re.fullmatch(r"₹\d,\d\d,\d\d\d\.\d\d", shown["Equity at the end"]["text"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d", shown["Drawdown begins"]["text"])
    assert page["doubts"] == ["3 trades are few."]
    assert "Hypothetical" in DISCLOSURE
    assert page["disclosure"] == DISCLOSURE


def test_money_is_written_for_people() -> None:
    page = printed(report())
    tables = {table["title"]: table for table in page["tables"]}
    assert tables["Costs"]["rows"] == [["Brokerage", "₹1,200.50"], ["Total", "₹2,130.70"]]
    assert tables["List of trades"]["rows"][0][2:] == [
        "10", "2024-01-02 09:15", "100.05", "2024-02-02 09:15", "110.5", "stop", "₹12.50", "-₹12,34,567.89",
    ]  # fmt: skip
    parts = [{"name": "NSE:TCS", "trades": 4, "won": 1, "average": -0.0125, "costs": 50.0, "profit": -500.0}]
    (table,) = (one for one in printed(report(by_instrument=parts))["tables"] if one["title"] == "By instrument")
    assert table["rows"] == [["NSE:TCS", "4", "25%", "-1.2 %", "₹50.00", "-₹500.00"]]
    assert tables["Other orders and draws of the trades"]["rows"] == [
        ["Deepest drawdown", "10.0 %", "20.0 %", "30.0 %"],
        ["End of a draw", "₹1.00", "₹2.00", "₹3.00"],
    ]


def test_a_benchmark_that_begins_late_is_a_gap_and_leaves_the_scale_to_what_is_known() -> None:
    whole = report()["curve"]
    late = [None] * 500 + [1_000_000.0] * 400
    equity = printed(report(curve={**whole, "benchmark": late}))["charts"][0]
    theirs, ours = (line["values"] for line in equity["lines"])
    assert len(theirs) == len(ours)  # a flat stretch takes as much room as a lively one
    assert theirs.index(1_000_000.0) / len(theirs) == pytest.approx(500 / 900, abs=0.01)
    assert equity["low"] == min(whole["equity"])
    assert pages(report_pdf(report(curve={**whole, "benchmark": late}))) >= 3
    assert pages(report_pdf(report(curve={**whole, "benchmark": [None] * LENGTH}))) >= 3


def test_refused_orders_are_said_in_words() -> None:
    refused = [{"reason": "too_small", "count": 1_200}, {"reason": "no_cash", "count": 3}]
    tables = {table["title"]: table for table in printed(report(refused=refused))["tables"]}
    assert tables["Orders that were not filled"]["rows"] == [
        ["The size came to less than one lot", "1,200"],
        ["There was too little money", "3"],
    ]
    assert set(REFUSALS) == set(map(str, Refusal))


def test_what_is_too_long_is_thinned_and_says_so() -> None:
    many = report()["trades"] * 400
    page = printed(report(trades=many, trade_count=7_000))
    (trades,) = (table for table in page["tables"] if table["title"] == "List of trades")
    assert len(trades["rows"]) == MOST_ROWS
    assert trades["note"] == f"The first {MOST_ROWS} of 7,000; the CSV has all."
    equity, drawdown = page["charts"]
    line = equity["lines"][1]["values"]
    whole = report()["curve"]
    assert len(line) <= POINTS < len(whole["equity"])
    assert (min(line), max(line)) == (min(whole["equity"]), max(whole["equity"]))
    assert min(drawdown["lines"][0]["values"]) == min(whole["drawdown"])
    assert drawdown["high"] == 0
