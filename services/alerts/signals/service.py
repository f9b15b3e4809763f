"""Tell people of their signals: as notices, and by the alerts that wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import orjson

from libs.common.clock import to_ms
from libs.common.db import Transaction
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.money import plain
from libs.contracts.alerts import Condition as Side
from libs.contracts.signals import SignalClosed, SignalCreated, SignalSide, SignalState
from services.alerts.conditions import codec, tables, words
from services.alerts.conditions.operators import Frequency
from services.alerts.conditions.rules import Edge
from services.alerts.conditions.service import event_of, values_of
from services.alerts.conditions.tables import Owned, Record
from services.alerts.notifications.fan_out import Happening
from services.alerts.notifications.rules import Kind, Purpose
from services.alerts.notifications.service import Notices
from services.alerts.signals import rules

log = get_logger(__name__)


class SignalNotices:
    """In the application and by the channels that a person chose for signals."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    async def hear(self, tx: Transaction, event: SignalCreated | SignalClosed) -> int:
        """Tell of a signal or its end, once, if it is within the person's plan. Returns how many messages are new."""
        if not event.tells:
            return 0
        made = isinstance(event, SignalCreated)
        notice = rules.made(event) if isinstance(event, SignalCreated) else rules.ended(event)
        words = orjson.dumps({"title": notice.title, "text": notice.text, "link": notice.link}).decode()
        key = f"signal:{event.signal.signal_id}:{event.user_id}:{'made' if made else 'ended'}"
        happening = Happening(
            key, event.user_id, Kind.SIGNAL, notice.title, notice.text, notice.link, Purpose.SIGNAL, words
        )
        return await self._notices.tell(tx, [happening])


class SignalAlerts:
    """The use case. The inbox has each event come once."""

    async def hear(self, tx: Transaction, event: SignalCreated | SignalClosed, told_at: datetime) -> int:
        """Tell the person's alerts of a signal or of its end. Returns how many have told something.

        told_at: when signals told of it. Of what is beyond the person's plan nothing is told.
        """
        signal = event.signal
        price = signal.exit_price or signal.entry_price or signal.reference_price
        if not event.tells or price is None:
            return 0
        driver, now = await tx.driver(), tx.clock.now()
        edge = Edge.FIRED if isinstance(event, SignalCreated) else Edge.CLEARED
        notice = rules.made(event) if isinstance(event, SignalCreated) else rules.ended(event)
        owned: dict[int, Owned] = {}
        records: list[Record] = []
        for alert in await tables.lock_waiting_for_signals(driver, event.user_id, signal.instrument):
            state = rules.after(alert.condition, alert.watched.state, signal, edge, to_ms(told_at))
            if state is None:
                continue
            own = None
            if alert.message is not None and edge is Edge.FIRED:
                own = words.rendered(alert.message, _values(alert, signal, price, told_at))
            place = {"symbol": alert.symbol, "exchange": alert.exchange, "currency": alert.currency}
            owned[alert.watched.number] = alert
            records.append(
                Record(
                    number=alert.watched.number,
                    version=alert.watched.version,
                    seq=alert.watched.seq,
                    triggered_id=uuid7(),
                    edge=edge,
                    condition=Side.ABOVE if signal.side is SignalSide.LONG else Side.BELOW,
                    boundary=price,
                    price=price,
                    reached_at=told_at,
                    recorded_at=None,
                    state=codec.dumped(state),
                    finished=edge is Edge.FIRED and alert.condition.terms.frequency is Frequency.ONCE,
                    words=words.sentence(alert.condition, **place),
                    # What must stand with a signal stands behind the owner's own text, too.
                    message=notice.text if own is None else f"{own} {notice.text}",
                )
            )
        told = await tables.store_changes(driver, records, now) if records else set()
        for record in records:
            if record.number in told:
                tx.announce(event_of(owned[record.number], record, now, headline=notice.title))
        if told:
            log.info("signal_alerts_told", signal_id=signal.signal_id, edge=edge, alerts=len(told))
        return len(told)


def _values(alert: Owned, signal: SignalState, price: Decimal, at: datetime) -> Mapping[str, str]:
    """Give the placeholders of an owner's text their values, TradingView's names of orders among them."""
    long, said = signal.side is SignalSide.LONG, f"{plain(price):f}"
    return {
        **values_of(alert, said, interval=signal.interval, begin=signal.at, at=at),
        "strategy.order.action": "buy" if long else "sell",
        "strategy.order.price": said,
        "strategy.order.id": signal.strategy,
        "strategy.order.comment": signal.summary,
        "strategy.market_position": "long" if long else "short",
    }
