"""What signals announces: signals and what becomes of them, whose candles it follows, and jobs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from libs.contracts.alerts import CandleNeed
from libs.contracts.base import Event, Message, Price


class SignalStatus(StrEnum):
    """The life of a signal: `exited` by the strategy's own exit rule, `expired` when its time was over."""

    ACTIVE = "active"
    HIT_TARGET = "hit_target"
    STOPPED = "stopped"
    EXITED = "exited"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class SignalSide(StrEnum):
    LONG = "long"
    SHORT = "short"


class SignalState(Message):
    """A signal as it is now. `reference_price` is the close at which it was made, `entry_price` the next price.

    `at` is when the candle that made it was over in market time, `data_as_of` how far its data reach. `confidence` is a
    share of 1, None where none was calibrated. `exit_*` are None while it is active. Prices are None, `reference_price`
    too, of an active signal beyond what the person's plan tells a day.
    """

    signal_id: UUID
    strategy_id: UUID
    version_id: UUID
    version_number: int
    strategy: str
    instrument: str
    symbol: str
    currency: str
    interval: str
    side: SignalSide
    status: SignalStatus
    reference_price: Price | None
    entry_price: Price | None
    stop: Price | None
    target: Price | None
    confidence: Price | None
    summary: str
    at: datetime
    data_as_of: datetime
    valid_until: datetime | None
    is_ai_generated: bool
    exit_price: Price | None = None
    exit_at: datetime | None = None


class _SignalEvent(Event):
    """Told to each person who was offered the signal, by that person's id."""

    user_id: UUID
    signal: SignalState

    def subject(self) -> str:
        return str(self.user_id)


class SignalCreated(_SignalEvent):
    """A signal was made and offered. `tells`: it is within what the person's plan tells a day.

    `disclosure` must stand, unchanged, wherever the signal is shown.
    """

    type: ClassVar[str] = "signals.signal.created.v1"
    tells: bool
    disclosure: str


class SignalUpdated(_SignalEvent):
    """Its entry, stop or target became known or moved."""

    type: ClassVar[str] = "signals.signal.updated.v1"


class SignalClosed(_SignalEvent):
    """It is over; `signal.status` says how. `tells` and `disclosure` as when it was made."""

    type: ClassVar[str] = "signals.signal.closed.v1"
    tells: bool
    disclosure: str


class StrategyInfo(Message):
    """A person's strategy, as other services name it."""

    strategy_id: UUID
    name: str


class NamedExpression(Message):
    """An expression that a person has named; it may use that person's other names."""

    name: str
    expression: str


class NamedExpressions(Message):
    """What a person has named. `may_use`: the person's plan has custom indicators."""

    items: tuple[NamedExpression, ...]
    may_use: bool


class FollowChanged(Event):
    """The candles that a strategy is followed on: market announces the closed ones while it is active.

    `version` grows with every change, so that what is older can be told.
    """

    type: ClassVar[str] = "signals.follow.changed.v1"
    follow_id: UUID
    version: int
    active: bool
    candles: tuple[CandleNeed, ...]

    def subject(self) -> str:
        return str(self.follow_id)


class JobKind(StrEnum):
    """What a job computes."""

    BACKTEST = "backtest"
    SCREEN = "screen"


class JobProgressed(Event):
    """How far a person's job has come: `done` of `total` steps."""

    type: ClassVar[str] = "signals.job.progressed.v1"
    job_id: UUID
    user_id: UUID
    kind: JobKind
    done: int
    total: int

    def subject(self) -> str:
        return str(self.user_id)


class JobFinished(Event):
    """A person's job is over. `reason`, in words, of one that failed."""

    type: ClassVar[str] = "signals.job.finished.v1"
    job_id: UUID
    user_id: UUID
    kind: JobKind
    status: Literal["done", "failed", "cancelled"]
    reason: str | None = None
    finished_at: datetime

    def subject(self) -> str:
        return str(self.user_id)
