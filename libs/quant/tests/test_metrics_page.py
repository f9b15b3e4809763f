"""docs/metrics.md says what the code computes."""

from __future__ import annotations

import re
from pathlib import Path

from libs.quant.analysis import Fault, doubts
from libs.quant.metrics import FIGURES

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_the_page_states_every_figure_with_its_formula_and_source() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (\w+) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert rows == [(name, d.label, str(d.unit), d.formula.replace("|", "¦"), d.source) for name, d in FIGURES.items()]


def test_the_page_names_every_doubt() -> None:
    code = Path(doubts.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'Doubt\(\s*"(\w+)"', code)) | {str(fault) for fault in Fault}
    assert len(codes) >= 11
    assert [name for name in sorted(codes) if f"`{name}`" not in PAGE] == []
