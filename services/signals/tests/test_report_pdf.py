"""The PDF of a backtest's report."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from libs.quant.metrics import FIGURES, monthly, summary
from services.signals.backtests.pdf import DISCLOSURE, LONGEST, MOST_ROWS, POINTS, printed, report_pdf

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
        "title": "Golden cross",
        "words": "The 50-bar average crosses above the 200-bar average",
        "currency": "INR",
        "zone_minutes": 330,
        "facts": [["Period", "2020 to 2023"]],
        "figures": {name: asdict(f) for name, f in summary(equity, [], None, 252, at_ms=at).items()},
        "doubts": [{"code": "few_trades", "message": "3 trades are few."}],
        "curve": {
            "at_ms": at.tolist(),
            "equity": equity.tolist(),
            "drawdown": (equity / np.maximum.accumulate(equity) - 1).tolist(),
            "benchmark": equity[::-1].tolist(),
        },
        "months": [asdict(year) for year in monthly(at, equity, 330)],
        "costs": {"brokerage": "1200.50", "transaction_tax": 930.2},
        "trades": [trade] * 3,
        "monte_carlo": {
            "runs": 1000, "final": [1.0] * 5, "drawdown": [0.1] * 5, "ruin": 0.0, "loss": 0.25, "deeper": 0.5
        },
        "heat": {
            "metric": "sharpe",
            "x": {"name": "fast", "values": [5, 10]},
            "y": {"name": "slow", "values": ["50", "200"]},
            "cells": [[1.2, None], [0.0, -0.3]],
        },
        "points": [{"values": {"/entry#0": 5}, "figures": {"sharpe": 1.21}}],
        **more,
    }  # fmt: skip


def pages(pdf: bytes) -> int:
    assert pdf.startswith(b"%PDF-")
    return max(int(count) for count in re.findall(rb"/Count (\d+)", pdf))


def test_a_report_is_a_pdf_and_the_same_one_each_time() -> None:
    made = report_pdf(report())
    assert pages(made) >= 3
    assert made == report_pdf(report())
    assert made != report_pdf(report(title="Another"))


@pytest.mark.parametrize("kind", ["run", "sweep", "walk_forward"])
def test_a_report_of_little_is_a_pdf_too(kind: str) -> None:
    assert pages(report_pdf({"kind": kind, "title": "x"})) == 1
    flat = {"at_ms": [0, DAY_MS], "equity": ["5", "5"], "drawdown": [0, 0], "benchmark": None}
    assert pages(report_pdf({"kind": kind, "title": "", "curve": flat, "trades": [], "figures": {}})) == 1


def test_a_persons_text_is_never_markup() -> None:
    hostile = '#panic("x") $ ` *b* _i_ \\ ]] #read("/etc/passwd") @x <y> "'
    page = printed(report(title=hostile, words=hostile, facts=[[hostile, hostile]]))
    assert page["title"] == hostile
    assert pages(report_pdf(report(title=hostile, words=hostile, facts=[[hostile, hostile]]))) >= 3
    assert len(printed(report(words="y" * 5_000))["words"]) == LONGEST


def test_every_figure_is_printed_with_its_value_or_its_reason() -> None:
    page = printed(report())
    shown = {figure["label"]: figure for group in page["groups"] for figure in group["figures"]}
    assert list(shown) == [definition.label for definition in FIGURES.values()]
    assert shown["Beta"] == {"label": "Beta", "text": "–", "down": False, "why": "No benchmark was chosen."}
    assert re.fullmatch(r"\d\d\.\d\d %", shown["Deepest drawdown"]["text"])
    assert re.fullmatch(r"₹\d,\d\d,\d\d\d\.\d\d", shown["Equity at the end"]["text"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d", shown["Drawdown begins"]["text"])
    assert page["doubts"] == ["3 trades are few."]
    assert "Hypothetical" in DISCLOSURE
    assert page["disclosure"] == DISCLOSURE


def test_money_and_cells_are_written_for_people() -> None:
    page = printed(report())
    tables = {table["title"]: table for table in page["tables"]}
    assert tables["Costs"]["rows"] == [["Brokerage", "₹1,200.50"], ["Transaction tax", "₹930.20"]]
    assert tables["List of trades"]["rows"][0][2:] == [
        "10", "2024-01-02 03:45", "100.05", "2024-02-02 03:45", "110.5", "stop", "₹12.50", "-₹12,34,567.89",
    ]  # fmt: skip
    assert "50% of them fell deeper" in tables["Other orders of the trades"]["note"]
    assert tables["Combinations"]["rows"] == [["5", "1.21"]]
    first, second = page["heat"]["rows"]
    assert [cell["text"] for cell in (*first["cells"], *second["cells"])] == ["1.20", "", "0.00", "-0.30"]
    green, nothing, _, red = (cell["fill"] for cell in (*first["cells"], *second["cells"]))
    assert nothing == ""
    assert green < red  # the more red the higher


def test_what_is_too_long_is_thinned_and_says_so() -> None:
    many = report()["trades"] * 400
    page = printed(report(trades=many))
    (trades,) = (table for table in page["tables"] if table["title"] == "List of trades")
    assert len(trades["rows"]) == MOST_ROWS
    assert trades["note"] == f"The first {MOST_ROWS} of 1,200; the CSV has all."
    equity, drawdown = page["charts"]
    line = equity["lines"][1]["values"]
    whole = report()["curve"]
    assert len(line) <= POINTS < len(whole["equity"])
    assert (min(line), max(line)) == (min(whole["equity"]), max(whole["equity"]))
    assert min(drawdown["lines"][0]["values"]) == min(whole["drawdown"])
    assert drawdown["high"] == 0
