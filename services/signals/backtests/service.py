"""Ask for backtests, follow them, read what they found."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.calendars import exchange_of
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, InvalidInput, PlanLimit
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.pagination import Found, PageRequest, paginate
from libs.contracts.signals import JobKind
from libs.quant.charges import BROKERS, COUNTRIES
from libs.quant.strategy import Rules, RulesError
from services.signals.allowances.service import Allowances
from services.signals.allowances.tables import Allowance
from services.signals.backtests import rules, tables
from services.signals.backtests.inputs import Inputs
from services.signals.backtests.rules import PARTS, Axis, Bounds, Kind, Number
from services.signals.backtests.tables import BacktestRow
from services.signals.jobs import tables as job_tables
from services.signals.jobs.queue import cancel
from services.signals.jobs.rules import Status
from services.signals.strategies.rules import Version
from services.signals.strategies.service import Strategies


@dataclass(frozen=True, slots=True)
class Wish:
    """A backtest as it is asked for. Without instruments those of the strategy's version; `last` is the last day.

    costs: cash in the instruments' currency, how and when orders are filled. axes: what a sweep or a walk-forward
    varies; objective: the figure by which points are compared.
    """

    version_id: UUID
    kind: Kind
    first: date
    last: date | None
    instruments: tuple[str, ...]
    benchmark: str | None
    cash: Decimal
    options: Mapping[str, Any]
    name: str | None = None
    axes: tuple[Axis, ...] = ()
    objective: str = "sharpe"
    folds: int | None = None
    anchored: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A backtest, and how many wait before it (None unless it waits)."""

    row: BacktestRow
    ahead: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What the plan allows, and how much of it was used today."""

    bounds: Bounds
    used: int
    upgrade_to: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A version to test, the numbers that a sweep may vary, the brokers of all its exchanges, and how far prices go."""

    version: Version
    numbers: Sequence[Number]
    brokers: tuple[str, ...]
    last_day: date | None


class Backtests:
    """The use cases of people's backtests. Someone else's does not exist here."""

    def __init__(
        self,
        db: Database,
        strategies: Strategies,
        allowances: Allowances,
        inputs: Inputs,
        plans: Mapping[str, Bounds],
    ) -> None:
        self._db = db
        self._strategies = strategies
        self._allowances = allowances
        self._inputs = inputs
        self._plans = plans

    async def ask(self, user_id: UUID, wish: Wish, once: Once[Shown] = UNKEYED) -> Shown:
        """Put a backtest into the queue.

        Raises NotFound for a version that is not the person's, InvalidInput, PlanLimit, UpstreamUnavailable.
        """
        version = await self._strategies.version(wish.version_id, user_id=user_id)
        wish = replace(wish, last=self._last_day(wish))
        await self._check_bounds(user_id, wish, version)
        await asyncio.to_thread(_check_axes, version.document, wish.axes)
        parameters = await self._parameters(version, wish)
        name = wish.name or f"{version.name} v{version.number}"
        return await self._put(user_id, version.strategy_id, version.id, name, parameters, once)

    async def again(self, user_id: UUID, backtest_id: UUID, once: Once[Shown] = UNKEYED) -> Shown:
        """Put a backtest into the queue once more, with the very same parameters. Raises NotFound, PlanLimit."""
        async with self._db.read() as session:
            row = await tables.get_for(session, user_id, backtest_id)
        return await self._put(user_id, row.strategy_id, row.version_id, row.name, row.parameters, once)

    async def get(self, user_id: UUID, backtest_id: UUID) -> Shown:
        """Get a backtest. Raises NotFound."""
        async with self._db.read() as session:
            return await _shown(session, await tables.get_for(session, user_id, backtest_id))

    async def list_for(
        self, user_id: UUID, page: PageRequest, *, status: Status | None = None, strategy_id: UUID | None = None
    ) -> Found[Shown]:
        """List backtests, newest first."""
        async with self._db.read() as session:
            found = await paginate(
                session,
                tables.of_user(user_id, status=status, strategy_id=strategy_id),
                page,
                key=(BacktestRow.created_at, BacktestRow.id),
                scope=f"backtests {user_id} {status} {strategy_id}",
            )
        return Found([Shown(row) for row in found.items], found.next_cursor)

    async def report(self, user_id: UUID, backtest_id: UUID) -> bytes:
        """Give a report's JSON, byte for byte as it was made. Raises NotFound, and Conflict where there is none yet."""
        async with self._db.read() as session:
            row = await tables.get_for(session, user_id, backtest_id)
            body = await tables.report_of(session, row.id)
        if body is None:
            raise Conflict(f"This backtest is {row.status}: it has no report.", backtest_status=row.status)
        return await asyncio.to_thread(zlib.decompress, body)

    async def cancel(self, user_id: UUID, backtest_id: UUID) -> Shown:
        """Stop a backtest that waits or runs. Raises NotFound, and Conflict when it has ended."""
        async with self._db.transaction() as tx:
            row = await tables.get_for(tx.session, user_id, backtest_id, lock=True)
            cancel(tx, row, JobKind.BACKTEST)
        return Shown(row)

    async def delete(self, user_id: UUID, backtest_id: UUID) -> None:
        """Delete a backtest with its report; one that runs is stopped. Raises NotFound."""
        async with self._db.transaction() as tx:
            row = await tables.get_for(tx.session, user_id, backtest_id, lock=True)
            await tables.remove(tx.session, row.id)

    async def usage(self, user_id: UUID) -> Usage:
        """Tell what the plan allows. Raises UpstreamUnavailable when nobody can say."""
        allowance = await self._allowances.get(user_id)
        async with self._db.read() as session:
            used = await tables.used_on(session, user_id, self._db.clock.now().date())
        return Usage(self._bounds(allowance), used, allowance.upgrade_to)

    async def draft(self, user_id: UUID, version_id: UUID) -> Draft:
        """Give what a backtest of a version begins with. Raises NotFound."""
        version = await self._strategies.version(version_id, user_id=user_id)
        countries = {COUNTRIES[name] for name in map(exchange_of, version.instruments) if name in COUNTRIES}
        brokers = sorted(set.intersection(*(set(BROKERS[country]) for country in countries))) if countries else []
        last_day = await self._inputs.last_day(version.instruments[0], version.document["interval"])
        return Draft(version, rules.numbers_of(version.document), tuple(brokers), last_day)

    async def purge(self, keep: timedelta) -> int:
        """Delete what was asked for longer ago. Returns how many."""
        async with self._db.transaction() as tx:
            return await tables.purge(tx.session, self._db.clock.now() - keep)

    async def export(self, session: AsyncSession, user_id: UUID) -> Sequence[Mapping[str, Any]]:
        """Hand a person's backtests over."""
        return [
            {
                "id": str(row.id),
                "name": row.name,
                "kind": row.kind,
                "status": row.status,
                "parameters": row.parameters,
                "headline": row.headline,
                "created_at": row.created_at.isoformat(),
                "finished_at": None if row.finished_at is None else row.finished_at.isoformat(),
            }
            for row in await tables.all_of(session, user_id)
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget a person."""
        await tables.remove_all_of(tx.session, user_id)

    async def _put(
        self,
        user_id: UUID,
        strategy_id: UUID,
        version_id: UUID,
        name: str,
        parameters: Mapping[str, Any],
        once: Once[Shown],
    ) -> Shown:
        async def put() -> Shown:
            now = self._db.clock.now()
            async with self._db.transaction() as tx, once.held(tx) as answer:
                allowance = await self._allowances.hold(tx, user_id)
                bounds = self._bounds(allowance)
                used = await tables.count_one(tx.session, user_id, now.date())
                if used > bounds.per_day:
                    raise PlanLimit(
                        f"Your plan has {bounds.per_day} backtests a day, and you have asked for all of them.",
                        limit=bounds.per_day,
                        used=used - 1,
                        upgrade_to=allowance.upgrade_to,
                    )
                row = _new_row(user_id, strategy_id, version_id, name, parameters, bounds, now)
                tx.session.add(row)
                await tx.session.flush()
                shown = await _shown(tx.session, row)
                answer(shown)
            return shown

        return await self._allowances.asking(user_id, put)

    async def _check_bounds(self, user_id: UUID, wish: Wish, version: Version) -> None:
        """Refuse what is larger than the plan allows, before anything is asked of others."""
        instruments = len(wish.instruments or version.instruments)
        assert wish.last is not None
        bars = rules.most_bars(str(version.document["interval"]), wish.first, wish.last, instruments)
        combinations = rules.combinations(wish.axes)

        async def check() -> None:
            allowance = await self._allowances.get(user_id)
            bounds = self._bounds(allowance)
            for limit, used, what in (
                (bounds.per_day, 1, "backtests a day"),
                (bounds.instruments, instruments, "instruments in a backtest"),
                (bounds.bars, bars, "bars in a backtest"),
                (bounds.combinations, combinations, "combinations in a sweep"),
            ):
                if used > limit:
                    words = f"Your plan has at most {limit:,} {what}; this one has {used:,}."
                    raise PlanLimit(words, limit=limit, used=used, upgrade_to=allowance.upgrade_to)

        await self._allowances.asking(user_id, check)

    async def _parameters(self, version: Version, wish: Wish) -> dict[str, Any]:
        found = await self._inputs.look_up(wish.instruments or version.instruments, wish.benchmark)
        assert wish.last is not None
        parameters = {
            "kind": wish.kind.value,
            "strategy": {"name": version.name, "number": version.number, "version_id": str(version.id)},
            "rules": dict(version.document),
            "words": version.words,
            "instruments": list(found.instruments),
            "benchmark": found.benchmark,
            "currency": found.currency,
            "first": wish.first.isoformat(),
            "last": wish.last.isoformat(),
            "cash": str(wish.cash),
            **wish.options,
        }
        if wish.axes:
            parameters |= {"axes": [axis.stored() for axis in wish.axes], "objective": wish.objective}
        if wish.folds is not None:
            parameters |= {"folds": wish.folds, "anchored": wish.anchored}
        return parameters

    def _last_day(self, wish: Wish) -> date:
        """Fix the last day: the prices of a day that is not over would be others tomorrow."""
        yesterday = self._db.clock.now().date() - timedelta(days=1)
        last = min(wish.last or yesterday, yesterday)
        if wish.first > last:
            raise InvalidInput.of("/from", "out_of_range", "The first day lies before the last one, and before today.")
        return last

    def _bounds(self, allowance: Allowance) -> Bounds:
        return rules.bounds_for(allowance.tier, allowance.state, self._plans)


def _new_row(
    user_id: UUID,
    strategy_id: UUID,
    version_id: UUID,
    name: str,
    parameters: Mapping[str, Any],
    bounds: Bounds,
    now: datetime,
) -> BacktestRow:
    values = {**job_tables.new_job(now), "place": rules.queue_place(now, bounds), "total": PARTS}
    return BacktestRow(
        **values,
        id=uuid7(),
        user_id=user_id,
        strategy_id=strategy_id,
        version_id=version_id,
        name=name,
        kind=parameters["kind"],
        parameters=dict(parameters),
        at_once=bounds.at_once,
    )


async def _shown(session: AsyncSession, row: BacktestRow) -> Shown:
    return Shown(row, await job_tables.ahead_of(session, row) if row.status == Status.QUEUED else None)


def _check_axes(document: Mapping[str, Any], axes: Sequence[Axis]) -> None:
    """Try each value of each axis by itself. Raises InvalidInput at the first that no strategy can have."""
    for number, axis in enumerate(axes):
        for value in axis.values:
            try:
                Rules.read(rules.with_numbers(document, dict.fromkeys(axis.at, value)))
            except KeyError as unknown:
                words = f"The strategy has no number at {unknown.args[0]}."
                raise InvalidInput.of(f"/axes/{number}/at", "not_found", words) from unknown
            except RulesError as error:
                words = f"With {rules.spelled(value)}: {error.message}"
                raise InvalidInput.of(f"/axes/{number}", error.code, words) from error
