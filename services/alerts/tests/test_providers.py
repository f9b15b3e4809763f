"""Mail by SendGrid and short messages by Twilio: what they are sent, and what their answers mean."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from libs.common.http import Http
from libs.common.testing import eventually
from services.alerts.channels.mail import SendGridChannel, SendGridOptions
from services.alerts.channels.port import Mail, NotSent, OutcomeUnknown, Picture, Refused, Sms
from services.alerts.channels.sms import TwilioOptions, TwilioSms
from services.alerts.settings import AlertsSettings
from services.alerts.sms_texts.alphabet import MOST_SLOT_CHARS, filled_in, parts, plain
from services.alerts.tests.support import entitlements, queue, rows_of, triggered, verify

PATH = "/api/notification-addresses/"
NUMBER = "+919876543210"


class Provider:
    """Answers as it is told to, and remembers what it was sent."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def client(self) -> Http:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            found = self.answers.pop(0)
            if isinstance(found, Exception):
                raise found
            return found

        return Http("test", transport=httpx.MockTransport(answer), retries=0)


def sendgrid(provider: Provider, **options: Any) -> SendGridChannel:
    values: dict[str, Any] = {
        "key": SecretStr("SG.k"),
        "api_url": "https://sendgrid.example",
        "sender": "ShareWise <alerts@example.in>",
        "reply_to": "help@example.in",
    }
    return SendGridChannel(provider.client(), SendGridOptions(**{**values, **options}))


def twilio(provider: Provider, sender: str = "SHRWSE") -> TwilioSms:
    options = TwilioOptions("AC1", SecretStr("t"), sender, "https://twilio.example", "https://app.example.in/s/")
    return TwilioSms(provider.client(), options)


def make_mail(**members: Any) -> Mail:
    return Mail("u@example.com", "Subject", "text", "<p>html</p>", "<id@x>", "ref", delivery_id="d-1", **members)


class TestSendGrid:
    async def test_a_mail_is_written_as_they_take_it(self) -> None:
        provider = Provider(httpx.Response(202, headers={"X-Message-Id": "14c5"}))
        mail = make_mail(unsubscribe_url="https://app.example.in/u/t", pictures=(Picture("chart.1@s", b"png"),))
        assert await sendgrid(provider).send(mail) == "14c5"
        [request] = provider.requests
        body = orjson.loads(request.content)
        assert (request.url.path, request.headers["authorization"]) == ("/v3/mail/send", "Bearer SG.k")
        [person] = body["personalizations"]
        assert person["to"] == [{"email": "u@example.com"}]
        assert person["custom_args"] == {"delivery_id": "d-1"}
        assert person["headers"]["Message-ID"] == "<id@x>"
        assert person["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
        assert body["from"] == {"email": "alerts@example.in", "name": "ShareWise"}
        assert not body["tracking_settings"]["click_tracking"]["enable"]
        [picture] = body["attachments"]
        assert (picture["content_id"], base64.b64decode(picture["content"])) == ("chart.1@s", b"png")
        assert "mail_settings" not in body

    @pytest.mark.parametrize(
        ("answer", "failure", "down"),
        [
            (httpx.Response(401, json={"errors": []}), NotSent, True),
            (httpx.Response(403, json={"errors": []}), NotSent, True),
            (httpx.Response(429, headers={"Retry-After": "20"}), NotSent, False),
            (httpx.Response(400, json={"errors": [{"message": "bad"}]}), Refused, None),
            (httpx.Response(413), Refused, None),
            (httpx.Response(500), OutcomeUnknown, None),
            (httpx.ReadTimeout("late"), OutcomeUnknown, None),
            (httpx.ConnectError("away"), NotSent, False),
        ],
    )
    async def test_their_answers_are_understood(self, answer, failure, down) -> None:
        with pytest.raises(failure) as met:
            await sendgrid(Provider(answer)).send(make_mail())
        assert getattr(met.value, "channel_down", None) is down
        assert "example.com" not in met.value.reason

    async def test_they_may_check_without_sending(self) -> None:
        provider = Provider(httpx.Response(200))
        await sendgrid(provider, is_dry=True).send(make_mail())
        assert orjson.loads(provider.requests[0].content)["mail_settings"] == {"sandbox_mode": {"enable": True}}

    def test_it_needs_a_key(self, service_settings) -> None:
        with pytest.raises(ValidationError, match="sendgrid_key"):
            service_settings(AlertsSettings, mail_provider="sendgrid")


class TestTwilio:
    @pytest.mark.parametrize(("sender", "member"), [("SHRWSE", "From"), ("MG123", "MessagingServiceSid")])
    async def test_a_short_message_is_written_as_they_take_it(self, sender, member) -> None:
        provider = Provider(httpx.Response(201, json={"sid": "SM1", "status": "queued"}))
        assert await twilio(provider, sender).send(Sms(NUMBER, "Hello & Rs 5", delivery_id="d-1")) == "SM1"
        [request] = provider.requests
        assert request.url.path == "/2010-04-01/Accounts/AC1/Messages.json"
        assert request.headers["authorization"] == "Basic " + base64.b64encode(b"AC1:t").decode()
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        assert form == {
            "To": NUMBER,
            member: sender,
            "Body": "Hello & Rs 5",
            "StatusCallback": "https://app.example.in/s/?delivery=d-1",
        }

    @pytest.mark.parametrize(
        ("answer", "failure", "gone"),
        [
            (httpx.Response(400, json={"code": 21211, "message": "not valid"}), Refused, True),
            (httpx.Response(400, json={"code": 21610}), Refused, True),
            (httpx.Response(400, json={"code": 21608}), Refused, False),
            (httpx.Response(401, json={"code": 20003}), Refused, False),
            (httpx.Response(400, text="no JSON"), Refused, False),
            (httpx.Response(429, json={"code": 20429}, headers={"Retry-After": "9"}), NotSent, None),
            (httpx.ReadTimeout("late"), Refused, False),
        ],
    )
    async def test_their_answers_are_understood(self, answer, failure, gone) -> None:
        with pytest.raises(failure) as met:
            await twilio(Provider(answer)).send(Sms(NUMBER, "x"))
        assert getattr(met.value, "bad_address", None) is gone
        if failure is NotSent:
            assert met.value.retry_after == timedelta(seconds=9)

    def test_it_needs_its_account(self, service_settings) -> None:
        with pytest.raises(ValidationError, match="twilio_account"):
            service_settings(AlertsSettings, sms_provider="twilio")


class TestTexts:
    @given(st.text(max_size=200))
    def test_every_text_becomes_letters_that_networks_carry(self, text: str) -> None:
        said = plain(text)
        assert plain(said) == said
        assert parts(said) <= -(-2 * max(len(said), 1) // 153) + 1

    def test_the_registered_text_stays_and_slots_are_cut(self) -> None:
        text = filled_in("ShareWise: {title}. See the app.", {"title": "RELIANCE is now ₹2,990.00"})
        assert text == "ShareWise: RELIANCE is now Rs 2,990.00. See the app."
        long = filled_in("A: {title}.", {"title": "a long name " * 10})
        assert len(long) <= len("A: .") + MOST_SLOT_CHARS
        assert long.endswith("...")

    @pytest.mark.parametrize(
        ("text", "count"),
        [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("₹" * 70, 1), ("₹" * 71, 2)],
    )
    def test_parts_are_counted_as_they_are_paid(self, text, count) -> None:
        assert parts(text) == count


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"sms_provider": "sink"})


@pytest.fixture
def elite(peers, user_id) -> None:
    known = entitlements(user_id, active_alerts=50)
    limits = known.limits.model_copy(update={"channels": ("in_app", "email", "sms")})
    peers.entitlements[user_id] = known.model_copy(update={"limits": limits})


def sms_states(db, *wanted: str):
    async def claim() -> bool:
        rows = await rows_of(db, "SELECT status FROM deliveries WHERE channel = 'sms' ORDER BY created_at, id")
        return [row["status"] for row in rows] == list(wanted)

    return claim


class TestNumbers:
    async def test_a_number_gets_notices_once_its_code_was_confirmed(
        self, client, elite, db, clock, notices, user_id, server, sender_to
    ) -> None:
        await verify(db, notices, user_id)
        begun = (await client.post(f"{PATH}sms/", json={"number": "98765 43210"})).json()
        assert (begun["status"], begun["label"]) == ("pending", "SMS …3210")
        async with sender_to(server):
            await eventually(sms_states(db, "sent"))
            [mail] = server.taken
            assert mail["To"] == "919876543210@sms.sharewise.local"
            code = mail.get_body(("plain",)).get_content()[:6]
            confirmed = await client.post(f"{PATH}{begun['id']}/confirm/", json={"code": code})
            assert confirmed.json()["status"] == "active"
            await client.patch("/api/notification-preferences/", json={"wishes": {"alert": {"sms": "on"}}})
            await queue(db, notices, triggered(clock, user_id, symbol="RELIANCE", currency="INR"))
            await eventually(sms_states(db, "sent", "sent"))
        [text] = [
            mail.get_body(("plain",)).get_content().strip()
            for mail in server.taken
            if mail["To"].endswith("@sms.sharewise.local") and "confirms" not in mail.get_body(("plain",)).get_content()
        ]
        assert text == "ShareWise: RELIANCE is now Rs 232.50. See the app for more. It is a notice, not advice."
        assert parts(text) == 1
        for row in await rows_of(db, "SELECT sealed FROM addresses"):
            assert "9876543210" not in row["sealed"]

    async def test_codes_cost_so_there_are_five_a_day(self, client, elite, clock) -> None:
        for number in range(5):
            answer = await client.post(f"{PATH}sms/", json={"number": f"+91987654321{number}"})
            assert answer.status_code == 201
        refused = await client.post(f"{PATH}sms/", json={"number": "+919876543216"})
        assert (refused.status_code, refused.json()["retry_after"]) == (429, 86_400)
        assert len((await client.get(PATH)).json()["items"]) == 5
        clock.move(timedelta(days=1, seconds=1))
        assert (await client.post(f"{PATH}sms/", json={"number": "+919876543216"})).status_code == 201

    @pytest.mark.parametrize("number", ["12345", "+91 22 2266 0000", "+0000000000", "()()()"])
    async def test_what_takes_no_short_messages_is_a_bad_field(self, client, elite, number) -> None:
        answer = await client.post(f"{PATH}sms/", json={"number": number})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/number")

    async def test_a_plan_without_sms_is_402(self, client) -> None:
        answer = await client.post(f"{PATH}sms/", json={"number": NUMBER})
        assert (answer.status_code, answer.json()["code"]) == (402, "plan_feature")
