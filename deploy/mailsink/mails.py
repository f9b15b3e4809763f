"""Read a mail as it came over SMTP, and show it in the shapes of Mailpit's API (version 1)."""

from __future__ import annotations

import base64
import email.policy
import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

_SNIPPET_CHARS = 250
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Not SVG, which is a document."""

_TAG = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the list shows of a mail; cheap to keep for all mails."""

    id: str
    received_at: datetime
    message_id: str
    sender: dict[str, str]
    to: list[dict[str, str]]
    cc: list[dict[str, str]]
    bcc: list[dict[str, str]]
    reply_to: list[dict[str, str]]
    subject: str
    size: int
    attachments: int
    snippet: str

    def to_json(self, *, read: bool) -> dict[str, Any]:
        """Show it as an item of `GET /api/v1/messages`."""
        return {
            "ID": self.id,
            "MessageID": self.message_id,
            "Read": read,
            "From": self.sender,
            "To": self.to,
            "Cc": self.cc,
            "Bcc": self.bcc,
            "ReplyTo": self.reply_to,
            "Subject": self.subject,
            "Created": rfc3339(self.received_at),
            "Tags": [],
            "Size": self.size,
            "Attachments": self.attachments,
            "Snippet": self.snippet,
        }


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the HTML names by its Content-ID."""

    cid: str
    name: str
    kind: str
    content: bytes = field(repr=False)

    def as_address(self) -> str:
        return f"data:{self.kind};base64,{base64.b64encode(self.content).decode()}"

    def to_json(self) -> dict[str, Any]:
        return {"ContentID": self.cid, "FileName": self.name, "ContentType": self.kind, "Size": len(self.content)}


@dataclass(frozen=True, slots=True)
class Mail:
    """A whole mail: its summary, both bodies, their pictures and its headers as they came."""

    summary: Summary
    text: str
    html: str
    return_path: str
    date: datetime | None
    headers: dict[str, list[str]] = field(default_factory=dict)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    def shown_html(self) -> str:
        """Give the HTML with its pictures in place, as a mail program shows it."""
        shown = self.html
        for picture in self.pictures:
            shown = shown.replace(f"cid:{picture.cid}", picture.as_address())
        return shown

    def to_json(self) -> dict[str, Any]:
        """Show it as the answer of `GET /api/v1/message/{id}`."""
        summary = self.summary
        return {
            "ID": summary.id,
            "MessageID": summary.message_id,
            "From": summary.sender,
            "To": summary.to,
            "Cc": summary.cc,
            "Bcc": summary.bcc,
            "ReplyTo": summary.reply_to,
            "ReturnPath": self.return_path,
            "Subject": summary.subject,
            "Date": rfc3339(self.date or summary.received_at),
            "Tags": [],
            "Text": self.text,
            "HTML": self.html,
            "Size": summary.size,
            "Inline": [picture.to_json() for picture in self.pictures],
            "Attachments": self.attachments,
        }


def read_summary(mail_id: str, received_at: datetime, raw: bytes) -> Summary:
    """Read what the list shows of a mail, at a fraction of what reading it whole costs.

    The envelope's recipients stand in `Delivered-To`; those that no other header names are the blind copies.
    """
    message = BytesParser(policy=email.policy.compat32).parsebytes(raw)
    parts = [part for part in message.walk() if not part.is_multipart()]
    bodies = {
        kind: next((part for part in parts if part.get_content_type() == f"text/{kind}" and not _is_file(part)), None)
        for kind in ("plain", "html")
    }
    to, cc, sender = (_people(message, name) for name in ("To", "Cc", "From"))
    named = {address["Address"].lower() for address in to + cc}
    delivered_to = [str(value) for value in message.get_all("Delivered-To", [])]
    shown = _said(bodies["plain"]) or html.unescape(_TAG.sub(" ", _said(bodies["html"])))
    return Summary(
        id=mail_id,
        received_at=received_at,
        message_id=_words(message, "Message-ID").strip("<>"),
        sender=sender[0] if sender else {"Name": "", "Address": ""},
        to=to,
        cc=cc,
        bcc=[{"Name": "", "Address": address} for address in delivered_to if address.lower() not in named],
        reply_to=_people(message, "Reply-To"),
        subject=_words(message, "Subject"),
        size=len(raw),
        attachments=sum(_is_file(part) for part in parts),
        snippet=_snippet(shown),
    )


def read_mail(mail_id: str, received_at: datetime, raw: bytes) -> Mail:
    """Parse a mail. Whatever is malformed becomes empty, never an error: the sink shows what was sent."""
    message = BytesParser(_class=EmailMessage, policy=email.policy.default).parsebytes(raw)
    text, markup = _body(message, "plain"), _body(message, "html")
    attachments = [
        {
            "PartID": str(number),
            "FileName": part.get_filename() or "",
            "ContentType": part.get_content_type(),
            "Size": len(part.get_payload(decode=True) or b""),
        }
        for number, part in enumerate(message.iter_attachments(), start=1)
    ]
    headers: dict[str, list[str]] = {}
    for name, value in BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw).items():
        headers.setdefault(name, []).append(str(value))
    return Mail(
        summary=read_summary(mail_id, received_at, raw),
        text=text,
        html=markup,
        return_path=_header(message, "Return-Path").strip("<>"),
        date=_date(message),
        headers=headers,
        attachments=attachments,
        pictures=[
            Picture(
                str(part["Content-ID"]).strip("<> "),
                part.get_filename() or "",
                part.get_content_type(),
                _content(part),
            )
            for part in message.walk()
            if part.get_content_type() in _PICTURES and part["Content-ID"]
        ],
    )


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, ""))


def _words(message: Message, name: str) -> str:
    return next(iter(_all_words(message, name)), "")


def _all_words(message: Message, name: str) -> list[str]:
    """Read all headers of a name: of what is encoded the words, else what stands there."""
    return [_decoded(str(raw)) for found, raw in message.raw_items() if found.lower() == name.lower()]


def _decoded(raw: str) -> str:
    text = " ".join(raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace").splitlines())
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError):
        return text


def _people(message: Message, name: str) -> list[dict[str, str]]:
    pairs = getaddresses(_all_words(message, name))
    return [{"Name": person, "Address": address} for person, address in pairs if address]


def _is_file(part: Message) -> bool:
    """Say whether a part is neither of the bodies, nor a picture inside one."""
    if part.get_content_disposition() == "attachment":
        return True
    return part.get_content_maintype() != "text" and not part["Content-ID"]


def _said(part: Message | None) -> str:
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    try:
        return payload.decode(part.get_content_charset("utf-8"), "replace") if isinstance(payload, bytes) else ""
    except LookupError:  # a character set nobody knows
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):  # a character set nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _content(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _date(message: EmailMessage) -> datetime | None:
    try:
        at = parsedate_to_datetime(_header(message, "Date"))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _snippet(text: str) -> str:
    return " ".join(text.split())[:_SNIPPET_CHARS]
