"""A backtest's report as a PDF: what `report.typ` prints, made of the report's JSON.

The same report gives the same bytes: no clock, no fonts of the machine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import typst

from libs.quant.analysis import Axis, Sweep
from libs.quant.metrics import FIGURES, Group, Unit
from services.signals.backtests import pdf_tables
from services.signals.backtests.pdf_words import cut, label_of, moment, money, name_of, share

TEMPLATE = Path(__file__).with_name("report.typ")
POINTS = 500
"""Of a curve."""
DISCLOSURE = "Hypothetical: computed from past prices, never traded. Past results say nothing certain about later ones."

_KINDS = {"run": "Backtest", "sweep": "Parameter sweep", "walk_forward": "Walk-forward test"}
_GROUPS = {
    Group.RETURN: "Return",
    Group.RISK: "Risk",
    Group.BENCHMARK: "Against the benchmark",
    Group.ACCOUNT: "Account",
    Group.TRADES: "Trades",
}
_TILES = ("total_return", "cagr", "max_drawdown", "sharpe", "win_rate", "profit_factor")
_BLUE, _GREY, _RED = "#1f4fd8", "#8a94a6", "#b3261e"


def report_pdf(report: Mapping[str, Any]) -> bytes:
    """Print a report.

    report: the JSON of a finished backtest as a mapping. A part that is not there is left out. Text is shown as it is,
    cut to LONGEST; nothing of it is read as markup.
    """
    page = json.dumps(printed(report), allow_nan=False)
    return bytes(typst.compile(TEMPLATE.read_bytes(), ignore_system_fonts=True, sys_inputs={"report": page}))


def printed(report: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the template prints: texts, and numbers only where a line is drawn."""
    currency = str(report["currency"])
    zone = int(report.get("zone_minutes", 0))
    figures = {figure["name"]: figure for figure in report.get("figures", ())}
    told = {name: _figure(name, figures[name], currency, zone) for name in FIGURES if name in figures}
    strategy = report["strategy"]
    return {
        "kind": _KINDS[report["kind"]],
        "title": cut(f"{strategy['name']}, version {strategy['number']}"),
        "words": cut(report.get("words", "")),
        "disclosure": DISCLOSURE,
        "facts": [
            {"label": label, "text": cut(text)}
            for label, text in (*_assumptions(report, currency), *_findings(report))
            if text
        ],
        "doubts": [cut(warning["words"]) for warning in report.get("warnings", ())],
        "tiles": [told[name] for name in _TILES if name in told],
        "charts": _charts(report.get("curve"), currency, zone),
        "months": [_year(year) for year in report.get("months", ())],
        "groups": [
            {"title": title, "figures": [told[name] for name in told if FIGURES[name].group is group]}
            for group, title in _GROUPS.items()
            if any(FIGURES[name].group is group for name in told)
        ],
        "tables": [
            *pdf_tables.costs(report.get("costs"), currency),
            *pdf_tables.refused(report.get("refused")),
            *pdf_tables.monte_carlo(report.get("monte_carlo"), currency),
            *pdf_tables.best(report.get("points"), report.get("objective")),
            *pdf_tables.rows_of(report.get("folds"), "Stretches of time"),
            *pdf_tables.parts("By instrument", report.get("by_instrument"), currency),
            *pdf_tables.parts("By the end of the trade", report.get("by_reason"), currency),
            *pdf_tables.trades(report.get("trades"), int(report.get("trade_count", 0)), currency, zone),
        ],
        "heat": _heat(report),
    }


def _assumptions(report: Mapping[str, Any], currency: str) -> list[tuple[str, str]]:
    """Say what the result follows from."""
    given: Mapping[str, Any] = report.get("parameters") or {}
    names = [str(name) for name in given.get("instruments", ())]
    slippage = given.get("slippage") or {}
    slips = slippage.get("kind", "none") != "none"
    broker, segment, of_exchange = given.get("broker"), given.get("segment"), "the exchange's"
    return [
        ("Period", f"{given['first']} to {given['last']}" if "first" in given else ""),
        ("Instruments", ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")),
        ("Capital", money(given["cash"], currency) if "cash" in given else ""),
        ("Filled at", name_of(given.get("fill", ""))),
        ("Slippage", f"{slippage.get('value')} {name_of(slippage['kind']).lower()}" if slips else "none"),
        ("Lots, ticks", f"{given['lot']}; {given.get('tick') or of_exchange}" if "lot" in given else ""),
        ("Charges", f"{name_of(broker)}, {segment}, rates of each day" if broker else "none"),
        ("Benchmark", str(given.get("benchmark") or "none")),
        ("Code", str(report.get("code_version", ""))[:16]),
        ("Prices", str(report.get("data_hash", ""))[:16]),
        ("Times", _zone_of(int(report.get("zone_minutes", 0)))),
    ]


def _findings(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say how far the result may be believed."""
    chance, deflated = report.get("bootstrap") or {}, report.get("deflated_sharpe") or {}
    found = [
        ("Later bars", (report.get("look_ahead") or {}).get("words", "")),
        ("As good by chance", share(chance.get("p_value"), chance.get("why_not"))),
        ("Confidence after all tries", share(deflated.get("value"), deflated.get("why_not"))),
        ("Over-fitted", share(report.get("overfit_probability"))),
        ("Best of all by chance", share(report.get("p_value"))),
        ("Kept out of sample", share(report.get("efficiency"))),
        ("Stretches with a gain", share(report.get("held"))),
    ]
    return [(label, text) for label, text in found if text]


def _figure(name: str, figure: Mapping[str, Any], currency: str, zone: int) -> dict[str, Any]:
    value, of = figure.get("value"), figure.get("of")
    text = "–" if value is None else _counted(float(value), FIGURES[name].unit, currency, zone)
    return {
        "label": FIGURES[name].label,
        "text": text,
        "down": value is not None and value < 0,
        "why": cut(figure.get("why_not") or of or ""),
        "formula": FIGURES[name].formula,
    }


def _counted(value: float, unit: Unit, currency: str, zone: int) -> str:
    if unit is Unit.PERCENT:
        return f"{value * 100:,.2f} %"
    if unit is Unit.MONEY:
        return money(value, currency)
    if unit is Unit.INSTANT:
        return moment(value, zone)
    if unit is Unit.BARS:
        return f"{value:,.1f}".removesuffix(".0") + " bars"
    return f"{value:,.0f}" if unit in (Unit.COUNT, Unit.DAYS) else f"{value:,.2f}"


def _zone_of(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"of the exchange, UTC{'-' if minutes < 0 else '+'}{hours}:{rest:02}"


def _charts(curve: Mapping[str, Any] | None, currency: str, zone: int) -> list[dict[str, Any]]:
    if not curve or len(curve.get("at_ms", ())) < 2:
        return []
    at = curve["at_ms"]
    ends = {"begin": moment(at[0], zone)[:10], "end": moment(at[-1], zone)[:10]}
    lines = [_line(curve["equity"], _BLUE, "Strategy")]
    if curve.get("benchmark"):
        lines.insert(0, _line(curve["benchmark"], _GREY, "Benchmark", "dashed"))
    charts = [{"title": "Equity", **_scaled(lines, lambda value: money(round(value), currency)[:-3]), **ends}]
    if curve.get("drawdown"):
        down = [_line(curve["drawdown"], _RED, "Drawdown")]
        charts.append({"title": "Drawdown", **_scaled(down, lambda value: f"{value * 100:.0f} %", top=0.0), **ends})
    return charts


def _line(values: Sequence[float | None], colour: str, text: str, dash: str = "solid") -> dict[str, Any]:
    return {"values": _thinned(values), "colour": colour, "dash": dash, "text": text, "mark": "—"}


def _thinned(values: Sequence[float | None]) -> list[float | None]:
    """Keep the lowest and highest of each stretch, in their order, so that no fall is lost; None is a gap.

    Two of each, also where it is flat: the lines of a chart have their times in common.
    """
    if len(values) <= POINTS:
        return list(values)
    kept: list[float | None] = []
    stretches = POINTS // 2
    for number in range(stretches):
        part = values[number * len(values) // stretches : (number + 1) * len(values) // stretches]
        known = [(value, place) for place, value in enumerate(part) if value is not None]
        ends = sorted((min(known), max(known)), key=lambda one: one[1]) if known else [(None, 0), (None, 0)]
        kept += [value for value, _ in ends]
    return kept


def _scaled(lines: list[dict[str, Any]], label: Any, top: float | None = None) -> dict[str, Any]:
    known = [value for line in lines for value in line["values"] if value is not None] or [0.0]
    low, high = min(known), max(known) if top is None else top
    if not high - low > 1e-12 * max(abs(high), 1.0):
        low, high = low - 1.0, high + (1.0 if top is None else 0.0)
    steps = [low + (high - low) * part / 4 for part in range(5)]
    return {
        "lines": lines,
        "legend": lines,
        "low": low,
        "high": high,
        "labels": [{"at": step, "text": label(step)} for step in steps],
    }


def _year(year: Mapping[str, Any]) -> dict[str, Any]:
    months = [None if month is None else float(month) for month in year["months"]]
    return {
        "year": str(year["year"]),
        "cells": [_cell(month, 0.1, lambda value: f"{value * 100:.1f}") for month in months],
        "total": "" if year["total"] is None else f"{float(year['total']) * 100:.1f} %",
    }


def _cell(value: float | None, full: float, label: Any) -> dict[str, str]:
    """Colour a cell: green above 0, red below, at its strongest from `full` on."""
    if value is None or not math.isfinite(value):
        return {"text": "", "fill": ""}
    part = min(abs(value) / full, 1.0) if full > 0 else 0.0
    base = (11, 107, 58) if value > 0 else (179, 38, 30)
    mixed = [round(255 - (255 - channel) * 0.45 * part) for channel in base]
    return {"text": label(value), "fill": "#{:02x}{:02x}{:02x}".format(*mixed) if part else ""}


def _heat(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Lay the objective of a sweep over its first two axes."""
    points, axes, metric = report.get("points"), report.get("axes") or (), report.get("objective")
    if not points or len(axes) < 2 or metric is None:
        return None
    scales = tuple(Axis(str(axis["name"]), tuple(float(value) for value in axis["values"])) for axis in axes)
    scores = [point["figures"].get(metric) for point in points]
    column = np.array([math.nan if score is None else float(score) for score in scores])
    heat = Sweep(scales, {metric: column}).heat(metric, scales[1].name, scales[0].name)
    known = [abs(cell) for row in heat.cells for cell in row if cell is not None]
    percent = metric in FIGURES and FIGURES[metric].unit is Unit.PERCENT

    def label(value: float) -> str:
        return f"{value * 100:.1f}" if percent else f"{value:.2f}"

    others = "; the median over the other axes" if len(axes) > 2 else ""
    return {
        "title": "Heat map",
        "note": f"{label_of(metric)}{', in %' if percent else ''}: {cut(heat.y.name)} down, {cut(heat.x.name)} across"
        f"{others}.",
        "columns": [f"{value:g}" for value in heat.x.values],
        "rows": [
            {"title": f"{value:g}", "cells": [_cell(cell, max(known, default=0.0), label) for cell in cells]}
            for value, cells in zip(heat.y.values, heat.cells, strict=True)
        ],
    }
