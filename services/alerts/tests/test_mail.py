"""What a mail looks like, and what becomes of the answers of a mail server."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.common.ids import uuid7
from libs.contracts.alerts import AlertTriggered, Condition
from services.alerts.channels.mail.message import compose
from services.alerts.channels.mail.smtp import MAX_MAILS_PER_CONNECTION, SmtpChannel, SmtpOptions
from services.alerts.channels.port import Mail, NotSent, OutcomeUnknown, Refused
from services.alerts.notifications.letters import Letters
from services.alerts.notifications.rules import GIVE_UP_AFTER, LADDER, Purpose, in_zones, next_try
from services.alerts.settings import AlertsSettings
from services.alerts.tests.mail_server import MailServer

NOW = datetime(2026, 11, 24, 15, 1, 5, tzinfo=UTC)
TO = "trader@example.com"


def make_mail(to: str = TO, **members: str) -> Mail:
    values = {
        "to": to,
        "subject": "🚨 Stock Alert: AAPL",
        "text": "Apple Inc. is now $232.50\n",
        "html": "<p>₹</p>",
        "message_id": f"<{uuid7()}@sharewise.local>",
        "reference": "r-1",
    }
    return Mail(**{**values, **members})


def channel_to(server: MailServer, **options: Any) -> SmtpChannel:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "opportunistic",
        "sender": "ShareWise <alerts@sharewise.local>",
        "reply_to": "help@sharewise.local",
        "timeout_s": 2.0,
        "connections": 2,
    }
    return SmtpChannel(SmtpOptions(**{**values, **options}), now=lambda: NOW)


def triggered(**members: Any) -> AlertTriggered:
    values: dict[str, Any] = {
        "triggered_id": uuid7(),
        "alert_id": uuid7(),
        "user_id": uuid7(),
        "instrument": "NASDAQ:AAPL",
        "symbol": "AAPL",
        "name": "Apple Inc.",
        "currency": "USD",
        "condition": Condition.ABOVE,
        "threshold_price": Decimal("230.0000"),
        "price": Decimal("232.5000"),
        "reached_at": NOW,
        "triggered_at": NOW,
        "recorded_at": None,
    }
    return AlertTriggered(**{**values, **members})


def lines(part: Any) -> str:
    """Read a part's text with bare line ends."""
    return part.get_content().replace("\r\n", "\n")


class TestLetters:
    letters = Letters("https://app.example.com/")

    def test_says_what_the_mission_says(self) -> None:
        letter = self.letters.alert_triggered(triggered(), first_name="A", time_zone="Asia/Kolkata")
        assert letter.subject == "🚨 Stock Alert: AAPL"
        assert letter.text.splitlines()[0] == "Apple Inc. is now $232.50 (above $230.00)"
        assert "A, your alert was reached at 24 Nov 2026, 20:31:05 IST (10:01:05 EST)." in letter.text
        assert "https://app.example.com/alerts" in letter.text
        assert "replay" not in letter.text
        for words in ("Apple Inc. is now $232.50", "above $230.00", 'href="https://app.example.com/alerts"'):
            assert words in letter.html

    def test_rupees_are_grouped_as_in_india(self) -> None:
        event = triggered(
            instrument="NSE:MRF",
            symbol="MRF",
            name="MRF Ltd",
            currency="INR",
            condition=Condition.BELOW,
            price=Decimal("123456.05"),
            threshold_price=Decimal("130000"),
        )
        letter = self.letters.alert_triggered(event, first_name="A", time_zone="Asia/Kolkata")
        assert letter.text.startswith("MRF Ltd is now ₹1,23,456.05 (below ₹1,30,000.00)")
        assert "20:31:05 IST (15:01:05 UTC)" in letter.text

    def test_a_replayed_price_says_so(self) -> None:
        event = triggered(recorded_at=datetime(2012, 8, 13, 15, 0, tzinfo=UTC))
        letter = self.letters.alert_triggered(event, first_name="A", time_zone="Asia/Kolkata")
        for body in (letter.text, letter.html):
            assert "replay of the market of 13 August 2012. It is not a live price." in body

    def test_names_cannot_break_out_of_the_page(self) -> None:
        letter = self.letters.alert_triggered(
            triggered(name="<script>A&B</script>"), first_name="A", time_zone="Asia/Kolkata"
        )
        assert "<script>" not in letter.html
        assert "&lt;script&gt;A&amp;B" in letter.html

    @pytest.mark.parametrize("purpose", [Purpose.VERIFY_EMAIL, Purpose.ACCOUNT_EXISTS])
    def test_a_secret_link_is_in_both_bodies(self, purpose: Purpose) -> None:
        url = "https://app.example.com/verify-email?token=abc_-1&x=2"
        letter = self.letters.with_secret(purpose, name="A. Trader", secret_url=url)
        assert url in letter.text
        assert url.replace("&", "&amp;") in letter.html
        assert "A. Trader" in letter.text

    def test_another_day_at_the_exchange_is_told(self) -> None:
        late = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
        words = in_zones(late, user_zone="Asia/Kolkata", exchange="NASDAQ")
        assert words == "25 Nov 2026, 02:00:00 IST (24 Nov, 15:30:00 EST)"


class TestMessage:
    def test_the_standard_library_reads_back_what_we_wrote(self) -> None:
        mail = make_mail(text="line one ₹\n.\nFrom here\n" + "long " * 300 + "=\n", html="<p>a</p>\n" * 50)
        raw = compose(mail, sender="ShareWise <alerts@sharewise.local>", reply_to="help@sharewise.local", now=NOW)
        assert max(map(len, raw.split(b"\r\n"))) <= 100
        assert b"\n" not in raw.replace(b"\r\n", b"")
        read = message_from_bytes(raw, policy=policy.default)
        assert not read.defects
        assert read["Subject"] == mail.subject
        assert read["Message-ID"] == mail.message_id
        assert read["From"].addresses[0].addr_spec == "alerts@sharewise.local"
        assert (read["Auto-Submitted"], read["X-Entity-Ref-ID"]) == ("auto-generated", "r-1")
        assert read["Date"].datetime == NOW
        assert read.get_content_type() == "multipart/alternative"
        text, html = read.iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert lines(text) == mail.text
        assert lines(html) == mail.html

    @given(
        body=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300),
        subject=st.text("aä₹ 🚨x", max_size=90),
    )
    def test_any_text_survives(self, body: str, subject: str) -> None:
        subject = " ".join(subject.split())
        mail = make_mail(text=body, subject=subject)
        raw = compose(mail, sender="S <a@b.example>", reply_to="a@b.example", now=NOW)
        read = message_from_bytes(raw, policy=policy.default)
        text, _ = read.iter_parts()
        assert lines(text).rstrip("\n") == "\n".join(body.splitlines())
        assert " ".join((read["Subject"] or "").split()) == subject

    @pytest.mark.parametrize("member", ["to", "subject", "message_id", "reference"])
    def test_no_value_can_add_a_header(self, member: str) -> None:
        with pytest.raises(ValueError, match="line break"):
            compose(make_mail(**{member: "x\r\nBcc: y@example.com"}), sender="S <a@b.example>", reply_to="a@b", now=NOW)


class TestSmtp:
    async def test_hands_mails_over_on_kept_connections(self) -> None:
        async with MailServer().serving() as server:
            channel = channel_to(server)
            await asyncio.gather(*(channel.send(make_mail()) for _ in range(20)))
            await channel.aclose()
        assert len(server.taken) == 20
        assert server.connections <= 2
        assert server.taken[0]["Subject"] == "🚨 Stock Alert: AAPL"

    async def test_a_connection_is_not_used_for_ever(self) -> None:
        async with MailServer().serving() as server:
            channel = channel_to(server, connections=1)
            for _ in range(MAX_MAILS_PER_CONNECTION + 1):
                await channel.send(make_mail())
            await channel.aclose()
        assert server.connections == 2

    @pytest.mark.parametrize(
        ("answer", "bad_address"),
        [
            ("550 5.1.1 no such user", True),
            ("550 no such user", True),
            ("553 bad name", True),
            ("552 5.2.2 full", False),
            ("550 5.7.1 policy", False),
            ("554 5.7.26 unauthenticated", False),
        ],
    )
    async def test_5yz_is_final_and_tells_whose_fault_it_was(self, answer: str, bad_address: bool) -> None:
        async with MailServer(answers={TO: [answer]}).serving() as server:
            channel = channel_to(server)
            with pytest.raises(Refused) as refused:
                await channel.send(make_mail())
            assert refused.value.bad_address is bad_address
            assert TO not in refused.value.reason
            await channel.send(make_mail())
            await channel.aclose()
        assert server.connections == 1, "a refusal leaves the connection in order"

    async def test_a_message_refused_after_data_is_final_too(self) -> None:
        async with MailServer(after_data={TO: ["554 5.6.0 bad content"]}).serving() as server:
            channel = channel_to(server)
            with pytest.raises(Refused) as refused:
                await channel.send(make_mail())
            await channel.aclose()
        assert not refused.value.bad_address

    @pytest.mark.parametrize("stage", ["answers", "after_data"])
    async def test_4yz_is_not_now(self, stage: str) -> None:
        async with MailServer(**{stage: {TO: ["451 4.7.1 greylisted"]}}).serving() as server:
            channel = channel_to(server)
            with pytest.raises(NotSent) as failure:
                await channel.send(make_mail())
            assert not failure.value.channel_down
            await channel.send(make_mail())
            await channel.aclose()
        assert len(server.taken) == 1

    async def test_421_means_that_nothing_goes_now(self) -> None:
        async with MailServer(answers={TO: ["421 4.3.2 closing"]}).serving() as server:
            channel = channel_to(server)
            with pytest.raises(NotSent) as failure:
                await channel.send(make_mail())
            await channel.aclose()
        assert failure.value.channel_down

    async def test_a_line_lost_after_the_message_leaves_the_outcome_unknown(self) -> None:
        async with MailServer(after_data={TO: ["drop"]}).serving() as server:
            channel = channel_to(server)
            with pytest.raises(OutcomeUnknown):
                await channel.send(make_mail())
            await channel.aclose()
        assert len(server.taken) == 1

    async def test_a_line_lost_before_the_message_is_not_sent(self) -> None:
        async with MailServer(answers={TO: ["drop"]}).serving() as server:
            channel = channel_to(server)
            with pytest.raises(NotSent):
                await channel.send(make_mail())
            await channel.aclose()

    async def test_a_kept_connection_that_the_server_closed_is_replaced(self) -> None:
        server = MailServer()
        async with server.serving():
            channel = channel_to(server)
            await channel.send(make_mail())
            port = server.port
        async with server.serving(port=port):
            await channel.send(make_mail())
            await channel.aclose()
        assert len(server.taken) == 2

    async def test_no_server_is_not_sent_and_tells_that_none_goes(self) -> None:
        async with MailServer().serving() as server:
            port = server.port
        channel = channel_to(server, port=port)
        with pytest.raises(NotSent) as failure:
            await channel.send(make_mail())
        assert failure.value.channel_down

    async def test_a_server_without_tls_gets_no_mail_when_we_insist(self) -> None:
        async with MailServer().serving() as server:
            channel = channel_to(server, security="starttls")
            with pytest.raises(NotSent) as failure:
                await channel.send(make_mail())
            await channel.aclose()
        assert failure.value.channel_down
        assert server.taken == []

    async def test_a_refused_login_is_our_fault_and_no_mails(self) -> None:
        async with MailServer().serving(auth_require_tls=False, authenticator=lambda *_: _refuse()) as server:
            channel = channel_to(server, username="me", password=_secret("wrong"), security="none")
            with pytest.raises(NotSent) as failure:
                await channel.send(make_mail())
            await channel.aclose()
        assert failure.value.channel_down

    async def test_an_address_that_cannot_be_written_is_refused(self) -> None:
        async with MailServer().serving() as server:
            channel = channel_to(server)
            for to in ("evil@example.com\r\nRCPT TO:<x@example.com>", "ü@example.com"):
                with pytest.raises(Refused) as refused:
                    await channel.send(make_mail(to))
                assert refused.value.bad_address
            await channel.aclose()

    async def test_an_address_of_another_script_goes_to_a_server_that_takes_it(self) -> None:
        async with MailServer().serving(enable_SMTPUTF8=True) as server:
            channel = channel_to(server)
            await channel.send(make_mail("ü@example.com"))
            await channel.aclose()
        assert len(server.taken) == 1


def _refuse() -> Any:
    from aiosmtpd.smtp import AuthResult

    return AuthResult(success=False, handled=False)


def _secret(text: str) -> Any:
    from pydantic import SecretStr

    return SecretStr(text)


class TestRetries:
    def test_the_ladder_grows_and_ends_after_a_day(self) -> None:
        now, tries, waits = NOW, 0, []
        while True:
            tries += 1
            due = next_try(tries, opened_at=NOW, now=now, jitter=0.5)
            if due is None:
                break
            waits.append(due - now)
            now = due
        assert waits[: len(LADDER)] == list(LADDER)
        assert all(later >= earlier for earlier, later in itertools.pairwise(waits))
        assert now <= NOW + GIVE_UP_AFTER
        assert 12 < tries < 30

    @given(tries=st.integers(1, 50), jitter=st.floats(0, 1))
    def test_jitter_stays_within_a_fifth(self, tries: int, jitter: float) -> None:
        due = next_try(tries, opened_at=NOW, now=NOW, jitter=jitter)
        assert due is not None
        wait, plain = due - NOW, LADDER[min(tries, len(LADDER)) - 1]
        assert plain * 0.79 <= wait <= plain * 1.21


class TestSettings:
    def test_the_gmail_preset_insists_on_tls(self, service_settings) -> None:
        settings = service_settings(
            AlertsSettings, smtp_preset="gmail", smtp_username="me@example.com", smtp_password="app password"
        )
        options = settings.smtp_options()
        assert (options.host, options.port, options.security) == ("smtp.gmail.com", 587, "starttls")
        assert options.sender == "ShareWise <me@example.com>"
        assert settings.message_domain == "example.com"

    def test_what_is_set_beats_the_preset(self, service_settings) -> None:
        settings = service_settings(AlertsSettings, smtp_preset="gmail", smtp_port=465, smtp_security="implicit")
        assert (settings.smtp_host, settings.smtp_port, settings.smtp_security) == ("smtp.gmail.com", 465, "implicit")

    @pytest.mark.parametrize("security", ["opportunistic", "none"])
    def test_production_sends_no_login_that_others_can_read(self, service_settings, security) -> None:
        secrets = {name: name.ljust(40, "x") for name in ("service_secret", "cursor_secret", "field_key")}
        with pytest.raises(ValidationError, match="readable"):
            service_settings(
                AlertsSettings, environment="production", smtp_username="me", smtp_security=security, **secrets
            )

    def test_a_sender_without_an_address_is_refused(self, service_settings) -> None:
        with pytest.raises(ValidationError, match="mail_from"):
            service_settings(AlertsSettings, mail_from="ShareWise")
