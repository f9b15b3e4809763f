"""What a service wants to hear, and how patiently."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.common.db import Transaction
from libs.common.events.envelope import Envelope
from libs.contracts.base import Event

Handler = Callable[[Transaction, Any, Envelope], Awaitable[None]]
"""Acts upon one event, inside the transaction that also records it in the inbox."""

BatchHandler = Callable[[Transaction, Sequence[tuple[Any, Envelope]]], Awaitable[None]]
"""Acts upon many events in one transaction. After a failure it is called again with each of them alone."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """The events of one stream that a service acts upon. Types without a handler are passed over.

    `batch_handler` gets the events of `batch_types`, as many at once as were read.
    """

    stream: str
    handlers: Mapping[type[Event], Handler] = field(default_factory=dict)
    batch_handler: BatchHandler | None = None
    batch_types: tuple[type[Event], ...] = ()

    def __post_init__(self) -> None:
        if (self.batch_handler is None) != (not self.batch_types):
            raise ValueError("batch_handler and batch_types come together.")
        if set(self.handlers) & set(self.batch_types):
            raise ValueError("An event type has one handler.")

    def types(self) -> dict[str, type[Event]]:
        """The event classes by their type names."""
        return {event_type.type: event_type for event_type in (*self.handlers, *self.batch_types)}


@dataclass(frozen=True, slots=True)
class ConsumerOptions:
    """How patiently a service hears.

    claim_idle_s: a member silent for so long is taken for dead. retry_delays_s: before the second try, the third, and
    so on. patience_s: for so long a handler that could not reach another service is tried again without being counted.
    """

    batch: int = 200
    block_ms: int = 1_000
    claim_idle_s: float = 15.0
    handler_timeout_s: float = 30.0
    max_deliveries: int = 5
    retry_delays_s: tuple[float, ...] = (0.2, 1.0, 5.0, 15.0)
    patience_s: float = 600.0

    def delay_after(self, deliveries: int) -> float:
        """The pause after so many deliveries have failed, in seconds."""
        return self.retry_delays_s[min(deliveries, len(self.retry_delays_s)) - 1]
