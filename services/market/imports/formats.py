"""The lists that operators have, read row by row. Pure.

Sources of the layouts: Kite Connect 3 `/instruments` (CSV); Upstox `complete.json.gz` (its `tick_size` is in paise) and
the older CSV (in rupees); NSE's `EQUITY_L.csv` and its `ind_nifty*list.csv`; TwelveData `/stocks`.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import orjson

from libs.common.instruments import is_symbol
from services.market.exchanges import EXCHANGES, MIC_TO_EXCHANGE

MAX_ROWS = 500_000
MAX_PLAIN_BYTES = 128 * 1024 * 1024
"""Of a file that came compressed."""

_GZIP = b"\x1f\x8b"
_MAX_NAME_CHARS = 200
_MAX_WORD_CHARS = 80
_MAX_LOT = 1_000_000_000


class Format(StrEnum):
    KITE = "kite"
    UPSTOX = "upstox"
    NSE_EQUITY = "nse-equity"
    NSE_INDEX = "nse-index"
    TWELVEDATA = "twelvedata"


class UnreadableFile(ValueError):
    """The whole file is none of that format."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One instrument as a list has it. What the list does not know is None and stays as it is.

    `feed_key`: what the list's broker calls it in the market feed.
    """

    line: int
    exchange: str
    symbol: str
    name: str
    isin: str | None = None
    currency: str | None = None
    series: str | None = None
    sector: str | None = None
    lot_size: int | None = None
    tick_size: Decimal | None = None
    kind: str | None = None
    listed_on: date | None = None
    feed_key: str | None = None

    @property
    def instrument(self) -> str:
        return f"{self.exchange}:{self.symbol}"


@dataclass(frozen=True, slots=True)
class Underlying:
    """A row of a future: its underlying has derivatives, so that its day ends in the closing auction."""

    line: int
    exchange: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be. `code` is for programs, `message` says what and why."""

    line: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row of what we do not hold: options, currencies, goods, other exchanges."""

    line: int


Row = Entry | Underlying | Refused | Skipped


class _Bad(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read(content: bytes, format_: Format) -> Iterator[Row]:
    """Read a list, gzip or plain. Raises UnreadableFile, at the latest after the last row."""
    rows = _READERS[format_][0](_plain(content))
    read_row = _READERS[format_][1]
    number = 0
    for number, (line, row) in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise UnreadableFile(f"The file has more than {MAX_ROWS} rows.")
        try:
            yield read_row(line, row)
        except _Bad as bad:
            yield Refused(line, bad.code, str(bad))
    if number == 0:
        raise UnreadableFile("The file has no rows.")


def _plain(content: bytes) -> str:
    if content.startswith(_GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            content = unpacker.decompress(content, MAX_PLAIN_BYTES)
        except zlib.error as error:
            raise UnreadableFile("The file is no good gzip.") from error
        if unpacker.unconsumed_tail:
            raise UnreadableFile(f"Unpacked the file has more than {MAX_PLAIN_BYTES} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("The file is no text in UTF-8.") from error


def _csv(*needed: str) -> Callable[[str], Iterator[tuple[int, Mapping[str, Any]]]]:
    def rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        reader = csv.reader(io.StringIO(text), strict=True)
        try:
            # EQUITY_L.csv has blanks before some of its names.
            header = [name.strip() for name in next(reader, [])]
            missing = [name for name in needed if name not in header]
            if missing:
                raise UnreadableFile(f"The first line lacks {', '.join(missing)}.")
            for cells in reader:
                if cells:
                    yield reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=False))
        except csv.Error as error:
            raise UnreadableFile(f"Line {reader.line_num} is no CSV: {error}.") from error

    return rows


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"The file is no JSON: {error}.") from error


def _objects(items: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if not isinstance(items, list):
        raise UnreadableFile("The file holds no list of instruments.")
    for number, item in enumerate(items, start=1):
        yield number, item if isinstance(item, dict) else {}


def _kite(line: int, row: Mapping[str, Any]) -> Row:
    segment, kind = _text(row, "segment"), _text(row, "instrument_type")
    if segment in _FUTURES and kind == "FUT":
        return Underlying(line, _FUTURES[segment], _symbol(_text(row, "name")))
    if segment == "INDICES" and _text(row, "exchange") in EXCHANGES:
        symbol = _symbol(_text(row, "tradingsymbol").replace(" ", ""))
        name, key = _name(row, "name", "tradingsymbol"), _word(_text(row, "instrument_token"))
        return Entry(line, _text(row, "exchange"), symbol, name, kind="index", feed_key=key)
    if segment not in ("NSE", "BSE") or kind != "EQ":
        return Skipped(line)
    symbol, series = _without_series(_text(row, "tradingsymbol")) if segment == "NSE" else (row["tradingsymbol"], None)
    if series in _NOT_SHARES:
        return Skipped(line)
    return Entry(
        line,
        segment,
        _symbol(symbol),
        _name(row, "name", "tradingsymbol"),
        currency="INR",
        series=series,
        lot_size=_lot(row.get("lot_size")),
        tick_size=_price(row.get("tick_size")),
        feed_key=_word(_text(row, "instrument_token")),
    )


def _without_series(trading_symbol: str) -> tuple[str, str | None]:
    """Take the series from the end of a symbol: `CENTRALBK-BE` is CENTRALBK in series BE, BAJAJ-AUTO is itself."""
    symbol, dash, series = trading_symbol.rpartition("-")
    known = series in _SHARE_SERIES or series in _NOT_SHARES
    return (symbol, series) if dash and symbol and known else (trading_symbol, None)


def _upstox(line: int, row: Mapping[str, Any]) -> Row:
    is_json = "segment" in row
    segment = _text(row, "segment" if is_json else "exchange")
    kind = _text(row, "instrument_type")
    if segment in _FUTURES and kind.startswith("FUT"):
        return Underlying(line, _FUTURES[segment], _symbol(_text(row, "underlying_symbol" if is_json else "name")))
    if segment not in ("NSE_EQ", "BSE_EQ") or kind in _NOT_SHARES:
        return Skipped(line)
    tick = _price(row.get("tick_size"))
    _, _, isin = _text(row, "instrument_key").partition("|")
    return Entry(
        line,
        segment[:3],
        _symbol(_text(row, "trading_symbol" if is_json else "tradingsymbol")),
        _name(row, "name"),
        isin=_isin(isin),
        currency="INR",
        series=_word(kind) if kind not in ("EQUITY", "") else None,
        lot_size=_lot(row.get("lot_size")),
        tick_size=tick / 100 if is_json and tick is not None else tick,
        feed_key=_word(_text(row, "instrument_key")),
    )


def _upstox_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if text.lstrip().startswith("["):
        return _objects(_json(text))
    return _csv("instrument_key", "tradingsymbol", "name", "instrument_type", "exchange")(text)


def _nse_equity(line: int, row: Mapping[str, Any]) -> Row:
    return Entry(
        line,
        "NSE",
        _symbol(_text(row, "SYMBOL")),
        _name(row, "NAME OF COMPANY"),
        isin=_isin(_text(row, "ISIN NUMBER")),
        currency="INR",
        series=_word(_text(row, "SERIES")),
        lot_size=_lot(row.get("MARKET LOT")),
        listed_on=_day(_text(row, "DATE OF LISTING")),
    )


def _nse_index(line: int, row: Mapping[str, Any]) -> Row:
    return Entry(
        line,
        "NSE",
        _symbol(_text(row, "Symbol")),
        _name(row, "Company Name"),
        isin=_isin(_text(row, "ISIN Code")),
        currency="INR",
        series=_word(_text(row, "Series")),
        sector=_word(_text(row, "Industry")),
    )


def _twelvedata(line: int, row: Mapping[str, Any]) -> Row:
    exchange = MIC_TO_EXCHANGE.get(_text(row, "mic_code"))
    kind = _KINDS.get(_text(row, "type") or _text(row, "instrument_type"))
    if exchange is None or kind is None:
        return Skipped(line)
    return Entry(
        line,
        exchange,
        _symbol(_text(row, "symbol")),
        _name(row, "name", "instrument_name"),
        isin=_isin(_text(row, "isin")),
        currency=EXCHANGES[exchange].currency,
        kind=kind,
    )


def _twelvedata_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    document = _json(text)
    return _objects(document.get("data") if isinstance(document, dict) else document)


_FUTURES = MappingProxyType({"NFO-FUT": "NSE", "BFO-FUT": "BSE", "NSE_FO": "NSE", "BSE_FO": "BSE"})
_SHARE_SERIES = frozenset({"EQ", "BE", "BZ", "SM", "ST", "SZ", "T0"})
# The window for block deals trades the same share; the others are bonds and units of funds.
_NOT_SHARES = frozenset({"BL", "GB", "GS", "SG", "TB", "N0", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9"})
_KINDS = MappingProxyType(
    {
        "Common Stock": "equity",
        "Preferred Stock": "equity",
        "American Depositary Receipt": "equity",
        "Depositary Receipt": "equity",
        "REIT": "equity",
        "ETF": "etf",
    }
)
_READERS: Mapping[
    Format, tuple[Callable[[str], Iterator[tuple[int, Mapping[str, Any]]]], Callable[[int, Mapping[str, Any]], Row]]
] = MappingProxyType(
    {
        Format.KITE: (_csv("tradingsymbol", "name", "tick_size", "lot_size", "instrument_type", "segment"), _kite),
        Format.UPSTOX: (_upstox_rows, _upstox),
        Format.NSE_EQUITY: (_csv("SYMBOL", "NAME OF COMPANY", "SERIES", "ISIN NUMBER"), _nse_equity),
        Format.NSE_INDEX: (_csv("Company Name", "Industry", "Symbol", "ISIN Code"), _nse_index),
        Format.TWELVEDATA: (_twelvedata_rows, _twelvedata),
    }
)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise _Bad("bad_value", f"{name} is no text.")
    return str(value).strip()


def _symbol(text: str) -> str:
    symbol = text.upper()
    if not is_symbol(symbol):
        raise _Bad("bad_symbol", f"{_shown(text)} is no symbol.")
    return symbol


def _name(row: Mapping[str, Any], *columns: str) -> str:
    name = next((text for column in columns if (text := " ".join(_text(row, column).split()))), "")
    if not name:
        raise _Bad("no_name", "There is no name.")
    if len(name) > _MAX_NAME_CHARS or not name.isprintable():
        raise _Bad("bad_name", f"{_shown(name)} is no name of at most {_MAX_NAME_CHARS} characters.")
    return name


def _word(text: str) -> str | None:
    if len(text) > _MAX_WORD_CHARS or not text.isprintable():
        raise _Bad("bad_value", f"{_shown(text)} is too long.")
    return text or None


def _isin(text: str) -> str | None:
    if not text:
        return None
    isin = text.upper()
    if not is_isin(isin):
        raise _Bad("bad_isin", f"{_shown(text)} is no ISIN: its last digit does not fit, or its form.")
    return isin


def is_isin(text: str) -> bool:
    """Check an ISIN's form and its check digit (ISO 6166: Luhn over the characters, letters as 10 to 35)."""
    if len(text) != 12 or not text.isascii() or not text.isalnum() or text != text.upper():
        return False
    if not text[:2].isalpha() or not text[-1].isdigit():
        return False
    digits = "".join(str(int(char, 36)) for char in text)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _price(value: Any) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation as error:
        raise _Bad("bad_tick", f"{_shown(str(value))} is no step of a price.") from error
    if not price.is_finite() or not 0 <= price <= 1_000_000:
        raise _Bad("bad_tick", f"{_shown(str(value))} is no step of a price.")
    return price or None


def _lot(value: Any) -> int | None:
    price = _price(value)
    if price is None:
        return None
    if price != int(price) or price > _MAX_LOT:
        raise _Bad("bad_lot", f"{_shown(str(value))} is no number of shares.")
    return int(price)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%d-%b-%Y").date()  # noqa: DTZ007  a day without a time
    except ValueError as error:
        raise _Bad("bad_date", f"{_shown(text)} is no day such as 06-OCT-2008.") from error


def _shown(text: str) -> str:
    return repr(text[:40])
