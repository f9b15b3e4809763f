"""What a trade in shares and their derivatives costs, by date (`rates.py` holds the numbers and their sources)."""

from libs.quant.charges.bill import Charges, UnknownCharges, charges, exercised
from libs.quant.charges.rates import BROKERS, COUNTRIES, INDIA, Broker, Segment, Side
from libs.quant.charges.table import BUY, SELL, TERMS, CostTable, cost_table, fill_cost, fill_costs, trading_days

__all__ = [
    "BROKERS", "BUY", "COUNTRIES", "INDIA", "SELL", "TERMS", "Broker", "Charges", "CostTable", "Segment", "Side",
    "UnknownCharges", "charges", "cost_table", "exercised", "fill_cost", "fill_costs", "trading_days",
]  # fmt: skip
