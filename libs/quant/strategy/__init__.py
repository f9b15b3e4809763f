"""A strategy's rules, and the follower that takes its decisions bar by bar. README.md of `libs/quant` explains both."""

from libs.quant.strategy.decisions import Action, Decision, Fill, Reason, Side
from libs.quant.strategy.errors import RulesError
from libs.quant.strategy.follower import Follower
from libs.quant.strategy.levels import level, touched
from libs.quant.strategy.rules import Distance, Rules, Size, SizeKind

__all__ = [
    "Action", "Decision", "Distance", "Fill", "Follower", "Reason", "Rules", "RulesError", "Side", "Size", "SizeKind",
    "level", "touched",
]  # fmt: skip
