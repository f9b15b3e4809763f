"""Name expressions, and know what one's names mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, FieldError, InvalidInput, PlanFeature
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.contracts.billing import Tier
from libs.quant.expr import Expr, ExprError, Part, names_in, outline, parse_with
from services.signals.allowances.service import Allowances
from services.signals.indicators import rules, tables
from services.signals.indicators.rules import MOST_INDICATORS, Indicator, Wrong


@dataclass(frozen=True, slots=True)
class Shown:
    """An indicator and what it means, written out in full."""

    indicator: Indicator
    meaning: Expr


@dataclass(frozen=True, slots=True)
class Outlined:
    """An expression as its author wrote it, in parts, and what it means."""

    meaning: Expr
    root: Part


class Indicators:
    """The use cases of custom indicators. A name stands for its expression as it was when something was saved."""

    def __init__(self, db: Database, allowances: Allowances) -> None:
        self._db = db
        self._allowances = allowances

    async def defined(self, user_id: UUID) -> Mapping[str, str]:
        """Give a person's names with the expressions that were written for them."""
        async with self._db.read() as session:
            return {one.name: one.expression for one in await tables.all_of(session, user_id)}

    async def read(self, user_id: UUID, text: str) -> Expr:
        """Read an expression in which a person's names may stand.

        Raises ExprError, and PlanFeature where there are names and the plan has none.
        """
        defined = await self.defined(user_id)
        if names_in(text, defined):
            await self.require(user_id)
        return parse_with(text, defined)

    async def outline(self, user_id: UUID, text: str) -> Outlined:
        """Read an expression into its parts, for a builder. Raises InvalidInput with its column, PlanFeature."""
        defined = await self.defined(user_id)
        try:
            meaning = await self.read(user_id, text)
            return Outlined(meaning, outline(text, defined))
        except ExprError as error:
            wrong = FieldError("/expression", error.code, str(error))
            raise InvalidInput(errors=[wrong], column=error.column) from error

    async def require(self, user_id: UUID) -> None:
        """Let pass whose plan has custom indicators. Raises PlanFeature, UpstreamUnavailable."""

        if not await self.may_use(user_id):
            raise PlanFeature("Your plan has no custom indicators: write them out.", upgrade_to=Tier.ELITE)

    async def may_use(self, user_id: UUID) -> bool:
        """Say whether a person's plan has custom indicators. Raises UpstreamUnavailable."""
        return (await self._allowances.get(user_id)).limits.custom_indicators

    async def list_for(self, user_id: UUID) -> Sequence[Shown]:
        """List a person's indicators by name; there are few."""
        async with self._db.read() as session:
            found = await tables.all_of(session, user_id)
        defined = {one.name: one.expression for one in found}
        return [Shown(one, _read(one.name, one.expression, defined)) for one in found]

    async def create(self, user_id: UUID, name: str, expression: str, about: str, once: Once[Shown] = UNKEYED) -> Shown:
        """Name an expression. Raises InvalidInput, PlanFeature, and Conflict for a name that is taken."""
        return await self._allowances.asking(user_id, lambda: self._create(user_id, name, expression, about, once))

    async def change(self, user_id: UUID, indicator_id: UUID, expression: str | None, about: str | None) -> Shown:
        """Change an expression; what was saved with the name stays as it is. Raises InvalidInput, NotFound."""
        return await self._allowances.asking(user_id, lambda: self._change(user_id, indicator_id, expression, about))

    async def delete(self, user_id: UUID, indicator_id: UUID) -> None:
        """Delete an indicator. Raises NotFound, and Conflict where another one uses it."""
        async with self._db.transaction() as tx:
            await tables.lock_owner(tx.session, user_id)
            indicator = await tables.get_for(tx.session, user_id, indicator_id)
            others = await _others(tx.session, indicator)
            users = rules.users_of(indicator.name, others)
            if users:
                raise Conflict(f"`{indicator.name}` is used by {', '.join(f'`{name}`' for name in users)}.")
            await tables.remove(tx.session, indicator_id)

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over a person's indicators."""
        return [
            {"name": one.name, "expression": one.expression, "about": one.about, "created_at": one.created_at}
            for one in await tables.all_of(session, user_id)
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Delete a person's indicators."""
        await tables.remove_all_of(tx.session, user_id)

    async def _create(self, user_id: UUID, name: str, expression: str, about: str, once: Once[Shown]) -> Shown:
        now = self._db.clock.now()
        async with self._db.transaction() as tx, once.held(tx) as answer:
            await self._require(tx, user_id)
            await tables.lock_owner(tx.session, user_id)
            others = {one.name: one.expression for one in await tables.all_of(tx.session, user_id)}
            if name in others:
                raise Conflict(f"You have an indicator `{name}` already.")
            if len(others) >= MOST_INDICATORS:
                raise Conflict(f"You have {MOST_INDICATORS} indicators, the most that are kept.")
            meaning = _read(name, expression, others)
            indicator = Indicator(uuid7(), user_id, name, expression, about, now, now)
            await tables.add(tx.session, indicator)
            shown = Shown(indicator, meaning)
            answer(shown)
        return shown

    async def _change(self, user_id: UUID, indicator_id: UUID, expression: str | None, about: str | None) -> Shown:
        async with self._db.transaction() as tx:
            await self._require(tx, user_id)
            await tables.lock_owner(tx.session, user_id)
            before = await tables.get_for(tx.session, user_id, indicator_id)
            after = replace(
                before,
                expression=before.expression if expression is None else expression,
                about=before.about if about is None else about,
                updated_at=self._db.clock.now(),
            )
            others = await _others(tx.session, before)
            meaning = _read(after.name, after.expression, others)
            for name in rules.users_of(after.name, others):
                # What uses it must still mean something, and be short enough.
                _read(name, others[name], {**others, after.name: after.expression})
            await tables.store(tx.session, after)
        return Shown(after, meaning)

    async def _require(self, tx: Transaction, user_id: UUID) -> None:
        if not (await self._allowances.hold(tx, user_id)).limits.custom_indicators:
            raise PlanFeature("Custom indicators belong to the ELITE plan.", upgrade_to=Tier.ELITE)


async def _others(session: AsyncSession, indicator: Indicator) -> dict[str, str]:
    found = await tables.all_of(session, indicator.user_id)
    return {one.name: one.expression for one in found if one.id != indicator.id}


def _read(name: str, expression: str, others: Mapping[str, str]) -> Expr:
    try:
        return rules.read(name, expression, others)
    except Wrong as wrong:
        raise InvalidInput.of(wrong.field, wrong.code, wrong.message) from wrong
