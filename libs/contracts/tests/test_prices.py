"""How prices are spelled on the wire."""

from __future__ import annotations

from decimal import Decimal

import pytest

from libs.contracts.base import Message, Price


class Quote(Message):
    price: Price


@pytest.mark.parametrize(("stored", "wire"), [("230.0000", "230.00"), ("0.0525", "0.0525"), ("1E+3", "1000.00")])
def test_a_price_is_spelled_one_way_wherever_it_comes_from(stored: str, wire: str) -> None:
    assert Quote(price=Decimal(stored)).model_dump_json() == f'{{"price":"{wire}"}}'
