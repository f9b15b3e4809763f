"""Keep where people are reached: an address counts once somebody there has said that it is theirs.

A device says so by subscribing: only the browser that somebody is signed in with can.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, Transaction
from libs.common.errors import Conflict, InvalidInput, NotFound, TooManyRequests, UpstreamUnavailable
from libs.common.idempotency import UNKEYED, Once
from libs.common.ids import uuid7
from libs.common.security.fields import FieldCipher
from services.alerts.addresses import tables
from services.alerts.addresses.tables import AddressRow
from services.alerts.allowances.service import Allowances
from services.alerts.channels.port import DeliveryFailure, Refused
from services.alerts.channels.push import Subscription
from services.alerts.channels.slack import SlackChannel, SlackMessage
from services.alerts.notifications.ledger import Ledger
from services.alerts.notifications.rules import Channel, Kind, Purpose, Urgency, place_of_sealed
from services.alerts.notifications.tables import NewDelivery

MAX_ADDRESSES = 20
MAX_TRIES = 5
CODE_LASTS = timedelta(minutes=30)
MOST_CODES, CODES_WITHIN = 5, timedelta(days=1)
MOST_TESTS, TESTS_WITHIN = 10, timedelta(hours=1)
"""Codes by short message, and tests, to one person."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An address that waits for its code; `link`: where to open it, for Telegram."""

    row: AddressRow
    link: str | None = None


class Addresses:
    """The use cases. telegram_bot: the name of our bot, None where there is none. push_hosts: of push services.

    sends_sms: whether there is a provider. message_domain: the right side of our Message-IDs.
    """

    def __init__(
        self,
        db: Database,
        cipher: FieldCipher,
        allowances: Allowances,
        slack: SlackChannel,
        *,
        telegram_bot: str | None,
        push_hosts: tuple[str, ...] = (),
        ledger: Ledger,
        sends_sms: bool,
        message_domain: str,
    ) -> None:
        self._db = db
        self._cipher = cipher
        self._allowances = allowances
        self._slack = slack
        self._telegram_bot = telegram_bot
        self._push_hosts = push_hosts
        self._ledger = ledger
        self._sends_sms = sends_sms
        self._message_domain = message_domain

    async def active_of(
        self, session: AsyncSession, user_ids: Collection[UUID]
    ) -> Mapping[UUID, Mapping[Channel, list[UUID]]]:
        """Tell at which addresses these people are reached: their ids by person and channel."""
        found: dict[UUID, dict[Channel, list[UUID]]] = {}
        for row in await tables.active_of(session, user_ids):
            found.setdefault(row.user_id, {}).setdefault(Channel(row.channel), []).append(row.id)
        return found

    async def list_for(self, user_id: UUID) -> list[AddressRow]:
        """List a person's addresses, oldest first."""
        async with self._db.read() as session:
            return list(await tables.listed_for(session, user_id))

    async def begin_slack(self, user_id: UUID, url: str, once: Once[Begun] = UNKEYED) -> Begun:
        """Send a code to a Slack channel, and wait for it.

        Raises PlanFeature, InvalidInput for what is no incoming webhook of Slack, Conflict, UpstreamUnavailable.
        """
        await self._allowances.require_channel(user_id, Channel.SLACK)
        code = f"{secrets.randbelow(1_000_000):06}"
        try:
            await self._slack.send(SlackMessage(url, f"{code} is your code to connect this channel to ShareWise."))
        except Refused as failure:
            raise InvalidInput.of("/url", "not_slack", f"This does not take messages: {failure.reason}.") from failure
        except DeliveryFailure as failure:
            raise UpstreamUnavailable("Slack does not answer at the moment. Try again soon.") from failure
        return await self._begin(user_id, Channel.SLACK, f"Slack …{url[-4:]}", url, code, once)

    async def begin_telegram(self, user_id: UUID) -> Begun:
        """Make a link that opens our bot with a code. Raises PlanFeature, Conflict where there is no bot."""
        if self._telegram_bot is None:
            raise Conflict("Telegram is not set up here.")
        await self._allowances.require_channel(user_id, Channel.TELEGRAM)
        token = secrets.token_urlsafe(32)
        begun = await self._begin(user_id, Channel.TELEGRAM, "Telegram", None, token)
        return Begun(begun.row, f"https://t.me/{self._telegram_bot}?start={token}")

    async def begin_sms(self, user_id: UUID, number: str, once: Once[Begun] = UNKEYED) -> Begun:
        """Send a code to a number (E.164), and wait for it.

        Raises PlanFeature, Conflict where no short messages are sent, TooManyRequests: each one costs.
        """
        if not self._sends_sms:
            raise Conflict("Short messages are not set up here.")
        await self._allowances.require_channel(user_id, Channel.SMS)
        code = f"{secrets.randbelow(1_000_000):06}"
        return await self._begin(user_id, Channel.SMS, f"SMS …{number[-4:]}", number, code, once)

    async def add_device(self, user_id: UUID, subscription: Subscription, label: str) -> AddressRow:
        """Reach a person on a device. The same browser again is the same device; it belongs to whoever came last.

        Raises PlanFeature, Conflict where push is not set up or there are too many addresses, and InvalidInput for a
        push service that we do not know.
        """
        if not self._push_hosts:
            raise Conflict("Push is not set up here.")
        if not subscription.is_at(self._push_hosts):
            raise InvalidInput.of("/endpoint", "unknown_push_service", "We know no such push service.")
        await self._allowances.require_channel(user_id, Channel.PUSH)
        print_, now = _print("address", subscription.endpoint), self._db.clock.now()
        async with self._db.transaction() as tx:
            await tables.hold_person(tx.session, user_id)
            await tables.remove_print_of_others(tx.session, user_id, Channel.PUSH, print_)
            row = await tables.find_print(tx.session, user_id, Channel.PUSH, print_)
            if row is None:
                await self._require_room(tx, user_id)
                row = AddressRow(
                    id=uuid7(), user_id=user_id, channel=Channel.PUSH, print=print_, code_tries=0, created_at=now
                )
                tx.session.add(row)
            row.label, row.sealed = label, self._cipher.encrypt(subscription.written(), place=_place(row.id))
            row.status, row.reason, row.confirmed_at = tables.ACTIVE, None, now
        return row

    async def move_device(self, endpoint: str, secret: bytes, now_at: Subscription) -> None:
        """Reach a device at the address that its push service has given it in place of `endpoint`.

        secret: of the old subscription, which that browser and we alone know. Safe to repeat. Raises NotFound for what
        is nobody's device, or with another secret, and InvalidInput for a push service that we do not know.
        """
        if not now_at.is_at(self._push_hosts):
            raise InvalidInput.of("/endpoint", "unknown_push_service", "We know no such push service.")
        async with self._db.transaction() as tx:
            row = await tables.find_device(tx.session, _print("address", endpoint))
            if row is None:
                known = await tables.find_device(tx.session, _print("address", now_at.endpoint))
                if known is not None and self._subscription(known) == now_at:
                    return  # moved already
            if row is None or not hmac.compare_digest(self._subscription(row).secret, secret):
                raise NotFound("There is no such device.")
            print_ = _print("address", now_at.endpoint)
            if print_ != row.print:
                await tables.remove_device(tx.session, print_)
            row.print, row.sealed = print_, self._cipher.encrypt(now_at.written(), place=_place(row.id))

    async def test(self, user_id: UUID, address_id: UUID, once: Once[UUID] = UNKEYED) -> UUID:
        """Queue a test message to an address. Returns its id.

        Raises NotFound, Conflict for an address that is not in use, TooManyRequests.
        """
        async with self._db.transaction() as tx, once.held(tx) as answer:
            row = await tables.find(tx.session, user_id, address_id)
            if row is None:
                raise NotFound("There is no such address here.")
            if row.status != tables.ACTIVE:
                raise Conflict("This address is not in use. Connect it first.")
            await self._require_few(tx, user_id, Purpose.ADDRESS_TEST, MOST_TESTS, TESTS_WITHIN)
            words = {"title": "This is a test", "text": "Notices of ShareWise reach you here."}
            data = orjson.dumps({**words, "link": "/settings/notifications", "kind": Kind.ACCOUNT}).decode()
            new = self._message(row, Purpose.ADDRESS_TEST, key=f"address-test:{uuid7()}", data=data)
            await self._ledger.queue(tx, [new])
            answer(new.id)
        return new.id

    async def confirm(self, user_id: UUID, address_id: UUID, code: str) -> AddressRow:
        """Take an address into use. Raises NotFound, InvalidInput for a wrong or an old code."""
        wrong = False
        async with self._db.transaction() as tx:
            row = await tables.find(tx.session, user_id, address_id)
            if row is None:
                raise NotFound("There is no such address here.")
            now = self._db.clock.now()
            is_open = row.code_ends_at is not None and row.code_ends_at > now and row.code_tries < MAX_TRIES
            if not is_open or row.code_print != _print(str(row.id), code):
                row.code_tries += 1
                wrong = True
            else:
                row.status, row.confirmed_at, row.code_print, row.code_ends_at = tables.ACTIVE, now, None, None
        if wrong:
            raise InvalidInput.of("/code", "wrong_code", "The code is wrong or too old. Connect the channel again.")
        return row

    async def hear_start(self, token: str, chat_id: int) -> bool:
        """Take a Telegram chat into use whose owner opened our link. Says whether the link was good."""
        async with self._db.transaction() as tx:
            now = self._db.clock.now()
            row = await tables.find_code(tx.session, _print("telegram", token), now)
            if row is None:
                return False
            print_ = _print("address", str(chat_id))
            before = await tables.find_print(tx.session, row.user_id, Channel.TELEGRAM, print_)
            if before is not None:
                await tx.session.delete(before)
                await tx.session.flush()
            row.sealed = self._cipher.encrypt(str(chat_id), place=_place(row.id))
            row.print, row.status, row.confirmed_at = print_, tables.ACTIVE, now
            row.code_print = row.code_ends_at = None
        return True

    async def reach(self, address_id: UUID) -> str | None:
        """Give an address in the clear, to send to; None when it is gone or off."""
        async with self._db.read() as session:
            row = await tables.get(session, address_id)
        if row is None or row.status != tables.ACTIVE or row.sealed is None:
            return None
        return self._cipher.decrypt_text(row.sealed, place=_place(row.id))

    async def remove(self, user_id: UUID, address_id: UUID) -> None:
        """Remove an address. Raises NotFound."""
        async with self._db.transaction() as tx:
            if not await tables.remove(tx.session, user_id, address_id):
                raise NotFound("There is no such address here.")

    async def lose(self, address_id: UUID, reason: str) -> None:
        """Write to an address no more: it is gone. A chat stays and says why; a browser's subscription is deleted."""
        async with self._db.transaction() as tx:
            row = await tables.get(tx.session, address_id)
            if row is not None and row.channel == Channel.PUSH:
                await tx.session.delete(row)
            else:
                await tables.disable(tx.session, address_id, reason)

    async def export(self, session: AsyncSession, user_id: UUID) -> list[Mapping[str, Any]]:
        """Hand over where a person is reached."""
        return [
            {"channel": row.channel, "label": row.label, "status": row.status, "created_at": row.created_at}
            for row in await tables.listed_for(session, user_id)
        ]

    async def erase(self, tx: Transaction, user_id: UUID) -> None:
        """Forget where a person is reached."""
        await tables.remove_all_of(tx.session, user_id)

    def _subscription(self, row: AddressRow) -> Subscription:
        assert row.sealed is not None  # a device is its subscription
        return Subscription.read(self._cipher.decrypt_text(row.sealed, place=_place(row.id)))

    async def _begin(
        self,
        user_id: UUID,
        channel: Channel,
        label: str,
        address: str | None,
        code: str,
        once: Once[Begun] = UNKEYED,
    ) -> Begun:
        address_id, now = uuid7(), self._db.clock.now()
        async with self._db.transaction() as tx, once.held(tx) as answer:
            await tables.hold_person(tx.session, user_id)
            print_ = None if address is None else _print("address", address)
            if print_ is not None:
                before = await tables.find_print(tx.session, user_id, channel, print_)
                if before is not None:
                    await tx.session.delete(before)
                    await tx.session.flush()
            await self._require_room(tx, user_id)
            row = AddressRow(
                id=address_id,
                user_id=user_id,
                channel=channel,
                label=label,
                sealed=None if address is None else self._cipher.encrypt(address, place=_place(address_id)),
                print=print_,
                status=tables.PENDING,
                reason=None,
                # A short code is only good together with its address; a long one finds it.
                code_print=_print("telegram" if address is None else str(address_id), code),
                code_ends_at=now + CODE_LASTS,
                code_tries=0,
                created_at=now,
                confirmed_at=None,
            )
            tx.session.add(row)
            if channel is Channel.SMS and address is not None:
                await self._queue_code(tx, row, address, code)
            begun = Begun(row)
            answer(begun)
        return begun

    async def _queue_code(self, tx: Transaction, row: AddressRow, number: str, code: str) -> None:
        await self._require_few(tx, row.user_id, Purpose.ADDRESS_CODE, MOST_CODES, CODES_WITHIN)
        new = self._message(row, Purpose.ADDRESS_CODE, key=f"address-code:{row.id}")
        secret = orjson.dumps({"to": number, "code": code})
        sealed = self._cipher.encrypt(secret, place=place_of_sealed(new.id))
        await self._ledger.queue(tx, [replace(new, sealed=sealed, address_id=None)])

    def _message(self, row: AddressRow, purpose: Purpose, *, key: str, data: str | None = None) -> NewDelivery:
        delivery_id = uuid7()
        return NewDelivery(
            id=delivery_id,
            key=key,
            purpose=purpose,
            urgency=Urgency.AWAITED,
            user_id=row.user_id,
            triggered_id=None,
            message_id=f"<{delivery_id}@{self._message_domain}>",
            data=data,
            channel=Channel(row.channel),
            address_id=row.id,
        )

    async def _require_few(
        self, tx: Transaction, user_id: UUID, purpose: Purpose, most: int, within: timedelta
    ) -> None:
        """Raise TooManyRequests when a person had so many of these within that time."""
        sent = await self._ledger.count_since(tx.session, user_id, purpose, self._db.clock.now() - within)
        if sent >= most:
            raise TooManyRequests(
                f"There may be {most} of these in {within.total_seconds() / 3600:.0f} h. Try again later.",
                retry_after=int(within.total_seconds()),
            )

    async def _require_room(self, tx: Transaction, user_id: UUID) -> None:
        if await tables.count(tx.session, user_id) >= MAX_ADDRESSES:
            raise Conflict(f"There may be {MAX_ADDRESSES} addresses. Remove one first.")


def _place(address_id: UUID) -> str:
    return f"addresses|{address_id}|sealed"


def _print(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}|{text}".encode()).hexdigest()
