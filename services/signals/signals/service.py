"""Make signals, follow them to their end, and sum up what they came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from libs.common import telemetry
from libs.common.clock import from_ms, to_ms
from libs.common.db import Database, Transaction
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.contracts.signals import SignalSide, SignalStatus
from libs.quant.exchanges import tick_of
from libs.quant.expr import SPANS_MS
from libs.quant.strategy import Reason, Rules
from services.signals.offers.service import Offers
from services.signals.signals import rules, tables
from services.signals.signals.costs import broker_of, round_trip
from services.signals.signals.rules import Basis, Calibration, Outcome, Record, Touch
from services.signals.signals.tables import SignalRow

log = get_logger(__name__)

PRICE = Decimal("0.0001")
CHUNK = 200

_made = telemetry.counter("sharewise_signals_total", "Signals made and ended, by state.", ["status"])


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose signal it is, and of what: a followed version of a strategy on an instrument."""

    user_id: UUID
    strategy_id: UUID
    version_id: UUID
    version_number: int
    strategy: str
    rules: Rules
    instrument: str
    symbol: str
    name: str
    currency: str
    capital: Decimal | None


@dataclass(frozen=True, slots=True)
class Made:
    """What generation found: a decision to enter at a close. Prices in the instrument's currency."""

    closes_ms: int
    price: float
    stop: float | None
    target: float | None
    trailing: float | None
    numbers: Mapping[str, float]
    score: float
    fused_by: str
    voices: Sequence[Mapping[str, object]]
    model: str | None


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """All signals ever of a version, in sum. `basis`: assumed fills, or executed orders."""

    version_id: UUID
    record: Record
    since: datetime | None
    until: datetime | None
    basis: Basis
    calibration: Calibration | None
    outcomes: int


class Signals:
    """The use cases. broker: whose charges a record counts, where that broker serves the exchange."""

    def __init__(self, db: Database, offers: Offers, *, broker: str) -> None:
        self._db = db
        self._offers = offers
        self._broker = broker

    async def open(self, tx: Transaction, origin: Origin, made: Made) -> SignalRow | None:
        """Store, offer and announce a signal; None where that candle has one. Raises AllowanceUnknown."""
        now, strategy = self._db.clock.now(), origin.rules
        side = SignalSide(strategy.side.value)
        learnt_from = await tables.outcomes(tx.session, origin.version_id, fused_by=made.fused_by, newest=rules.JUDGED)
        calibration = rules.calibrate(_read(learnt_from))
        confidence = None
        if calibration is not None and calibration.is_good:
            confidence = _rate(calibration.confidence(made.score))
        stop, stop_atr = _closest(strategy, made)
        verb = "Buy" if side is SignalSide.LONG else "Sell short"
        row = await tables.add(
            tx.session,
            {
                "id": uuid7(),
                "strategy_id": origin.strategy_id,
                "version_id": origin.version_id,
                "version_number": origin.version_number,
                "strategy": origin.strategy,
                "instrument": origin.instrument,
                "symbol": origin.symbol,
                "name": origin.name,
                "currency": origin.currency,
                "interval": strategy.interval,
                "side": side,
                "status": SignalStatus.ACTIVE,
                "ended_by": None,
                "reference_price": _price(made.price),
                "entry_price": None,
                "entry_at": None,
                "stop": stop,
                "target": _price(made.target),
                "stop_atr": stop_atr,
                "target_atr": strategy.target is not None and strategy.target.period is not None,
                "exit_price": None,
                "exit_at": None,
                "settled": False,
                "costs": None,
                "net": None,
                "score": _rate(made.score),
                "confidence": confidence,
                "fused_by": made.fused_by,
                "voices": list(made.voices),
                "reasons": rules.reasons(strategy.document(), made.numbers),
                "words": f"{verb} {origin.symbol}: {origin.strategy}, version {origin.version_number}",
                "is_ai_generated": made.model is not None,
                "model": made.model,
                "basis": Basis.HYPOTHETICAL,
                "disclosure_id": rules.DISCLOSURE_ID,
                "at": from_ms(made.closes_ms),
                "data_as_of": from_ms(made.closes_ms),
                "made_at": now,
                "valid_until": rules.valid_until(_known_at(made.closes_ms, now), SPANS_MS[strategy.interval]),
                "updated_at": now,
            },
        )
        if row is None:
            return None
        await self._offers.offer(tx, row, origin.user_id, strategy, origin.capital)
        _made.labels("active").inc()
        log.info("signal_made", signal_id=row.id, instrument=row.instrument, version_id=row.version_id)
        return row

    async def fill(
        self,
        tx: Transaction,
        version_id: UUID,
        instrument: str,
        price: float,
        at_ms: int,
        levels: Sequence[float | None],
    ) -> None:
        """Note the price at which the active signal could be entered, with the levels that follow from it."""
        row = await tables.hold_active(tx.session, version_id, instrument)
        if row is None:
            return
        if row.entry_price is None:
            self._enter(row, _needed(price), from_ms(at_ms))
        stop, target = (_price(level) for level in levels)
        row.stop, row.target = stop or row.stop, target or row.target
        await self._offers.tell_updated(tx, row)

    async def trail(self, tx: Transaction, version_id: UUID, instrument: str, stop: float | None) -> None:
        """Note where the stop lies now."""
        row = await tables.hold_active(tx.session, version_id, instrument)
        level = _price(stop)
        if row is None or level is None or row.entry_price is None or row.stop == level:
            return
        row.stop, row.updated_at = level, self._db.clock.now()
        await self._offers.tell_updated(tx, row)

    async def leave(
        self, tx: Transaction, version_id: UUID, instrument: str, reason: Reason, price: float, closes_ms: int
    ) -> None:
        """End the active signal as its strategy decided. By rule or time the next bar's open is its final price."""
        row = await tables.hold_active(tx.session, version_id, instrument)
        if row is None:
            return  # a price was there before the bar closed, or the person let go of it
        final = reason not in (Reason.RULE, Reason.TIME)
        await self._end(tx, row, rules.ENDS[reason], reason.value, _needed(price), from_ms(closes_ms), final=final)

    async def settle(self, tx: Transaction, version_id: UUID, instrument: str, price: float, at_ms: int) -> None:
        """Note the price at which a signal could be left that its strategy ended at the bar before."""
        row = await tables.hold_unsettled(tx.session, version_id, instrument)
        if row is not None:
            self._close(row, _needed(price), from_ms(at_ms), final=True)
            await self._offers.tell_updated(tx, row)

    async def touch(self, signal_id: UUID, *, entry: Decimal | None, touch: Touch | None, at: datetime) -> bool:
        """Take what prices made of a signal, as it happens. Returns whether it is still active."""
        async with self._db.transaction() as tx:
            row = await tables.hold(tx.session, signal_id)
            if row is None or row.status != SignalStatus.ACTIVE:
                return False
            if entry is not None and row.entry_price is None:
                self._enter(row, entry, at)
                await self._offers.tell_updated(tx, row)
            if touch is None or row.entry_price is None:
                return True
            await self._end(tx, row, touch.status, "price", touch.price, at, final=True)
        return False

    async def cancel_of(self, tx: Transaction, version_id: UUID) -> int:
        """End a version's active signals, since nobody follows it any more. Returns how many."""
        rows = await tables.hold_all_active(tx.session, version_id)
        for row in rows:
            await self._cancel(tx, row, SignalStatus.CANCELLED, "no_longer_followed")
        return len(rows)

    async def split(self, tx: Transaction, instrument: str, factor: Decimal) -> int:
        """Follow a split with the prices of active signals: each becomes so many times what it was."""
        rows = await tables.hold_active_on(tx.session, instrument)
        for row in rows:
            row.reference_price = (row.reference_price * factor).quantize(PRICE)
            for name in ("entry_price", "stop", "target"):
                price = getattr(row, name)
                setattr(row, name, None if price is None else (price * factor).quantize(PRICE))
            row.updated_at = self._db.clock.now()
            await self._offers.tell_updated(tx, row)
        return len(rows)

    async def expire_overdue(self) -> int:
        """End what could not be entered while it was valid. Returns how many."""
        async with self._db.transaction() as tx:
            rows = await tables.hold_overdue(tx.session, self._db.clock.now(), CHUNK)
            for row in rows:
                await self._cancel(tx, row, SignalStatus.EXPIRED, "not_entered")
        return len(rows)

    async def record(self, version_id: UUID) -> TrackRecord:
        """Sum up all signals ever of a version."""
        async with self._db.read() as session:
            count, since, until, basis = await tables.count(session, version_id)
            found = await tables.outcomes(session, version_id)
        # Scores of another formula mean something else.
        newest = [row for row in found if row[2] == found[-1][2]]
        return TrackRecord(
            version_id,
            rules.record_of(count, _read(found)),
            since,
            until,
            Basis(basis or Basis.HYPOTHETICAL),
            rules.calibrate(_read(newest[-rules.JUDGED :])),
            len(newest),
        )

    async def active(self) -> Sequence[SignalRow]:
        """List all active signals, for who follows them by prices."""
        async with self._db.read() as session:
            return await tables.list_active(session)

    def _enter(self, row: SignalRow, price: Decimal, at: datetime) -> None:
        tick = Decimal(str(tick_of(row.instrument)))
        row.stop = rules.moved(row.stop, row.reference_price, price, counted_in_atr=row.stop_atr, tick=tick)
        row.target = rules.moved(row.target, row.reference_price, price, counted_in_atr=row.target_atr, tick=tick)
        row.entry_price, row.entry_at, row.updated_at = price, at, self._db.clock.now()

    async def _end(
        self,
        tx: Transaction,
        row: SignalRow,
        status: SignalStatus,
        by: str,
        price: Decimal,
        at: datetime,
        *,
        final: bool,
    ) -> None:
        if row.entry_price is None:
            # Its one bar was entry and end; the next price after the decision is not known apart from it.
            self._enter(row, row.reference_price, at)
        self._move(row, status, by)
        self._close(row, price, at, final=final)
        await self._offers.tell_closed(tx, row)

    async def _cancel(self, tx: Transaction, row: SignalRow, status: SignalStatus, by: str) -> None:
        self._move(row, status, by)
        row.settled, row.exit_at = True, self._db.clock.now()
        await self._offers.tell_closed(tx, row)

    def _move(self, row: SignalRow, status: SignalStatus, by: str) -> None:
        if not rules.may_become(SignalStatus(row.status), status):
            raise ValueError(f"A signal that is {row.status} cannot become {status}.")
        row.status, row.ended_by, row.updated_at = status, by, self._db.clock.now()
        _made.labels(status).inc()
        log.info("signal_ended", signal_id=row.id, status=status, by=by)

    def _close(self, row: SignalRow, price: Decimal, at: datetime, *, final: bool) -> None:
        row.exit_price, row.exit_at, row.settled = price, at, final
        row.updated_at = self._db.clock.now()
        if row.entry_price is None or row.entry_at is None:
            return
        side, exchange = SignalSide(row.side), row.instrument.partition(":")[0]
        row.costs = round_trip(
            exchange, broker_of(exchange, self._broker), side, row.entry_price, row.entry_at.date(), price, at.date()
        )
        row.net = rules.gross(side, row.entry_price, price) - (row.costs or Decimal(0))


def _read(rows: Sequence[tuple[Decimal, Decimal, str]]) -> list[Outcome]:
    return [Outcome(float(score), float(net)) for score, net, _ in rows]


def _closest(strategy: Rules, made: Made) -> tuple[Decimal | None, bool]:
    """Give the stop that is met first, of the fixed and the trailing one, and whether it is counted in ATR."""
    found = [
        (level, distance.period is not None)
        for level, distance in ((made.stop, strategy.stop), (made.trailing, strategy.trailing))
        if level is not None and distance is not None
    ]
    if not found:
        return None, False
    level, counted_in_atr = (max if strategy.side.sign > 0 else min)(found)
    return _price(level), counted_in_atr


def _known_at(closes_ms: int, now: datetime) -> datetime:
    """Tell when a signal counts as made: with its bar, unless that is of a replay, whose time is its own."""
    age_ms = to_ms(now) - closes_ms
    return from_ms(closes_ms) if 0 <= age_ms <= 30 * 86_400_000 else now


def _price(price: float | None) -> Decimal | None:
    return None if price is None else _needed(price)


def _needed(price: float) -> Decimal:
    return Decimal(repr(price)).quantize(PRICE)


def _rate(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.0000000001"))
