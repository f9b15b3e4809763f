"""Many instruments at once: the same expressions over bars that close together, by one compiled call."""

from libs.quant.panel.panel import NotCompiled, Panel, warm_up

__all__ = ["NotCompiled", "Panel", "warm_up"]
