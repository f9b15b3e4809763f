"""The builder's ready-made conditions are expressions that the service takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from libs.quant.expr import FUNCTIONS, parse

BUILDER = Path(__file__).parents[3] / "web/src/ui/expression"
PRESETS = json.loads((BUILDER / "presets.json").read_text())


def filled(preset: dict[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        given, form = preset["values"][found[1]], found[2]
        match form:
            case "up":
                return f"{1 + float(given) / 100:g}"
            case "down":
                return f"{1 - float(given) / 100:g}"
            case "clock":
                return given.replace(":", "").lstrip("0")
            case "day":
                return given.replace("-", "")
        return given

    return re.sub(r"\{([a-z]+)(?::([a-z]+))?\}", value, preset["text"])


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset["name"])
def test_a_preset_is_a_condition_in_its_canonical_text(preset: dict[str, Any]) -> None:
    expression = parse(filled(preset))
    assert expression.kind == "boolean"
    assert str(expression) == filled(preset)


def test_every_pattern_that_is_offered_is_known() -> None:
    offered = re.findall(r'^  "[a-z_", ]+$', (BUILDER / "presets.ts").read_text(), re.MULTILINE)
    names = re.findall(r'"([a-z_]+)"', " ".join(offered))
    assert len(names) > 10
    assert set(names) <= FUNCTIONS.keys()
