"""Every table of the service in one place, for migrations: importing this registers them all on `Base`."""

from services.signals.allowances import tables as allowances
from services.signals.backtests import tables as backtests
from services.signals.generation import tables as generation
from services.signals.indicators import tables as indicators
from services.signals.offers import tables as offers
from services.signals.schema import Base
from services.signals.screener import tables as screener
from services.signals.signals import tables as signals
from services.signals.strategies import tables as strategies

__all__ = [
    "Base",
    "allowances",
    "backtests",
    "generation",
    "indicators",
    "offers",
    "screener",
    "signals",
    "strategies",
]
