"""Files of operators: headlines as CSV, and lists of names by which headlines call instruments."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.market.news import rules
from services.market.news.rules import Item

MOST_BYTES = 200 * 1024 * 1024
_MAGIC = b"\x1f\x8b"
_NAME_CHARS = 120


class UnreadableFile(Exception):
    """The file is no CSV with the columns that are needed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was refused. `line` as an editor counts."""

    line: int
    message: str


def unpack(content: bytes) -> str:
    """Give the text of a file, gzip or plain, in UTF-8. Raises UnreadableFile."""
    try:
        return _plain(content).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UnreadableFile(f"The file cannot be read: {error}") from error


def read_news(content: bytes, source: str, received_at: datetime) -> Iterator[Item | Problem]:
    """Read headlines: columns headline and published_at (or date), and as one likes source, url, summary, language,
    guid. A time without a zone is UTC. Raises UnreadableFile.
    """
    for line, row in _rows(content, {"headline"}, {"published_at", "date"}):
        headline = rules.plain_text(row.get("headline", ""), rules.HEADLINE_CHARS)
        told = row.get("published_at") or row.get("date") or ""
        published_at = _instant(told)
        if not headline:
            yield Problem(line, "There is no headline.")
        elif published_at is None:
            yield Problem(line, f"{told[:40]!r} is no date.")
        elif published_at > received_at + rules.AHEAD:
            yield Problem(line, f"{told[:40]} lies ahead.")
        else:
            url = rules.web_link(row.get("url"))
            if row.get("url") and url is None:
                yield Problem(line, "The address is none of http or https.")
                continue
            yield Item(
                source=rules.plain_text(row.get("source", ""), rules.SOURCE_CHARS) or source,
                guid=rules.guid_of(row.get("guid") or url, headline, published_at),
                headline=headline,
                url=url,
                summary=rules.plain_text(row.get("summary", ""), rules.SUMMARY_CHARS) or None,
                language=rules.language_of(row.get("language")),
                published_at=published_at,
            )


def read_names(content: bytes) -> Iterator[tuple[str, str]]:
    """Read names: columns Symbol and Entity, which holds names divided by commas. Raises UnreadableFile."""
    for _, row in _rows(content, {"symbol", "entity"}, set()):
        symbol = row["symbol"].strip().upper()
        for name in row["entity"].split(","):
            name = rules.plain_text(name, _NAME_CHARS)
            if symbol and name and name != symbol:
                yield symbol, name


def _rows(content: bytes, needed: set[str], one_of: set[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.reader(io.StringIO(unpack(content), newline=""))
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if not needed <= set(names) or (one_of and not one_of & set(names)):
            wanted = ", ".join([*sorted(needed), *([" or ".join(sorted(one_of))] if one_of else [])])
            raise UnreadableFile(f"The first line must name the columns {wanted}.")
        for row in reader:
            if row:
                yield reader.line_num, dict(zip(names, row, strict=False)) | dict.fromkeys(names[len(row) :], "")
    except csv.Error as error:
        raise UnreadableFile(f"Line {reader.line_num}: {error}") from error


def _plain(content: bytes) -> bytes:
    if not content.startswith(_MAGIC):
        return content
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        plain = file.read(MOST_BYTES + 1)
    if len(plain) > MOST_BYTES:
        raise OSError(f"unpacked it has more than {MOST_BYTES} bytes")
    return plain


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
