"""Taking one's data away and having it deleted, from every service at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from pydantic import RootModel

from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.errors import Conflict, InvalidInput, InvalidToken, NotFound
from libs.common.http import HttpFailure, ServiceClient
from libs.common.ids import uuid7
from libs.common.logging import get_logger, hashed_id
from libs.common.security.fields import FieldCipher
from libs.common.security.passwords import Passwords
from libs.common.security.permissions import Role
from libs.common.security.principal import Principal
from libs.contracts.auth import SecurityKind, UserErased
from services.auth import audit
from services.auth.accounts import tables as accounts
from services.auth.accounts.rules import AccountStatus
from services.auth.limits.service import Limiter
from services.auth.limits.visitor import Visitor
from services.auth.links.rules import LinkPurpose
from services.auth.links.service import Links
from services.auth.personal_data import rules, tables
from services.auth.personal_data.tables import DataExport, Erasure
from services.auth.role_changes.tables import count_other_super_admins, lock_super_admins
from services.auth.security_log.service import SecurityLog
from services.auth.sessions.service import Sessions
from services.auth.settings import AuthSettings
from services.auth.standing.service import Standings

log = get_logger(__name__)

CLAIM = timedelta(minutes=2)
"""How long a process has for one export; then another may take it."""

FINISHED_KEPT = timedelta(days=365)
"""How long it is known that an account was deleted, and when each service had done so."""

BATCH = 20


class Handed(RootModel[dict[str, Any]]):
    """What a service hands over about a person."""


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A finished export."""

    content: bytes
    made_at: datetime


class Exports:
    """Makes a file of all that is kept about a person. One runs at a time; the file is kept encrypted for a day."""

    def __init__(
        self, db: Database, cipher: FieldCipher, security_log: SecurityLog, clock: Clock, settings: AuthSettings
    ) -> None:
        self._db = db
        self._cipher = cipher
        self._security_log = security_log
        self._clock = clock
        self._kept = timedelta(hours=settings.export_hours)

    async def begin(self, caller: Principal, visitor: Visitor) -> DataExport:
        """Begin an export, in place of an older one. Raises Conflict while one is being made."""
        now = self._clock.now()
        export = DataExport(
            id=uuid7(),
            user_id=caller.user_id,
            state="preparing",
            missing={},
            next_try_at=now,
            created_at=now,
            expires_at=now + self._kept,
        )
        async with self._db.transaction() as tx:
            user = await accounts.lock(tx.session, caller.user_id)
            if user is None or user.status != AccountStatus.ACTIVE:
                raise NotFound("There is no such account.")
            if not await tables.begin_export(tx.session, export):
                raise Conflict("Your data is being gathered already.")
            self._security_log.note(tx, caller.user_id, SecurityKind.DATA_EXPORTED, visitor)
            audit.record(
                tx, "data.exported", object_kind="user", object_id=caller.user_id, caller=caller, visitor=visitor
            )
        return export

    async def find(self, user_id: UUID) -> DataExport | None:
        """Give a person's newest export, being made or ready."""
        async with self._db.read() as session:
            return await tables.find_export(session, user_id, self._clock.now())

    async def fetch(self, user_id: UUID) -> ExportFile:
        """Give the finished file. Raises NotFound."""
        found = await self.find(user_id)
        if found is None or found.content is None or found.ready_at is None:
            raise NotFound("There is no finished export.")
        return ExportFile(self._cipher.decrypt(found.content, place=_place(found.id)), found.ready_at)


class Gathering:
    """The worker's part of exports."""

    def __init__(
        self,
        db: Database,
        cipher: FieldCipher,
        peers: Mapping[str, ServiceClient],
        clock: Clock,
        settings: AuthSettings,
    ) -> None:
        self._db = db
        self._cipher = cipher
        self._peers = peers
        self._clock = clock
        self._kept = timedelta(hours=settings.export_hours)

    async def make_due(self) -> int:
        """Make the exports that wait. Returns how many became ready."""
        made = 0
        for _ in range(BATCH):
            async with self._db.transaction() as tx:
                export = await tables.claim_export(tx.session, self._clock.now(), CLAIM)
            if export is None:
                break
            made += await self._make(export)
        return made

    async def drop_ended(self) -> None:
        """Drop files that were not fetched in time."""
        async with self._db.transaction() as tx:
            await tables.drop_ended_exports(tx.session, self._clock.now())

    async def _make(self, export: DataExport) -> bool:
        handed: dict[str, Any] = {}
        missing: dict[str, str] = {}
        for name in rules.SERVICES:
            try:
                answer = await self._peers[name].get(f"/internal/users/{export.user_id}/export", Handed)
                handed[name] = rules.without_withheld(answer.root)
            except (HttpFailure, NotFound) as failure:
                log.warning("export_part_missing", service=name, reason=str(failure))
                missing[name] = "This part did not answer. Ask for another export later."
        now = self._clock.now()
        if missing and now < export.created_at + rules.GIVE_UP_EXPORT_AFTER:
            async with self._db.transaction() as tx:
                await tables.put_export_off(tx.session, export.id, now + rules.FIRST_WAIT)
            return False
        content = orjson.dumps(
            {"made_at": now, "user_id": str(export.user_id), "data": handed, "missing": missing},
            option=orjson.OPT_INDENT_2,
        )
        sealed = self._cipher.encrypt(content, place=_place(export.id))
        async with self._db.transaction() as tx:
            wanted = await tables.finish_export(tx.session, export.id, sealed, missing, now, now + self._kept)
        log.info("export_made", user=hashed_id(export.user_id), wanted=wanted, missing=sorted(missing))
        return wanted


class Closing:
    """Has an account deleted: at once it can be used no more, and for some days its owner can take that back."""

    def __init__(
        self,
        db: Database,
        passwords: Passwords,
        links: Links,
        sessions: Sessions,
        standings: Standings,
        limiter: Limiter,
        security_log: SecurityLog,
        clock: Clock,
        settings: AuthSettings,
    ) -> None:
        self._db = db
        self._passwords = passwords
        self._links = links
        self._sessions = sessions
        self._standings = standings
        self._limiter = limiter
        self._security_log = security_log
        self._clock = clock
        self._grace = timedelta(days=settings.erase_grace_days)

    async def ask(self, caller: Principal, password: str | None, visitor: Visitor) -> datetime:
        """Have one's own account deleted after the grace time. Returns when that is; asking twice changes nothing.

        A login by a second factor needs no password. Raises InvalidInput for a password that is wrong or missing.
        """
        if not caller.has_second_factor:
            await self._must_know_password(caller, password, visitor)
        async with self._db.transaction() as tx:
            # Before the person's row, as where roles are changed: of two who leave at once one stays.
            await lock_super_admins(tx.session)
            user = await accounts.lock(tx.session, caller.user_id)
            if user is None:
                raise NotFound("There is no such account.")
            if user.role == Role.SUPER_ADMIN and not await count_other_super_admins(tx.session, user.id):
                raise Conflict("You are the last SUPER_ADMIN. Make another one first.")
            now = self._clock.now()
            if not await tables.ask_erasure(tx.session, user.id, now, now + self._grace):
                known = await tables.find_erasure(tx.session, user.id)
                assert known is not None, "it is there, since none could be stored"
                return known.due_at
            # Keys and apps end with it, not sessions alone.
            ended = self._standings.change(tx, user, status=AccountStatus.CLOSING)
            revoked = await self._sessions.end_all(tx, user.id, "account_closed")
            await tables.drop_exports(tx.session, user.id)
            due_at = now + self._grace
            await self._links.mail(
                tx,
                user,
                LinkPurpose.CLOSING_CANCEL,
                lasts=self._grace,
                details={"due": f"{due_at.day} {due_at:%B %Y}"},
            )
            self._security_log.note(tx, user.id, SecurityKind.CLOSING_STARTED, visitor, by_mail=False)
            audit.record(tx, "account.closing", object_kind="user", object_id=user.id, caller=caller, visitor=visitor)
        await self._standings.tell(ended, *revoked)
        log.info("account_closing", user=hashed_id(user.id))
        return due_at

    async def keep(self, token: str, visitor: Visitor) -> None:
        """Take a deletion back by the mailed link. Raises InvalidToken, also once the deletion has begun."""
        async with self._db.transaction() as tx:
            link = await self._links.use(tx, token, LinkPurpose.CLOSING_CANCEL)
            user = await accounts.lock(tx.session, link.user_id)
            if user is None or not await tables.cancel_erasure(tx.session, link.user_id):
                raise InvalidToken("This account is being deleted already.")
            if user.status == AccountStatus.CLOSING:
                self._standings.change(tx, user, status=AccountStatus.ACTIVE)
            self._security_log.note(tx, user.id, SecurityKind.CLOSING_CANCELLED, visitor)
            audit.record(tx, "account.kept", object_kind="user", object_id=user.id, caller=None, visitor=visitor)

    async def _must_know_password(self, caller: Principal, password: str | None, visitor: Visitor) -> None:
        if password is None:
            raise InvalidInput.of("/password", "required", "Write your password to have the account deleted.")
        key = f"change {caller.user_id}"
        tries = await self._limiter.take_login(key, visitor, is_known_device=False)
        async with self._db.read() as session:
            user = await accounts.find(session, caller.user_id)
        verdict = await self._passwords.check(password, None if user is None else user.password_hash)
        if not verdict.is_right:
            raise InvalidInput.of("/password", "password_wrong", "This is not your password.")
        await self._limiter.forgive(tries)


class Erasing:
    """The worker's part of deletions: asks every service until all have answered, auth itself last."""

    def __init__(self, db: Database, peers: Mapping[str, ServiceClient], clock: Clock) -> None:
        self._db = db
        self._peers = peers
        self._clock = clock

    async def erase_due(self) -> int:
        """Go on with every deletion whose time has come. Returns how many were completed."""
        async with self._db.read() as session:
            due = await tables.list_due_erasures(session, self._clock.now(), BATCH)
        return sum([await self._go_on(user_id) for user_id in due])

    async def drop_old(self) -> None:
        """Forget deletions that were completed long ago."""
        async with self._db.transaction() as tx:
            await tables.drop_finished_erasures(tx.session, self._clock.now() - FINISHED_KEPT)

    async def _go_on(self, user_id: UUID) -> bool:
        erasure = await self._begin_try(user_id)
        if erasure is None:
            return False
        answered = set(erasure.answered)
        while missing := rules.still_to_answer(answered):
            for name in missing:
                if await self._ask(name, user_id):
                    answered.add(name)
            if not answered.issuperset(missing):
                return False  # the next try asks those that did not answer
        async with self._db.transaction() as tx:
            if await tables.finish_erasure(tx.session, user_id, self._clock.now()):
                tx.announce(UserErased(user_id=user_id))
                audit.record(tx, "account.erased", object_kind="user", object_id=user_id, caller=None)
        log.info("account_erased", user=hashed_id(user_id), tries=erasure.tries)
        return True

    async def _begin_try(self, user_id: UUID) -> Erasure | None:
        """Count a try and set the next before the calls. From the first on the deletion cannot be taken back."""
        async with self._db.transaction() as tx:
            now = self._clock.now()
            erasure = await tables.lock_due_erasure(tx.session, user_id, now)
            if erasure is None:
                return None
            erasure.begun_at = erasure.begun_at or now
            erasure.tries += 1
            erasure.next_try_at = now + rules.wait_before_try(erasure.tries)
        return erasure

    async def _ask(self, name: str, user_id: UUID) -> bool:
        try:
            await self._peers[name].send(f"/internal/users/{user_id}/erase", {}, repeatable=True)
        except (HttpFailure, NotFound) as failure:
            log.warning("erase_not_answered", service=name, reason=str(failure))
            return False
        async with self._db.transaction() as tx:
            await tables.note_answer(tx.session, user_id, name, self._clock.now())
        return True


def _place(export_id: UUID) -> str:
    return f"data_exports|{export_id}|content"
