"""The words of conditions: operators, in the families that share their members, and frequencies."""

from __future__ import annotations

from enum import StrEnum


class Operator(StrEnum):
    """TradingView's thirteen (reference, peers), two that compare with where the day began, and four that trail."""

    CROSSING = "crossing"
    CROSSING_UP = "crossing_up"
    CROSSING_DOWN = "crossing_down"
    GREATER = "greater"
    LESS = "less"
    ENTERING_CHANNEL = "entering_channel"
    EXITING_CHANNEL = "exiting_channel"
    INSIDE_CHANNEL = "inside_channel"
    OUTSIDE_CHANNEL = "outside_channel"
    MOVING_UP = "moving_up"
    MOVING_DOWN = "moving_down"
    MOVING_UP_PERCENT = "moving_up_percent"
    MOVING_DOWN_PERCENT = "moving_down_percent"
    CHANGE_UP_PERCENT = "change_up_percent"
    CHANGE_DOWN_PERCENT = "change_down_percent"
    TRAILING_UP = "trailing_up"
    TRAILING_DOWN = "trailing_down"
    TRAILING_UP_PERCENT = "trailing_up_percent"
    TRAILING_DOWN_PERCENT = "trailing_down_percent"


class Frequency(StrEnum):
    ONCE = "once"
    ONCE_PER_BAR = "once_per_bar"
    ONCE_PER_BAR_CLOSE = "once_per_bar_close"
    ONCE_PER_MINUTE = "once_per_minute"
    ONCE_PER_DAY = "once_per_day"
    EVERY_TIME = "every_time"


class Base(StrEnum):
    """What a change in percent is counted from."""

    OPEN = "open"
    PREVIOUS_CLOSE = "previous_close"


O = Operator  # noqa: E741

LEVEL = frozenset({O.CROSSING, O.CROSSING_UP, O.CROSSING_DOWN, O.GREATER, O.LESS})
CHANNEL = frozenset({O.ENTERING_CHANNEL, O.EXITING_CHANNEL, O.INSIDE_CHANNEL, O.OUTSIDE_CHANNEL})
MOVING = frozenset({O.MOVING_UP, O.MOVING_DOWN, O.MOVING_UP_PERCENT, O.MOVING_DOWN_PERCENT})
TRAILING = frozenset({O.TRAILING_UP, O.TRAILING_DOWN, O.TRAILING_UP_PERCENT, O.TRAILING_DOWN_PERCENT})
RUNNING = MOVING | TRAILING
"""Operators that count from an extreme: of a window, or since the alert was armed or fired last."""

CHANGE = frozenset({O.CHANGE_UP_PERCENT, O.CHANGE_DOWN_PERCENT})
LASTING = frozenset({O.GREATER, O.LESS, O.INSIDE_CHANNEL, O.OUTSIDE_CHANNEL}) | CHANGE
"""Operators that hold for a while; the others happen at an instant."""

PERIODIC = frozenset(
    {Frequency.ONCE_PER_BAR, Frequency.ONCE_PER_BAR_CLOSE, Frequency.ONCE_PER_MINUTE, Frequency.ONCE_PER_DAY}
)
"""Frequencies that remind in each period in which the condition holds."""

UPWARD = frozenset({O.MOVING_UP, O.MOVING_UP_PERCENT, O.CHANGE_UP_PERCENT, O.TRAILING_UP, O.TRAILING_UP_PERCENT})
