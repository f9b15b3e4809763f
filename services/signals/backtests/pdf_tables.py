"""The tables of a printed report. What is not there makes no table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.signals.backtests.pdf_words import cut, label_of, moment, money, name_of, plain, share

MOST_ROWS = 400
"""Of a table; more are left to the CSV, and the PDF says so."""
COLUMNS = 9
"""Of a table of combinations: the parameters, then figures."""
REFUSALS = {
    "no_cash": "There was too little money",
    "too_small": "The size came to less than one lot",
    "no_volume": "Nothing was traded in the bar",
    "too_many_positions": "The strategy held as many positions as it may",
    "delisted": "The stock was no longer listed",
}
_CHARGES = {"transaction_tax": "Transaction tax (STT)", "service_tax": "GST", "regulator_fee": "Regulator's fee"}
_TRADES = (
    ("symbol", "Instrument", False), ("side", "Side", False), ("units", "Units", True), ("entry_at", "Entered", False),
    ("entry_price", "Price", True), ("exit_at", "Left", False), ("exit_price", "Price", True), ("reason", "Why", False),
    ("costs", "Costs", True), ("pnl", "Profit", True),
)  # fmt: skip


def costs(told: Mapping[str, Any] | None, currency: str) -> list[dict[str, Any]]:
    """Table the charges, item by item."""
    if not told:
        return []
    rows = [
        [_CHARGES.get(item["name"], name_of(item["name"])), money(item["amount"], currency)] for item in told["items"]
    ]
    rows.append(["Total", money(told["total"], currency)])
    return [_table("Costs", ["Charge", "Amount"], rows, right={1}, wide={0})]


def refused(orders: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Table why orders were not filled."""
    if not orders:
        return []
    rows = [[REFUSALS.get(one["reason"], name_of(one["reason"])), f"{int(one['count']):,}"] for one in orders]
    return [_table("Orders that were not filled", ["Why", "Orders"], rows, right={1}, wide={0})]


def monte_carlo(told: Mapping[str, Any] | None, currency: str) -> list[dict[str, Any]]:
    """Table what other orders and draws of the trades brought."""
    if not told:
        return []
    levels = [f"{share * 100:.0f} %" for share in told["shares"]]
    rows = [["Deepest drawdown", *(f"{float(value) * 100:.1f} %" for value in told["drawdown"])]]
    note = (
        f"{int(told['orders']):,} other orders of the same trades; {float(told['deeper']):.0%} of them fell deeper "
        "than the real one."
    )
    if "loss" in told:  # a report from before that was drawn: another order of the trades ends at the same equity
        rows.append(["End of a draw", *(money(value, currency) for value in told["equity"])])
        lost = f"{float(told['loss']):.0%}"
        note += f" Where as many trades are drawn from them at random, {lost} of the draws lose money."
    note += " Of so many in a hundred the value was at most:"
    right = set(range(1, len(levels) + 1))
    return [_table("Other orders and draws of the trades", ["", *levels], rows, right=right, wide={0}, note=note)]


def best(points: Sequence[Mapping[str, Any]] | None, objective: object) -> list[dict[str, Any]]:
    """Table the points of a sweep, the best ones first."""
    if not points:
        return []

    def rank(point: Mapping[str, Any]) -> float:
        score = point["figures"].get(objective)
        return math.inf if score is None else -float(score)

    return rows_of(sorted(points, key=rank), f"Combinations by {label_of(objective)}")


def rows_of(points: Sequence[Mapping[str, Any]] | None, title: str) -> list[dict[str, Any]]:
    """Table points or folds, with their values and figures."""
    if not points:
        return []
    names = list(dict.fromkeys(name for point in points for name in (*point["values"], *point["figures"])))[:COLUMNS]
    merged = [{**point["values"], **point["figures"]} for point in points[:MOST_ROWS]]
    rows = [[plain(row.get(name)) for name in names] for row in merged]
    heads = [label_of(name) for name in names]
    return [_table(title, heads, rows, right=set(range(len(names))), wide=set(), note=_left_out(len(points)))]


def parts(title: str, told: Sequence[Mapping[str, Any]] | None, currency: str) -> list[dict[str, Any]]:
    """Table trades as they were summed up by a name."""
    if not told:
        return []
    rows = [
        [
            cut(part["name"]), f"{part['trades']:,}", f"{part['won'] / part['trades']:.0%}",
            share(part["average"]) or "–", money(part["costs"], currency), money(part["profit"], currency),
        ]
        for part in told[:MOST_ROWS]
    ]  # fmt: skip
    heads = ["", "Trades", "Won", "Average", "Costs", "Profit"]
    return [_table(title, heads, rows, right=set(range(1, 6)), wide={0}, note=_left_out(len(told)))]


def trades(told: Sequence[Mapping[str, Any]] | None, count: int, currency: str, zone: int) -> list[dict[str, Any]]:
    """List trades. count: of all, where only some are told. zone: minutes by which the exchange's clocks are ahead."""
    if not told:
        return []
    rows = list[list[str]]()
    for trade in told[:MOST_ROWS]:
        row = list[str]()
        for key, _, _ in _TRADES:
            value = trade.get(key)
            if key in ("entry_at", "exit_at"):
                at = datetime.fromisoformat(str(value))
                row.append(moment(at.timestamp() * 1_000, zone))
            elif key in ("costs", "pnl"):
                row.append(money(value, currency))
            else:
                row.append(plain(value))
        rows.append(row)
    heads = [title for _, title, _ in _TRADES]
    right = {index for index, (_, _, is_right) in enumerate(_TRADES) if is_right}
    return [_table("List of trades", heads, rows, right=right, wide={0}, note=_left_out(max(count, len(told))))]


def _table(
    title: str, heads: Sequence[str], rows: list[list[str]], *, right: set[int], wide: set[int], note: str = ""
) -> dict[str, Any]:
    columns = [{"title": head, "right": index in right, "wide": index in wide} for index, head in enumerate(heads)]
    return {"title": title, "note": note, "columns": columns, "rows": rows}


def _left_out(count: int) -> str:
    return f"The first {MOST_ROWS} of {count:,}; the CSV has all." if count > MOST_ROWS else ""
