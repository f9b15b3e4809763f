"""A signal as others are told of it. Pure."""

from __future__ import annotations

from libs.contracts.signals import SignalSide, SignalState, SignalStatus
from services.signals.signals.tables import SignalRow


def state_of(row: SignalRow, *, locked: bool) -> SignalState:
    """Tell a signal. locked: without the prices of which the person's plan tells no more today."""
    return SignalState(
        signal_id=row.id,
        strategy_id=row.strategy_id,
        version_id=row.version_id,
        version_number=row.version_number,
        strategy=row.strategy,
        instrument=row.instrument,
        symbol=row.symbol,
        currency=row.currency,
        interval=row.interval,
        side=SignalSide(row.side),
        status=SignalStatus(row.status),
        reference_price=None if locked else row.reference_price,
        entry_price=None if locked else row.entry_price,
        stop=None if locked else row.stop,
        target=None if locked else row.target,
        confidence=None if locked else row.confidence,
        summary=row.words,
        at=row.at,
        data_as_of=row.data_as_of,
        valid_until=row.enter_until,
        is_ai_generated=row.is_ai_generated,
        exit_price=None if locked else row.exit_price,
        exit_at=row.exit_at,
    )
