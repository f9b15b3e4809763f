"""The moving averages of many periods over one column, in one pass: what a sweep of averages spends its time on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from libs.quant.bars import Floats, Longs
from libs.quant.compiled import compiled
from libs.quant.expr.arithmetic import shave_column
from libs.quant.expr.nodes import Call, Node, Number
from libs.quant.expr.vector import Columns, computed


def lines(nodes: Sequence[Node], columns: Columns, length: int) -> Floats:
    """Return the numbers of nodes, a row each; the simple averages of one source together."""
    table = np.empty((len(nodes), length))
    averages: dict[Node, list[tuple[int, int]]] = {}
    for place, node in enumerate(nodes):
        match node:
            case Call("sma", (source, Number(period))):
                averages.setdefault(source, []).append((place, int(period)))
            case _:
                table[place] = columns.of(node)
    for source, wanted in averages.items():
        x = np.ascontiguousarray(columns.of(source), np.float64)
        if not length or np.isnan(x.sum()):
            for place, _ in wanted:
                table[place] = columns.of(nodes[place])
        else:
            means(shave_column(x) if computed(source) else x, np.array(wanted), table)
    return table


@compiled()
def means(x: Floats, wanted: Longs, table: Floats) -> None:
    """Write simple averages over `x`, of which all is known. wanted (k, 2): the row of `table`, and the period.

    The sums of `Sma`, in its order. Four run side by side, as each waits for its own last sum only.
    """
    n, k = len(x), len(wanted)
    totals = np.zeros(4)
    for first in range(0, k, 4):
        many, longest = min(4, k - first), 0
        for j in range(many):
            longest = max(longest, min(wanted[first + j, 1], n))
        for j in range(many):
            row, period, total = table[wanted[first + j, 0]], wanted[first + j, 1], 0.0
            for i in range(longest):
                total += x[i]
                row[i] = total if i >= period - 1 else np.nan
                total -= x[i - period + 1] if i >= period - 1 else 0.0
            totals[j] = total
        if many == 4:
            a, b, c, d = totals[0], totals[1], totals[2], totals[3]
            left = n - longest
            now, p = x[longest:], wanted[first : first + 4, 1]
            row_a, row_b = table[wanted[first, 0]][longest:], table[wanted[first + 1, 0]][longest:]
            row_c, row_d = table[wanted[first + 2, 0]][longest:], table[wanted[first + 3, 0]][longest:]
            old_a, old_b = x[longest - p[0] + 1 :], x[longest - p[1] + 1 :]
            old_c, old_d = x[longest - p[2] + 1 :], x[longest - p[3] + 1 :]
            for i in range(left):
                a += now[i]
                b += now[i]
                c += now[i]
                d += now[i]
                row_a[i], row_b[i], row_c[i], row_d[i] = a, b, c, d
                a -= old_a[i]
                b -= old_b[i]
                c -= old_c[i]
                d -= old_d[i]
        else:
            for j in range(many):
                row, period, total = table[wanted[first + j, 0]], wanted[first + j, 1], totals[j]
                for i in range(longest, n):
                    total += x[i]
                    row[i] = total
                    total -= x[i - period + 1]
        for j in range(many):
            row, period = table[wanted[first + j, 0]], float(wanted[first + j, 1])
            for i in range(n):
                row[i] /= period
