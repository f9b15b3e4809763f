"""What providers tell after they took a message: believed by signature, moved forward only, and bad addresses left."""

from __future__ import annotations

import base64
import hmac
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from libs.common.http import Http
from libs.common.ids import uuid7
from libs.common.testing import eventually
from services.alerts.channels.mail import SendGridChannel, SendGridOptions
from services.alerts.charts.service import Charts
from services.alerts.notifications.letters import Letters
from services.alerts.notifications.mails import MailWriter
from services.alerts.notifications.rules import DeliveryStatus
from services.alerts.notifications.sender import Sender
from services.alerts.receipts.rules import Outcome, is_of, is_twilios, moved, read_sendgrid, read_twilio
from services.alerts.sms_texts.service import SmsTexts
from services.alerts.tests.support import queue, rows_of, running, triggered, verify
from services.alerts.wiring import Peers, make_cipher, make_unsubscribes

EVENTS, STATUS = "/api/sendgrid/events/", "/api/twilio/status/"
KEY = ec.generate_private_key(ec.SECP256R1())
TOKEN = "authtoken123"
TO = "trader@example.com"
MEMBERS = ["event", "delivery_id", "status", "reason", "type", "timestamp", "email"]
ANYTHING = st.one_of(st.none(), st.integers(), st.text("5.1-xé@", max_size=20), st.lists(st.integers(), max_size=2))


@pytest.fixture
def settings(settings):
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return settings.model_copy(
        update={
            "sendgrid_webhook_key": base64.b64encode(public).decode(),
            "twilio_auth_token": SecretStr(TOKEN),
            "public_url": "https://app.example.in",
        }
    )


@pytest.fixture
async def outside(app, client_for):
    async with client_for(app) as client:
        yield client


async def tell(client, *events: dict[str, Any], key: Any = KEY, at: str = "1795287685", body: bytes | None = None):
    body = orjson.dumps(list(events)) if body is None else body
    signature = base64.b64encode(key.sign(at.encode() + body, ec.ECDSA(SHA256()))).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": at,
        "content-type": "application/json",
    }
    return await client.post(EVENTS, content=body, headers=headers)


def event(delivery_id: UUID, name: str, **members: Any) -> dict[str, Any]:
    return {
        "event": name,
        "delivery_id": str(delivery_id),
        "email": TO,
        "timestamp": 1_795_287_685,
        "sg_event_id": str(uuid7()),
        "sg_message_id": "14c5d75ce93.filter0001.16648.0",
        **members,
    }


@pytest.fixture
async def sent(db, notices, clock, user_id) -> UUID:
    """A mail that the provider took."""
    await verify(db, notices, user_id, TO)
    await queue(db, notices, triggered(clock, user_id))
    await rows_of(
        db,
        "UPDATE deliveries SET status = 'sent', sent_at = created_at, provider_id = '14c5d75ce93'"
        " WHERE channel = 'mail'",
    )
    [row] = await rows_of(db, "SELECT id FROM deliveries WHERE channel = 'mail'")
    found: UUID = row["id"]
    return found


async def state(db) -> tuple[str, str | None]:
    [row] = await rows_of(db, "SELECT status, reason FROM deliveries WHERE channel = 'mail'")
    return row["status"], row["reason"]


class TestRules:
    @given(st.permutations([Outcome.DELIVERED, Outcome.BOUNCED, Outcome.DELIVERED, Outcome.BOUNCED]))
    def test_words_in_any_order_and_twice_end_alike(self, told) -> None:
        status = DeliveryStatus.SENT
        for outcome in told:
            status = moved(status, outcome) or status
        assert status is DeliveryStatus.BOUNCED

    def test_nothing_moves_what_was_not_sent(self) -> None:
        for status, outcome in itertools.product(
            (DeliveryStatus.SUPPRESSED, DeliveryStatus.COLLECTED, DeliveryStatus.DIGESTED), Outcome
        ):
            assert moved(status, outcome) is None

    @pytest.mark.parametrize(
        ("held", "told", "same"),
        [(None, "a", True), ("a", None, True), ("a", "a", True), ("a", "a.b.0", True), ("a", "ab", False)],
    )
    def test_a_word_about_another_try_is_known(self, held, told, same) -> None:
        assert is_of(held, told) is same

    @given(st.dictionaries(st.sampled_from(MEMBERS), ANYTHING))
    def test_nothing_that_they_tell_breaks_us(self, told) -> None:
        read_sendgrid({"delivery_id": str(uuid7()), "event": "bounce", **told})

    def test_the_reason_names_no_address(self) -> None:
        receipt = read_sendgrid(
            event(uuid7(), "bounce", status="5.1.1", reason=f"550 5.1.1 <{TO}>: user unknown", type="bounce")
        )
        assert receipt is not None
        assert receipt.reason == "the mail server sent it back: 5.1.1"

    def test_twilios_own_example_of_a_signature_holds(self) -> None:
        fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
        url, mac = "https://app.example.in/hooks/twilio", "2IUItixYlgsuaJTDQ3krO+WIkp0="
        assert is_twilios(TOKEN, url=url, fields=fields, signature=mac)
        assert not is_twilios(TOKEN, url=url, fields={**fields, "MessageStatus": "sent"}, signature=mac)
        assert not is_twilios(TOKEN, url=url, fields=fields, signature="ü")

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [("queued", None), ("sent", None), ("delivered", Outcome.DELIVERED), ("undelivered", Outcome.BOUNCED)],
    )
    def test_twilios_states_are_read(self, clock, status, outcome) -> None:
        receipt = read_twilio({"MessageSid": "SM1", "MessageStatus": status}, uuid7(), clock.now())
        assert (None if receipt is None else receipt.outcome) is outcome


class TestSendGrid:
    async def test_a_mail_is_delivered(self, outside, db, sent, published) -> None:
        answer = await tell(outside, event(sent, "processed"), event(sent, "delivered"))
        assert answer.status_code == 204
        assert await state(db) == ("delivered", None)
        assert "alerts.notification.failed.v1" not in [one.type for one in await published(db)]

    async def test_a_mailbox_that_is_not_there_is_written_to_no_more(
        self, outside, db, sent, user_id, published
    ) -> None:
        told = event(sent, "bounce", status="5.1.1", reason="550 no such user", type="bounce")
        assert (await tell(outside, told, told)).status_code == 204
        assert await state(db) == ("bounced", "the mail server sent it back: 5.1.1")
        [row] = await rows_of(db, "SELECT suppressed_reason FROM recipients WHERE user_id = $1", user_id)
        assert row["suppressed_reason"] == "the mail server sent it back: 5.1.1"
        assert [one.type for one in await published(db)].count("alerts.notification.failed.v1") == 1

    async def test_a_block_is_no_bad_address(self, outside, db, sent, user_id) -> None:
        await tell(outside, event(sent, "bounce", status="5.7.1", type="blocked"))
        assert (await state(db))[0] == "bounced"
        [row] = await rows_of(db, "SELECT suppressed_reason FROM recipients WHERE user_id = $1", user_id)
        assert row["suppressed_reason"] is None

    async def test_an_address_that_was_changed_since_is_not_given_up(self, outside, db, sent, notices, user_id) -> None:
        await verify(db, notices, user_id, "new@example.com")
        await tell(outside, event(sent, "bounce", status="5.1.1", type="bounce"))
        [row] = await rows_of(db, "SELECT suppressed_reason FROM recipients WHERE user_id = $1", user_id)
        assert row["suppressed_reason"] is None

    async def test_who_complains_gets_mails_about_safety_alone(self, outside, client, db, sent) -> None:
        await tell(outside, event(sent, "spamreport"))
        held = (await client.get("/api/notification-preferences/")).json()
        wishes = {row["kind"]: row["channels"][1]["wish"] for row in held["kinds"]}
        assert wishes == {"alert": "off", "company": "off", "signal": "off", "account": "off", "security": "on"}

    async def test_who_leaves_a_kind_leaves_that_alone(self, outside, client, sent) -> None:
        await tell(outside, event(sent, "unsubscribe"))
        held = (await client.get("/api/notification-preferences/")).json()
        wishes = {row["kind"]: row["channels"][1]["wish"] for row in held["kinds"]}
        assert wishes == {"alert": "off", "company": "off", "signal": "on", "account": "on", "security": "on"}

    async def test_their_word_may_overtake_our_own(self, outside, db, clock, notices, user_id, published) -> None:
        await verify(db, notices, user_id, TO)
        await queue(db, notices, triggered(clock, user_id))
        [row] = await rows_of(db, "SELECT id FROM deliveries")
        await tell(outside, event(row["id"], "delivered"))
        assert (await state(db))[0] == "delivered"
        assert [one.type for one in await published(db)].count("alerts.notification.sent.v1") == 1

    async def test_words_about_another_try_and_other_mails_change_nothing(self, outside, db, sent) -> None:
        answer = await tell(
            outside,
            event(sent, "bounce", sg_message_id="another.0", type="bounce"),
            event(uuid7(), "bounce"),
            {"event": "delivered", "email": TO},
            {},
        )
        assert answer.status_code == 204
        assert (await state(db))[0] == "sent"

    async def test_nobody_else_is_believed(self, outside, db, sent) -> None:
        stranger = ec.generate_private_key(ec.SECP256R1())
        told = event(sent, "bounce", type="bounce")
        assert (await tell(outside, told, key=stranger)).status_code == 403
        assert (await outside.post(EVENTS, json=[told])).status_code == 403
        unsigned = await outside.post(
            EVENTS, json=[told], headers={"X-Twilio-Email-Event-Webhook-Signature": "not base64!"}
        )
        assert unsigned.status_code == 403
        assert (await state(db))[0] == "sent"

    @pytest.mark.parametrize("body", [b"{}", b"[1]", b'["x"]'])
    async def test_what_is_no_list_of_events_is_a_bad_field(self, outside, body) -> None:
        assert (await tell(outside, body=body)).status_code == 422


class TestTheWholeWay:
    async def test_a_mail_goes_out_by_sendgrid_and_its_word_finds_it(
        self, outside, db, clock, notices, user_id, peers, tokens, settings, rooms
    ) -> None:
        told: list[dict[str, Any]] = []

        def take(request: httpx.Request) -> httpx.Response:
            told.append(orjson.loads(request.content))
            return httpx.Response(202, headers={"X-Message-Id": "14c5d75ce93"})

        http = Http("test", transport=peers.transport(), retries=0)
        asked = Peers.of(settings, http, tokens.source("alerts"))
        writer = MailWriter(
            db,
            asked.auth,
            make_cipher(settings),
            Letters("https://app.example.in"),
            rooms.preferences,
            make_unsubscribes(settings),
            Charts(asked.market),
            rooms.addresses,
            SmsTexts(db),
        )
        options = SendGridOptions(SecretStr("k"), "https://sendgrid.example", "S <a@example.in>", "a@example.in")
        channel = SendGridChannel(Http("test", transport=httpx.MockTransport(take), retries=0), options)
        await verify(db, notices, user_id, TO)
        await queue(db, notices, triggered(clock, user_id))

        async def is_sent() -> bool:
            return (await state(db))[0] == "sent"

        async with running(Sender(db, channel, writer.write, lanes=1).run()):
            await eventually(is_sent)
        [row] = await rows_of(db, "SELECT id, provider_id FROM deliveries WHERE channel = 'mail'")
        assert row["provider_id"] == "14c5d75ce93"
        [person] = told[0]["personalizations"]
        assert person["custom_args"] == {"delivery_id": str(row["id"])}
        # What they send back holds our argument beside their own.
        await tell(outside, {**event(row["id"], "delivered"), **person["custom_args"]})
        assert await state(db) == ("delivered", None)


class TestTwilio:
    async def status(self, client, delivery_id: Any, *, token: str = TOKEN, **fields: str):
        url = f"https://app.example.in{STATUS}?delivery={delivery_id}"
        said = url + "".join(name + fields[name] for name in sorted(fields))
        mac = base64.b64encode(hmac.digest(token.encode(), said.encode(), "sha1")).decode()
        headers = {"X-Twilio-Signature": mac}
        return await client.post(f"{STATUS}?delivery={delivery_id}", data=fields, headers=headers)

    async def queued(self, db, user_id, clock) -> UUID:
        """A short message that the provider took."""
        delivery_id = uuid7()
        await rows_of(
            db,
            "INSERT INTO deliveries (id, key, channel, lane, purpose, urgency, user_id, message_id, data, status,"
            " attempts, created_at, opened_at, due_at, sent_at, provider_id) VALUES ($1, 'k', 'sms', 'post', 'notice',"
            " 1, $2, '<m@x>', '{}', 'sent', 1, $3, $3, $3, $3, 'SM1')",
            delivery_id,
            user_id,
            clock.now() - timedelta(minutes=1),
        )
        return delivery_id

    async def test_a_short_message_is_delivered_whatever_order_its_states_come_in(
        self, outside, db, user_id, clock
    ) -> None:
        delivery_id = await self.queued(db, user_id, clock)
        for state in ("delivered", "sent", "delivered"):
            answer = await self.status(outside, delivery_id, MessageSid="SM1", MessageStatus=state)
            assert answer.status_code == 204
        [row] = await rows_of(db, "SELECT status, delivered_at FROM deliveries")
        assert (row["status"], row["delivered_at"]) == ("delivered", clock.now())

    async def test_an_operator_that_does_not_deliver_says_why(self, outside, db, user_id, clock) -> None:
        delivery_id = await self.queued(db, user_id, clock)
        await self.status(outside, delivery_id, MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30005")
        [row] = await rows_of(db, "SELECT status, reason FROM deliveries")
        assert (row["status"], row["reason"]) == ("bounced", "the operator did not deliver it: 30005")

    async def test_nobody_else_is_believed(self, outside, db, user_id, clock) -> None:
        delivery_id = await self.queued(db, user_id, clock)
        told = {"MessageSid": "SM1", "MessageStatus": "failed"}
        assert (await self.status(outside, delivery_id, token="another", **told)).status_code == 403
        assert (await outside.post(f"{STATUS}?delivery={delivery_id}", data=told)).status_code == 403
        [row] = await rows_of(db, "SELECT status FROM deliveries")
        assert row["status"] == "sent"
