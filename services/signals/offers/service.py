"""Offer signals to people: size, verdict, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import NotFound
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.signals import SignalClosed, SignalCreated, SignalUpdated
from libs.quant.strategy import Rules
from services.signals.allowances.service import Allowances
from services.signals.offers import rules, tables
from services.signals.offers.rules import CapitalOf, Risk, Verdict
from services.signals.offers.tables import OfferRow
from services.signals.signals.rules import DISCLOSURE
from services.signals.signals.state import state_of
from services.signals.signals.tables import SignalRow


class RiskView(Protocol):
    """The port to portfolios. Reads within the transaction that makes the offer."""

    async def of(self, session: AsyncSession, user_id: UUID, version_id: UUID, stated: Decimal | None) -> Risk:
        """Say what a person has to trade a version with. stated: the capital that the person named for it."""
        ...


class StatedCapital:
    """The view of who has connected no account: the capital that was stated, and the active signals as positions."""

    async def of(self, session: AsyncSession, user_id: UUID, version_id: UUID, stated: Decimal | None) -> Risk:
        held = await tables.count_open(session, user_id, version_id)
        return Risk(stated, CapitalOf.NONE if stated is None else CapitalOf.STATED, held)


class Offers:
    """The use cases."""

    def __init__(self, db: Database, allowances: Allowances, risk: RiskView | None = None) -> None:
        self._db = db
        self._allowances = allowances
        self._risk = risk or StatedCapital()

    async def offer(
        self, tx: Transaction, row: SignalRow, user_id: UUID, strategy: Rules, stated: Decimal | None
    ) -> OfferRow:
        """Offer a new signal to a person, and announce it. Raises AllowanceUnknown: ask, and try again."""
        now = self._db.clock.now()
        allowance = await self._allowances.hold(tx, user_id)
        begins, ends = rules.day_of(now)
        risk = await self._risk.of(tx.session, user_id, row.version_id, stated)
        sized = rules.sized(strategy.size, risk.capital, row.reference_price, row.stop)
        verdict = rules.judge(
            told_today=await tables.count_told(tx.session, user_id, begins, ends),
            per_day=allowance.limits.signals_per_day,
            late=row.valid_until <= now,
            risk=risk,
            most=strategy.max_positions,
            found=sized,
        )
        offer = OfferRow(
            signal_id=row.id,
            user_id=user_id,
            verdict=verdict,
            tells=rules.tells(verdict),
            units=sized.units,
            invested=sized.invested,
            at_risk=sized.at_risk,
            capital=risk.capital,
            capital_of=risk.capital_of,
            offered_at=now,
            dismissed_at=None,
        )
        tx.session.add(offer)
        shown = state_of(row, locked=verdict is Verdict.OVER_PLAN)
        tx.announce(SignalCreated(user_id=user_id, signal=shown, tells=offer.tells, disclosure=DISCLOSURE))
        return offer

    async def tell_updated(self, tx: Transaction, row: SignalRow) -> None:
        """Announce that a signal's prices became known or moved."""
        for offer in await tables.told_of(tx.session, [row.id]):
            shown = state_of(row, locked=offer.verdict == Verdict.OVER_PLAN)
            tx.announce(SignalUpdated(user_id=offer.user_id, signal=shown))

    async def tell_closed(self, tx: Transaction, row: SignalRow) -> None:
        """Announce that a signal is over."""
        for offer in await tables.told_of(tx.session, [row.id]):
            shown = state_of(row, locked=False)
            tx.announce(SignalClosed(user_id=offer.user_id, signal=shown, tells=offer.tells, disclosure=DISCLOSURE))

    async def list_for(
        self,
        user_id: UUID,
        page: PageRequest,
        *,
        active: bool | None = None,
        instrument: str | None = None,
        version_id: UUID | None = None,
        strategy_id: UUID | None = None,
        dismissed: bool = False,
    ) -> Found[tuple[OfferRow, SignalRow]]:
        """List a person's signals, newest first."""
        async with self._db.read() as session:
            return await paginate(
                session,
                tables.listed_for(
                    user_id,
                    active=active,
                    instrument=instrument,
                    version_id=version_id,
                    strategy_id=strategy_id,
                    dismissed=dismissed,
                ),
                page,
                key=(OfferRow.offered_at, OfferRow.signal_id),
                scope=f"signals {user_id} {active} {instrument} {version_id} {strategy_id} {dismissed}",
            )

    async def get(self, user_id: UUID, signal_id: UUID) -> tuple[OfferRow, SignalRow]:
        """Get one of a person's signals. Raises NotFound."""
        async with self._db.read() as session:
            return await self._find(session, user_id, signal_id)

    async def dismiss(self, user_id: UUID, signal_id: UUID) -> None:
        """Take a signal out of a person's feed; doing it twice is doing it once. Raises NotFound."""
        async with self._db.transaction() as tx:
            offer, _ = await self._find(tx.session, user_id, signal_id)
            offer.dismissed_at = offer.dismissed_at or self._db.clock.now()

    async def _find(self, session: AsyncSession, user_id: UUID, signal_id: UUID) -> tuple[OfferRow, SignalRow]:
        found = await tables.find(session, user_id, signal_id)
        if found is None:
            raise NotFound("You have no such signal.")
        return found

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over what a person was offered."""
        query = tables.listed_for(
            user_id, active=None, instrument=None, version_id=None, strategy_id=None, dismissed=True
        )
        rows = await session.execute(query.order_by(OfferRow.offered_at, OfferRow.signal_id))
        return [
            {
                "signal": state_of(row, locked=False).model_dump(mode="json"),
                "verdict": offer.verdict,
                "units": offer.units,
                "capital": offer.capital,
                "offered_at": offer.offered_at,
                "dismissed_at": offer.dismissed_at,
            }
            for offer, row in rows
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget what a person was offered, and the signals themselves."""
        await tables.remove_all_of(tx.session, user_id)
