"""RSS and Atom: ask a feed for what is new in it, and read what it says.

Feeds are chosen by operators (MARKET_NEWS_FEEDS), never by users. Redirects are not followed, answers are bounded.
"""

from __future__ import annotations

import io
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import feedparser

from libs.common.http import Http, Refused
from services.market.news import rules
from services.market.news.rules import Item

MOST_ITEMS = 500
_NOT_MODIFIED = 304
_HEADER_CHARS = 500


class UnreadableFeed(Exception):
    """What came is no feed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`body` is None when nothing is new since these tags."""

    body: bytes | None
    etag: str | None
    last_modified: str | None


async def fetch(http: Http, url: str, etag: str | None, last_modified: str | None) -> Fetched:
    """Ask a feed for what is new since these tags. Raises Refused, NotSent, OutcomeUnknown."""
    conditions = {"if-none-match": etag, "if-modified-since": last_modified}
    headers = {
        "accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8",
        **{name: value for name, value in conditions.items() if value},
    }
    try:
        reply = await http.get(url, headers=headers)
    except Refused as refusal:
        if refusal.status == _NOT_MODIFIED:
            return Fetched(None, etag, last_modified)
        raise
    return Fetched(reply.body, _tag(reply.headers, "etag"), _tag(reply.headers, "last-modified"))


def read(body: bytes, url: str, received_at: datetime) -> list[Item]:
    """Read a feed, at most MOST_ITEMS of it. An entry without a headline is left out. Raises UnreadableFeed."""
    # As a stream: of a text or of bytes, feedparser would first try whether it is an address or a file's name.
    document = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if not document.get("version"):
        raise UnreadableFeed("It is neither RSS nor Atom.")
    source = rules.plain_text(str(document.feed.get("title") or ""), rules.SOURCE_CHARS) or _host(url)
    language = rules.language_of(document.feed.get("language"))
    items = [_item(entry, source, language, received_at) for entry in document.entries[:MOST_ITEMS]]
    return [item for item in items if item is not None]


def _item(entry: dict[str, Any], source: str, language: str, received_at: datetime) -> Item | None:
    headline = rules.plain_text(str(entry.get("title") or ""), rules.HEADLINE_CHARS)
    if not headline:
        return None
    # Past feedparser's own `get`, which answers for another key than it was asked, and warns.
    published_at = _instant(dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed"))
    url = rules.web_link(entry.get("link"))
    return Item(
        source=source,
        guid=rules.guid_of(entry.get("id") or url, headline, published_at),
        headline=headline,
        url=url,
        summary=rules.plain_text(str(entry.get("summary") or ""), rules.SUMMARY_CHARS) or None,
        language=rules.language_of(entry.get("language")) if entry.get("language") else language,
        published_at=rules.told_at(published_at, received_at),
    )


def _instant(parsed: Any) -> datetime | None:
    try:
        return None if parsed is None else datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _tag(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name, "")
    return value if 0 < len(value) <= _HEADER_CHARS and value.isprintable() else None


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[: rules.SOURCE_CHARS]
