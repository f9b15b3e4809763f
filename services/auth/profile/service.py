"""Settings, terms and the first steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import Clock
from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, NotFound
from libs.common.security.principal import Principal
from libs.contracts.auth import SettingsChanged
from services.auth import audit
from services.auth.accounts import tables as accounts
from services.auth.limits.visitor import Visitor
from services.auth.profile import rules, tables
from services.auth.profile.rules import FirstSteps, Settings, SettingsChange, Step, StepState
from services.auth.settings import AuthSettings


class Profiles:
    def __init__(self, db: Database, clock: Clock, settings: AuthSettings) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings

    async def settings(self, user_id: UUID) -> Settings:
        """Give a person's settings; what was never set has its default."""
        async with self._db.read() as session:
            return Settings.read(await tables.find_settings(session, user_id))

    async def change_settings(self, user_id: UUID, change: SettingsChange) -> Settings:
        """Change one's own settings. Two changes at once both count, each in what it names."""
        async with self._db.transaction() as tx:
            if await accounts.lock(tx.session, user_id) is None:
                raise NotFound("There is no such account.")
            before = Settings.read(await tables.find_settings(tx.session, user_id))
            after = change.applied_to(before)
            await tables.put_settings(tx.session, user_id, after.model_dump(), self._clock.now())
            if after != before:
                _announce(tx, user_id, after)
        return after

    async def accept_terms(self, caller: Principal, version: str, visitor: Visitor) -> None:
        """Note that a person accepts the terms of today. Raises Conflict for any others. Safe to repeat."""
        if version != self._settings.terms_version:
            raise Conflict(f"There are newer terms, {self._settings.terms_version}. Read and accept them.")
        async with self._db.transaction() as tx:
            user = await accounts.lock(tx.session, caller.user_id)
            if user is None:
                raise NotFound("There is no such account.")
            if user.terms_version == version:
                return
            user.terms_version = version
            user.terms_accepted_at = user.updated_at = self._clock.now()
            audit.record(
                tx,
                "terms.accepted",
                object_kind="user",
                object_id=user.id,
                caller=caller,
                visitor=visitor,
                details={"version": version},
            )

    async def first_steps(self, user_id: UUID) -> FirstSteps:
        """Say where a person stands with the first steps. Raises NotFound."""
        async with self._db.read() as session:
            user = await accounts.find(session, user_id)
            decided = await tables.list_steps(session, user_id)
        if user is None:
            raise NotFound("There is no such account.")
        return self._steps(decided, walked=user.walked_at is not None)

    async def decide_step(self, user_id: UUID, step: Step, state: StepState) -> FirstSteps:
        """Note that a step is done or skipped. Raises NotFound for a step that is not asked of the person."""
        if step is Step.KYC and not self._settings.kyc_required:
            raise NotFound("There is no such step.")
        async with self._db.transaction() as tx:
            user = await accounts.lock(tx.session, user_id)
            if user is None:
                raise NotFound("There is no such account.")
            await tables.decide_step(tx.session, user_id, step, state, self._clock.now())
            if step is Step.DASHBOARD and user.walked_at is None:
                user.walked_at = self._clock.now()
            decided = await tables.list_steps(tx.session, user_id)
        return self._steps(decided, walked=user.walked_at is not None)

    async def note_first_alert(self, tx: Transaction, user_id: UUID) -> None:
        """Note that somebody has set an alert. Safe to repeat; for who is not here any more nothing happens."""
        if await accounts.find(tx.session, user_id) is not None:
            await tables.decide_step(tx.session, user_id, Step.FIRST_ALERT, StepState.DONE, self._clock.now())

    async def export(self, user_id: UUID) -> Mapping[str, Any]:
        """Give what is kept."""
        async with self._db.read() as session:
            settings = Settings.read(await tables.find_settings(session, user_id))
            steps = await tables.list_steps(session, user_id)
        return {"settings": settings.model_dump(), "first_steps": steps}

    def _steps(self, decided: Mapping[str, str], *, walked: bool) -> FirstSteps:
        return rules.first_steps(decided, walked=walked, kyc_required=self._settings.kyc_required)


async def settings_of(session: AsyncSession, user_id: UUID) -> Settings:
    """Give a person's settings within a read of another room."""
    return Settings.read(await tables.find_settings(session, user_id))


async def store_default_settings(tx: Transaction, user_id: UUID, clock: Clock) -> None:
    """Store the settings that everybody begins with, and tell them."""
    await tables.put_settings(tx.session, user_id, Settings().model_dump(), clock.now())
    _announce(tx, user_id, Settings())


def _announce(tx: Transaction, user_id: UUID, settings: Settings) -> None:
    tx.announce(
        SettingsChanged(
            user_id=user_id,
            locale=settings.locale,
            time_zone=settings.time_zone,
            alert_mails=settings.alert_mails,
        )
    )
