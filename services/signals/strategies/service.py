"""Write, version, copy and share strategies."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, FieldError, InvalidInput, NotFound, PlanLimit
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.listings import Listings
from libs.common.logging import get_logger
from libs.common.pagination import Found, PageRequest, paginate
from libs.quant.strategy import Rules, RulesError
from services.signals.allowances.service import Allowances
from services.signals.allowances.tables import Allowance
from services.signals.indicators.service import Indicators
from services.signals.strategies import rules, tables
from services.signals.strategies.rules import Draft, Share, Strategy, StrategyStatus, Version

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A strategy with its newest version."""

    strategy: Strategy
    version: Version


@dataclass(frozen=True, slots=True)
class Change:
    """A version, and in words what it changed of the one before; nothing of the first."""

    version: Version
    changes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """Rules as they were read. `document` is what a version keeps."""

    rules: Rules
    written: Mapping[str, Any]
    instruments: tuple[str, ...]

    @property
    def document(self) -> Mapping[str, Any]:
        return self.rules.document()


class Strategies:
    """The use cases of people's strategies."""

    def __init__(self, db: Database, allowances: Allowances, indicators: Indicators, listings: Listings) -> None:
        self._db = db
        self._allowances = allowances
        self._indicators = indicators
        self._listings = listings
        self._heirs: list[Callable[[Transaction, UUID], Awaitable[None]]] = []

    def when_archived(self, told: Callable[[Transaction, UUID], Awaitable[None]]) -> None:
        """Have a strategy's id told in the transaction that archives it, to who has something running for it."""
        self._heirs.append(told)

    async def check(self, user_id: UUID, written: Mapping[str, Any], instruments: Sequence[str]) -> Checked:
        """Read rules and look the instruments up. instruments: `NSE:TCS` or `TCS` where that is unique.

        Raises InvalidInput (at `/rules/...` or `/instruments/<n>`), PlanFeature for names of one's own that the plan
        has not, UpstreamUnavailable.
        """
        defined = await self._indicators.defined(user_id)
        if rules.uses_names(written, defined):
            await self._indicators.require(user_id)
        try:
            read = rules.read(written, defined)
        except RulesError as error:
            raise _refusal(error) from error
        present = await self._listings.present(rules.instruments_read(read), "/rules/entry")
        found = await self._listings.look_up(instruments)
        errors = [
            FieldError(f"/instruments/{place}", problem.errors[0].code, problem.errors[0].message)
            for place, name in enumerate(instruments)
            if isinstance(problem := found[name], InvalidInput)
        ]
        if errors:
            raise InvalidInput(errors=errors)
        names = [info.instrument for info in found.values() if not isinstance(info, InvalidInput)]
        return Checked(read.renamed(present), written, tuple(dict.fromkeys(names)))

    async def create(self, user_id: UUID, draft: Draft, once: Once[Shown] = UNKEYED) -> Shown:
        """Make a strategy with its first version. Raises as `check` does, and PlanLimit."""
        checked = await self.check(user_id, draft.rules, draft.instruments)
        return await self._allowances.asking(user_id, lambda: self._create(user_id, draft, checked, once))

    async def revise(
        self,
        user_id: UUID,
        strategy_id: UUID,
        written: Mapping[str, Any],
        instruments: Sequence[str],
        note: str,
        once: Once[Shown] = UNKEYED,
    ) -> Shown:
        """Make a new version. Raises as `check` does, NotFound, PlanLimit, and Conflict where nothing changed."""
        checked = await self.check(user_id, written, instruments)
        return await self._allowances.asking(user_id, lambda: self._revise(user_id, strategy_id, checked, note, once))

    async def describe(self, user_id: UUID, strategy_id: UUID, name: str | None, about: str | None) -> Shown:
        """Give a strategy another name or another text about it. Raises NotFound."""
        async with self._db.transaction() as tx:
            strategy = await tables.get_for(tx.session, user_id, strategy_id, lock=True)
            strategy = replace(
                strategy,
                name=strategy.name if name is None else name,
                about=strategy.about if about is None else about,
                updated_at=self._db.clock.now(),
            )
            await tables.store(tx.session, strategy)
            [version] = (await tables.numbered(tx.session, strategy_id, [strategy.number])).values()
        return Shown(strategy, replace(version, name=strategy.name))

    async def archive(self, user_id: UUID, strategy_id: UUID) -> None:
        """Take a strategy away. Its versions stay with what was made of them. Raises NotFound."""
        async with self._db.transaction() as tx:
            strategy = await tables.get_for(tx.session, user_id, strategy_id, lock=True)
            gone = replace(strategy, status=StrategyStatus.ARCHIVED, updated_at=self._db.clock.now())
            await tables.store(tx.session, gone)
            for told in self._heirs:
                await told(tx, strategy_id)
        log.info("strategy_archived", strategy_id=strategy_id)

    async def copy(
        self, user_id: UUID, strategy_id: UUID, number: int | None, name: str | None, once: Once[Shown] = UNKEYED
    ) -> Shown:
        """Begin a strategy as another of one's own is, or was at a version. Raises NotFound, PlanLimit."""
        async with self._db.read() as session:
            strategy = await tables.get_for(session, user_id, strategy_id)
            version = await _numbered(session, strategy, number)
        return await self._copy(user_id, strategy, version, version.written, name, once)

    async def list_for(self, user_id: UUID, page: PageRequest) -> Found[Shown]:
        """List a person's strategies, newest first."""
        async with self._db.read() as session:
            found = await paginate(
                session,
                tables.listed_for(user_id),
                page,
                key=(tables.StrategyRow.created_at, tables.StrategyRow.id),
                scope=f"strategies {user_id}",
            )
        shown = [Shown(tables.strategy_of(row), tables.version_of(version, row)) for row, version in found.items]
        return Found(shown, found.next_cursor)

    async def get(self, user_id: UUID, strategy_id: UUID) -> Shown:
        """Get a person's strategy with its newest version. Raises NotFound."""
        async with self._db.read() as session:
            strategy = await tables.get_for(session, user_id, strategy_id)
            return Shown(strategy, await _numbered(session, strategy, None))

    async def versions(self, user_id: UUID, strategy_id: UUID, page: PageRequest) -> Found[Change]:
        """List a strategy's versions, newest first, each with what it changed. Raises NotFound."""
        async with self._db.read() as session:
            strategy = await tables.get_for(session, user_id, strategy_id)
            found = await paginate(
                session,
                tables.versions_of(strategy_id),
                page,
                key=(tables.StrategyVersionRow.number,),
                scope=f"versions {strategy_id}",
            )
            numbers = {row.number for row in found.items}
            known = await tables.numbered(session, strategy.id, numbers | {number - 1 for number in numbers})
        return Found([_change(known, row.number) for row in found.items], found.next_cursor)

    async def at(self, user_id: UUID, strategy_id: UUID, number: int) -> Change:
        """Get one version of a person's strategy, with what it changed. Raises NotFound."""
        async with self._db.read() as session:
            strategy = await tables.get_for(session, user_id, strategy_id)
            known = await tables.numbered(session, strategy.id, {number, number - 1})
        if number not in known:
            raise NotFound("The strategy has no such version.")
        return _change(known, number)

    async def version(self, version_id: UUID, *, user_id: UUID | None = None) -> Version:
        """Get a version, of this person if one is named. Raises NotFound, also for another's."""
        async with self._db.read() as session:
            return await tables.version(session, version_id, user_id=user_id)

    async def hold(self, tx: Transaction, user_id: UUID, strategy_id: UUID) -> None:
        """Keep a person's strategy from being archived until the transaction ends. Raises NotFound."""
        await tables.get_for(tx.session, user_id, strategy_id, lock=True)

    async def share(self, user_id: UUID, strategy_id: UUID, number: int | None, days: int | None) -> tuple[Share, str]:
        """Make a link to a version. Returns it with its secret, which is not kept. Raises NotFound, Conflict."""
        secret, now = secrets.token_urlsafe(24), self._db.clock.now()
        async with self._db.transaction() as tx:
            strategy = await tables.get_for(tx.session, user_id, strategy_id, lock=True)
            version = await _numbered(tx.session, strategy, number)
            if len(await tables.shares_of(tx.session, strategy_id)) >= rules.MOST_SHARES:
                raise Conflict(f"A strategy has at most {rules.MOST_SHARES} links. End one first.")
            ends = None if days is None else now + timedelta(days=days)
            share = Share(uuid7(), version.id, version.number, now, ends)
            await tables.add_share(tx.session, share, strategy_id, _hash(secret))
        return share, secret

    async def shares(self, user_id: UUID, strategy_id: UUID) -> list[Share]:
        """List the links to a strategy, newest first. Raises NotFound."""
        async with self._db.read() as session:
            await tables.get_for(session, user_id, strategy_id)
            return await tables.shares_of(session, strategy_id)

    async def unshare(self, user_id: UUID, strategy_id: UUID, share_id: UUID) -> None:
        """End a link at once. Raises NotFound."""
        async with self._db.transaction() as tx:
            await tables.get_for(tx.session, user_id, strategy_id)
            if not await tables.remove_share(tx.session, strategy_id, share_id):
                raise NotFound("There is no such link.")

    async def shared(self, secret: str) -> Shown:
        """Show what a link shows. Raises NotFound."""
        async with self._db.read() as session:
            return Shown(*await tables.shared(session, _hash(secret), self._db.clock.now()))

    async def copy_shared(self, user_id: UUID, secret: str, name: str | None, once: Once[Shown] = UNKEYED) -> Shown:
        """Begin a strategy as that of a link is. Raises NotFound, PlanLimit."""
        shown = await self.shared(secret)
        # Its author's names mean nothing here: take the rules in full.
        return await self._copy(user_id, shown.strategy, shown.version, shown.version.document, name, once)

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over a person's strategies with all their versions."""
        return [
            {
                "id": strategy.id,
                "name": strategy.name,
                "about": strategy.about,
                "status": strategy.status,
                "created_at": strategy.created_at,
                "versions": [
                    {
                        "id": version.id,
                        "number": version.number,
                        "rules": version.written,
                        "instruments": list(version.instruments),
                        "words": version.words,
                        "note": version.note,
                        "created_at": version.created_at,
                    }
                    for version in versions
                ],
            }
            for strategy, versions in await tables.all_of(session, user_id)
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Delete all strategies of a person, archived ones too."""
        await tables.remove_all_of(tx.session, user_id)

    async def _copy(
        self,
        user_id: UUID,
        strategy: Strategy,
        version: Version,
        written: Mapping[str, Any],
        name: str | None,
        once: Once[Shown],
    ) -> Shown:
        draft = Draft(
            name=name or f"{strategy.name[:73]} (copy)",
            about=strategy.about,
            rules=written,
            instruments=version.instruments,
            template=strategy.template,
            copied_from=version.id,
        )
        return await self.create(user_id, draft, once)

    async def _create(self, user_id: UUID, draft: Draft, checked: Checked, once: Once[Shown]) -> Shown:
        now = self._db.clock.now()
        async with self._db.transaction() as tx, once.held(tx) as answer:
            allowance = await self._allowances.hold(tx, user_id)
            used, kept = await tables.counts(tx.session, user_id)
            _refuse_beyond(allowance, used)
            if kept >= rules.MOST_KEPT:
                raise Conflict(f"You have made {rules.MOST_KEPT:,} strategies, the most that are kept.")
            strategy = Strategy(
                id=uuid7(),
                user_id=user_id,
                name=draft.name,
                about=draft.about,
                status=StrategyStatus.ACTIVE,
                number=1,
                template=draft.template,
                copied_from=draft.copied_from,
                created_at=now,
                updated_at=now,
            )
            await tables.add(tx.session, strategy)
            version = _version(strategy, 1, checked, draft.note, now)
            await tables.add_version(tx.session, version)
            shown = Shown(strategy, version)
            answer(shown)
        log.info("strategy_created", strategy_id=strategy.id, template=draft.template)
        return shown

    async def _revise(self, user_id: UUID, strategy_id: UUID, checked: Checked, note: str, once: Once[Shown]) -> Shown:
        now = self._db.clock.now()
        async with self._db.transaction() as tx, once.held(tx) as answer:
            allowance = await self._allowances.hold(tx, user_id)
            strategy = await tables.get_for(tx.session, user_id, strategy_id, lock=True)
            _refuse_beyond(allowance, await tables.place_of(tx.session, strategy))
            last = await _numbered(tx.session, strategy, None)
            if last.document == checked.document and last.instruments == checked.instruments:
                raise Conflict("This version would be the same as the newest one.")
            if strategy.number >= rules.MOST_VERSIONS:
                raise Conflict(f"A strategy has at most {rules.MOST_VERSIONS} versions. Copy it to go on.")
            version = _version(strategy, strategy.number + 1, checked, note, now)
            await tables.add_version(tx.session, version)
            shown = Shown(replace(strategy, number=version.number, updated_at=now), version)
            answer(shown)
        log.info("strategy_revised", strategy_id=strategy_id, number=version.number)
        return shown


def _refuse_beyond(allowance: Allowance, used: int) -> None:
    limit = allowance.limits.strategies
    if limit is not None and used >= limit:
        raise PlanLimit(
            f"Your plan allows {limit} strategies. Others that you have may be read, not changed.",
            limit=limit,
            used=used,
            upgrade_to=allowance.upgrade_to,
        )


def _refusal(error: RulesError) -> InvalidInput:
    where = "" if error.column is None else f" (column {error.column})"
    return InvalidInput.of(f"/rules{error.field}", error.code, f"{error.message}{where}")


def _version(strategy: Strategy, number: int, checked: Checked, note: str, now: datetime) -> Version:
    return Version(
        id=uuid7(),
        strategy_id=strategy.id,
        user_id=strategy.user_id,
        name=strategy.name,
        number=number,
        document=checked.document,
        written=checked.written,
        instruments=checked.instruments,
        words=checked.rules.words(),
        note=note,
        created_at=now,
    )


async def _numbered(session: AsyncSession, strategy: Strategy, number: int | None) -> Version:
    wanted = number or strategy.number
    found = (await tables.numbered(session, strategy.id, [wanted])).get(wanted)
    if found is None:
        raise NotFound("The strategy has no such version.")
    return found


def _change(known: Mapping[int, Version], number: int) -> Change:
    before = known.get(number - 1)
    return Change(known[number], () if before is None else rules.changes(before, known[number]))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
