"""The sink as a mail sender and as a reader of Mailpit's API see it: real SMTP, real HTTP shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
from pydantic import SecretStr, ValidationError
from starlette.testclient import TestClient

from deploy.mailsink.app import build_app
from deploy.mailsink.settings import MailsinkSettings
from deploy.mailsink.smtp import Faults, SinkHandler, start_smtp
from deploy.mailsink.store import MailStore


class Sink:
    """A running SMTP side, and a client of the HTTP side on the same store."""

    def __init__(self, handler: SinkHandler, port: int) -> None:
        self.handler = handler
        self.port = port
        self.http = TestClient(build_app(handler.store, handler))

    async def send(self, subject: str = "🚨 Stock Alert: AAPL", **addresses: str) -> str:
        """Send a mail and give back what the server said."""
        message = make_mail(subject)
        recipients = [addresses.get("to", "trader@example.com")] + ([addresses["bcc"]] if "bcc" in addresses else [])
        _, said = await aiosmtplib.send(message, hostname="127.0.0.1", port=self.port, recipients=recipients)
        return said

    def listed(self) -> list[dict[str, object]]:
        return list(self.http.get("/api/v1/messages").json()["messages"])


def make_mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "ShareWise <alerts@example.com>"
    message["To"] = "A Trader <trader@example.com>"
    message["Subject"] = subject
    message["Message-ID"] = "<trigger-1@example.com>"
    message["Date"] = "Mon, 03 Mar 2025 10:00:00 +0530"
    message.set_content("Apple Inc. is now $232.50 (above $230.00)")
    message.add_alternative("<p>Apple Inc. is now <b>$232.50</b></p><script>alert(1)</script>", subtype="html")
    return message


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[Sink]:
    handler = SinkHandler(MailStore(tmp_path, keep=3), Faults())
    server = await start_smtp(handler, host="127.0.0.1", port=0, max_mail_bytes=100_000)
    yield Sink(handler, server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()


async def test_a_mail_is_listed_and_shown_in_mailpits_shape(sink: Sink) -> None:
    await sink.send(bcc="copy@example.com")
    (listed,) = sink.listed()
    assert listed["Subject"] == "🚨 Stock Alert: AAPL"
    assert listed["MessageID"] == "trigger-1@example.com"
    assert listed["To"] == [{"Name": "A Trader", "Address": "trader@example.com"}]
    assert listed["Bcc"] == [{"Name": "", "Address": "copy@example.com"}]
    assert listed["Read"] is False
    assert listed["Snippet"] == "Apple Inc. is now $232.50 (above $230.00)"

    whole = sink.http.get(f"/api/v1/message/{listed['ID']}").json()
    assert whole["Text"].strip() == "Apple Inc. is now $232.50 (above $230.00)"
    assert "<b>$232.50</b>" in whole["HTML"]
    assert whole["From"] == {"Name": "ShareWise", "Address": "alerts@example.com"}
    assert whole["Date"] == "2025-03-03T04:30:00.000Z"
    assert sink.listed()[0]["Read"] is True


async def test_the_newest_comes_first_and_the_oldest_goes_first(sink: Sink) -> None:
    for number in range(5):
        await sink.send(f"mail {number}")
    assert [mail["Subject"] for mail in sink.listed()] == ["mail 4", "mail 3", "mail 2"]
    assert sink.http.get("/api/v1/message/latest").json()["Subject"] == "mail 4"


async def test_mails_survive_a_restart(sink: Sink, tmp_path: Path) -> None:
    await sink.send(bcc="copy@example.com")
    (before,) = sink.listed()
    (after,) = [summary.to_json(read=False) for summary in MailStore(tmp_path, keep=3).newest_first()]
    assert after == before


async def test_pages_and_searches_count_what_they_found(sink: Sink) -> None:
    for subject in ("Stock Alert: AAPL", "Stock Alert: TSLA", "Welcome"):
        await sink.send(subject)
    page = sink.http.get("/api/v1/messages", params={"start": 1, "limit": 1}).json()
    assert (page["total"], page["count"], page["start"]) == (3, 1, 1)
    assert [mail["Subject"] for mail in page["messages"]] == ["Stock Alert: TSLA"]
    found = sink.http.get("/api/v1/search", params={"query": 'subject:"stock alert" to:trader@ aapl'}).json()
    assert [mail["Subject"] for mail in found["messages"]] == ["Stock Alert: AAPL"]
    assert found["messages_count"] == 1


async def test_mails_are_deleted_by_id_or_all_at_once(sink: Sink) -> None:
    await sink.send("one")
    await sink.send("two")
    newest = sink.listed()[0]["ID"]
    sink.http.request("DELETE", "/api/v1/messages", json={"IDs": [newest, "unknown"]})
    assert [mail["Subject"] for mail in sink.listed()] == ["one"]
    assert sink.http.get(f"/api/v1/message/{newest}").status_code == 404
    sink.http.request("DELETE", "/api/v1/messages")
    assert sink.listed() == []
    assert sink.http.request("DELETE", "/api/v1/messages", content="[1").status_code == 400


async def test_it_refuses_as_many_mails_as_it_is_told_to(sink: Sink) -> None:
    sink.http.put("/api/v1/faults", json={"reject": 1, "reject_code": 554})
    with pytest.raises(aiosmtplib.SMTPDataError) as refusal:
        await sink.send("refused")
    assert refusal.value.code == 554
    await sink.send("taken")
    assert [mail["Subject"] for mail in sink.listed()] == ["taken"]


async def test_it_can_keep_a_mail_and_lose_the_answer(sink: Sink) -> None:
    sink.http.put("/api/v1/faults", json={"lose_answer": 1})
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await sink.send("kept")
    assert [mail["Subject"] for mail in sink.listed()] == ["kept"]
    assert sink.http.get("/api/v1/faults").json()["lose_answer"] == 0


def test_unknown_faults_are_refused(tmp_path: Path) -> None:
    handler = SinkHandler(MailStore(tmp_path, keep=3), Faults())
    answer = TestClient(build_app(handler.store, handler)).put("/api/v1/faults", json={"explode": True})
    assert answer.status_code == 422


async def test_a_mail_is_shown_without_scripts_or_requests(sink: Sink) -> None:
    await sink.send()
    shown = sink.http.get(f"/view/{sink.listed()[0]['ID']}.html")
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


async def test_a_mail_is_shown_with_the_pictures_inside_it(sink: Sink) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "with a chart"
    message.set_content("text")
    message.add_alternative('<img src="cid:chart@x">', subtype="html")
    html = message.get_payload()[1]
    assert isinstance(html, EmailMessage)
    html.add_related(b"\x89PNG", "image", "png", cid="<chart@x>", filename="chart.png", disposition="inline")
    await aiosmtplib.send(message, hostname="127.0.0.1", port=sink.port)
    (mail,) = sink.listed()
    assert 'src="data:image/png;base64,iVBORw=="' in sink.http.get(f"/view/{mail['ID']}.html").text
    (inline,) = sink.http.get(f"/api/v1/message/{mail['ID']}").json()["Inline"]
    assert inline == {"ContentID": "chart@x", "FileName": "chart.png", "ContentType": "image/png", "Size": 4}
    assert mail["Attachments"] == 0


async def test_the_list_reads_other_scripts_and_counts_files(sink: Sink) -> None:
    message = make_mail("₹ and ünï")
    message.replace_header("To", "Zoë Ü <trader@example.com>")
    message["Cc"] = "second@example.com, Third <third@example.com>"
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="report.pdf")
    await aiosmtplib.send(message, hostname="127.0.0.1", port=sink.port, recipients=["trader@example.com", "b@x.com"])
    (mail,) = sink.listed()
    assert (mail["Subject"], mail["Attachments"]) == ("₹ and ünï", 1)
    assert mail["To"] == [{"Name": "Zoë Ü", "Address": "trader@example.com"}]
    assert [one["Address"] for one in mail["Cc"]] == ["second@example.com", "third@example.com"]
    assert mail["Bcc"] == [{"Name": "", "Address": "b@x.com"}]
    assert str(mail["Snippet"]).startswith("Apple Inc. is now $232.50")


async def test_a_malformed_mail_is_kept_and_shown(sink: Sink) -> None:
    raw = b"Subject: =?nowhere?Q?x?=\r\nDate: soon\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe\r\n"
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port)
    async with client:
        await client.sendmail("a@example.com", ["b@example.com"], raw)
    (mail,) = sink.listed()
    assert sink.http.get(f"/api/v1/message/{mail['ID']}").status_code == 200
    assert sink.http.get(f"/api/v1/message/{mail['ID']}/raw").text.endswith("\r\n")


def test_the_page_and_nothing_else_is_served(tmp_path: Path) -> None:
    handler = SinkHandler(MailStore(tmp_path, keep=3), Faults())
    http = TestClient(build_app(handler.store, handler))
    assert "Mail sink" in http.get("/").text
    assert http.get("/page.js").headers["content-type"].startswith("text/javascript")
    assert http.get("/..%2fsettings.py").status_code == 404


def test_it_refuses_to_start_in_production() -> None:
    with pytest.raises(ValidationError, match="refuses to start in production"):
        MailsinkSettings(environment="production", service_secret=SecretStr("x" * 40))
