"""See what was put aside, and decide about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from libs.common.audit import record
from libs.common.clock import from_ms, to_ms
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, NotFound
from libs.common.instruments import Instrument
from libs.common.money import from_e4, to_e4
from libs.common.pagination import Found, PageRequest, paginate
from libs.common.security.principal import Principal
from libs.contracts.sources import PriceQuarantined
from services.market.candles import service as candles
from services.market.candles.rules import Part, parts_of
from services.market.providers.port import Quote
from services.market.quality import rules, tables
from services.market.quality.rules import PutAside, QuarantineReason, QuarantineState
from services.market.quality.tables import Aside, Counted, QuarantinedPriceRow

_COUNTED_ROWS = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """Which of what was put aside; None is any."""

    reason: QuarantineReason | None = None
    source: str | None = None
    instrument: str | None = None
    state: QuarantineState | None = None


class Quality:
    """The quality room's use cases."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, wanted: Filter, page: PageRequest) -> Found[Aside]:
        """List what was put aside, newest first."""
        statement = tables.matching(
            reason=wanted.reason, source=wanted.source, instrument=wanted.instrument, state=wanted.state
        )
        async with self._db.read() as session:
            found = await paginate(
                session, statement, page, key=(QuarantinedPriceRow.minute, QuarantinedPriceRow.id), scope=repr(wanted)
            )
        return Found([Aside(*row) for row in found.items], found.next_cursor)

    async def count(self, days: int) -> Sequence[Counted]:
        """Count by source, instrument and reason what was put aside in the last days."""
        async with self._db.read() as session:
            return await tables.count(session, self._db.clock.now() - timedelta(days=days), _COUNTED_ROWS)

    async def decide(self, row_id: UUID, to: QuarantineState, *, by: Principal, why: str) -> Aside:
        """Release or dismiss. A released price counts in the candles from then on; it fires nothing.

        Raises NotFound, Conflict where this cannot be decided (any more).
        """
        async with self._db.transaction() as tx:
            aside = await tables.lock(tx.session, row_id)
            if aside is None:
                raise NotFound("There is no such price.")
            row = aside.row
            if not rules.may_become(QuarantineState(row.state), QuarantineReason(row.reason), to):
                raise Conflict(f"A price that is {row.state} for {row.reason!r} cannot be {to}.")
            if to is QuarantineState.RELEASED:
                await candles.add_late(tx, row.instrument_id, _parts(aside), row.source)
            row.state, row.decided_by, row.decided_at, row.decision = to, by.user_id, tx.clock.now(), why
            details = {"instrument": aside.instrument, "price": str(row.price), "why_aside": row.reason}
            record(
                tx, f"price.{to}", object_kind="quarantined_price", object_id=row.id, caller=by, reason=why,
                details=details,
            )  # fmt: skip
        return aside


def _parts(aside: Aside) -> Sequence[Part]:
    """Make the parts of candles of a price that was put aside. Its day's open, high and low are not known any more."""
    row, at_ms = aside.row, to_ms(aside.row.at)
    price = to_e4(row.price)
    quote = Quote(Instrument.parse(aside.instrument), price, at_ms, to_ms(row.received_at), price, price, at_ms)
    return parts_of(quote)


async def put_aside(tx: Transaction, prices: Sequence[tuple[int, PutAside]], source: str) -> None:
    """Note prices by their instrument's number, and announce the first of each minute."""
    for row_id, aside in await tables.note(await tx.driver(), prices, source):
        quote = aside.quote
        tx.announce(
            PriceQuarantined(
                quarantine_id=row_id,
                instrument=str(quote.instrument),
                price=from_e4(quote.price_e4),
                reason=aside.reason.value,
                source=source,
                at=from_ms(quote.at_ms),
            )
        )
