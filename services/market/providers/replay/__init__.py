"""The replay: recorded prices played on our own clock (README.md)."""

from services.market.providers.replay.packages import packaged_eras
from services.market.providers.replay.provider import ReplayOptions, ReplayProvider

__all__ = ["ReplayOptions", "ReplayProvider", "packaged_eras"]
