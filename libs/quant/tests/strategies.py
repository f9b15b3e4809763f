"""Random strategies for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

ENTRIES = (
    "close > open", "crossover(close, sma(3))", "rising(close, 2)", "close < prev(close, 1)",
    "crossover(ema(2), ema(4))",    "volume > 0 and close >= sma(2)",
)  # fmt: skip
EXITS = ("close < open", "crossunder(close, sma(3))", "falling(close, 2)", "close == prev(close, 1)")


def _distances(most: int) -> st.SearchStrategy[dict[str, object] | None]:
    percent = st.integers(1, most).map(lambda tenths: {"percent": str(tenths / 10)})
    atr = st.tuples(st.sampled_from(["0.5", "1", "2.5"]), st.integers(1, 4)).map(
        lambda given: {"atr": given[0], "period": given[1]}
    )
    return st.one_of(st.none(), percent, atr)


def documents(sizes: st.SearchStrategy[dict[str, str]] | None = None) -> st.SearchStrategy[dict[str, object]]:
    """Draw documents of strategies that trade often on `expressions.bars`."""
    return st.fixed_dictionaries(
        {
            "interval": st.just("1m"),
            "side": st.sampled_from(["long", "short"]),
            "entry": st.sampled_from(ENTRIES),
            "exit": st.one_of(st.none(), st.sampled_from(EXITS)),
            "stop": _distances(30),
            "target": _distances(30),
            "trailing": _distances(30),
            "size": st.just({"units": "1"}) if sizes is None else sizes,
            "max_bars": st.one_of(st.none(), st.integers(1, 6)),
            "max_positions": st.integers(1, 3),
        }
    ).map(lambda document: document if _ends(document) else {**document, "max_bars": 5})


def _ends(document: dict[str, object]) -> bool:
    return any(document[name] for name in ("exit", "stop", "target", "trailing", "max_bars"))
