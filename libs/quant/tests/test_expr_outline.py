"""An expression in parts: what a builder shows as blocks, and the text that it writes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from libs.quant.expr import ExprError, Part, outline, parse, parse_with
from libs.quant.tests.expressions import texts

# The browser's side is held to the same cases: what it writes of `root` is `written`.
CASES = json.loads((Path(__file__).parents[3] / "web/src/ui/expression/cases.json").read_text())
DEFINED: dict[str, str] = CASES["defined"]


def document(part: Part) -> dict[str, Any]:
    at = {"instrument": part.source.instrument, "interval": part.source.interval} if part.type == "at" else {}
    parts = [document(one) for one in part.parts]
    return {"type": part.type, "name": part.name, "kind": part.kind, "parts": parts, **at}


BINDS = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7}


def written(part: Part, at_least: int = 0) -> str:
    """Write parts as the browser does."""
    binds = BINDS.get(part.name, 4) if part.type == "operation" else 8
    match part.type, part.parts:
        case "operation", (one,):
            text = ("-" if part.name == "neg" else "not ") + written(one, binds)
        case "operation", (left, right):
            text = f"{written(left, binds + (binds == 4))} {part.name} {written(right, binds + 1)}"
        case "at", (one,):
            text = "at(" + ", ".join([*(f'"{name}"' for name in part.source if name), written(one)]) + ")"
        case "call", (_, *_):
            text = f"{part.name}({', '.join(map(written, part.parts))})"
        case _:
            text = part.name
    return f"({text})" if binds < at_least else text


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["text"])
def test_a_text_has_these_parts_and_what_is_written_of_them_means_the_same(case: dict[str, Any]) -> None:
    assert document(outline(case["text"], DEFINED)) == case["root"]
    assert written(outline(case["text"], DEFINED)) == case["written"]
    assert parse_with(case["written"], DEFINED) == parse_with(case["text"], DEFINED)
    assert document(outline(case["written"], DEFINED)) == case["root"]


@given(texts())
def test_whatever_is_written_of_the_parts_of_an_expression_means_the_same(text: str) -> None:
    try:
        expression = parse(text)
    except ExprError:
        return
    again = written(outline(text))
    assert parse(again) == expression
    assert outline(again) == outline(text)


def test_what_is_wrong_is_said_with_its_column() -> None:
    with pytest.raises(ExprError) as refused:
        outline("close > sma(200) and rsi(2) <")
    assert (refused.value.code, refused.value.column) == ("syntax", 30)
    with pytest.raises(ExprError) as unknown:
        outline("trend > 0")
    assert unknown.value.code == "unknown_name"


def test_long_chains_of_signs_and_brackets_are_read_without_going_deep() -> None:
    assert outline("-" * 1_900 + "5 < close").parts[0].name == "5"
    assert outline("(" * 990 + "close" + ")" * 990 + " > 1").parts[0].name == "close"
