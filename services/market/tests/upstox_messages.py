"""The messages of Upstox' market feed v3, declared from what they publish, to write frames for tests.

All of their fields stand here, those that we do not read too, so that a frame is as a real one. Where their own client
is installed, a test compares field by field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

ENUMS = {
    "Type": ("initial_feed", "live_feed", "market_info"),
    "RequestMode": ("ltpc", "full_d5", "option_greeks", "full_d30"),
    "MarketStatus": (
        "PRE_OPEN_START", "PRE_OPEN_END", "NORMAL_OPEN", "NORMAL_CLOSE", "CLOSING_START", "CLOSING_END",
    ),
}  # fmt: skip

# Name, number and type; `*` is a list, `{}` a map from text, `|` one of a choice.
MESSAGES = {
    "LTPC": "ltp 1 double, ltt 2 int64, ltq 3 int64, cp 4 double",
    "Quote": "bidQ 1 int64, bidP 2 double, askQ 3 int64, askP 4 double",
    "MarketLevel": "bidAskQuote 1 *Quote",
    "OptionGreeks": "delta 1 double, theta 2 double, gamma 3 double, vega 4 double, rho 5 double",
    "OHLC": "interval 1 string, open 2 double, high 3 double, low 4 double, close 5 double, vol 6 int64, ts 7 int64",
    "MarketOHLC": "ohlc 1 *OHLC",
    "MarketFullFeed": (
        "ltpc 1 LTPC, marketLevel 2 MarketLevel, optionGreeks 3 OptionGreeks, marketOHLC 4 MarketOHLC, atp 5 double, "
        "vtt 6 int64, oi 7 double, iv 8 double, tbq 9 double, tsq 10 double, iep 11 double, rp 12 double, "
        "ieq 13 int64, iiqTotal 14 int64, iiqM 15 int64, casEligible 16 bool"
    ),
    "IndexFullFeed": "ltpc 1 LTPC, marketOHLC 2 MarketOHLC",
    "FullFeed": "marketFF 1 |MarketFullFeed, indexFF 2 |IndexFullFeed",
    "FirstLevelWithGreeks": (
        "ltpc 1 LTPC, firstDepth 2 Quote, optionGreeks 3 OptionGreeks, vtt 4 int64, oi 5 double, iv 6 double"
    ),
    "Feed": (
        "ltpc 1 |LTPC, fullFeed 2 |FullFeed, firstLevelWithGreeks 3 |FirstLevelWithGreeks, requestMode 4 RequestMode"
    ),
    "StatusInfo": "status 1 string, updatedTime 2 int64",
    "MarketInfo": "segmentStatus 1 {}MarketStatus",
    "FeedResponse": "type 1 Type, feeds 2 {}Feed, currentTs 3 int64, marketInfo 4 MarketInfo",
}

_PLAIN = {
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "string": FieldDescriptorProto.TYPE_STRING,
    "bool": FieldDescriptorProto.TYPE_BOOL,
}
_PACKAGE = "tests.upstox"


def fields_of(message: str) -> Iterator[tuple[str, int, str]]:
    """Give name, number and type of each field as declared above."""
    for field in MESSAGES[message].split(", "):
        name, number, kind = field.split()
        yield name, int(number), kind


def _set_type(field: FieldDescriptorProto, kind: str) -> None:
    if kind in _PLAIN:
        field.type = _PLAIN[kind]
        return
    field.type = FieldDescriptorProto.TYPE_ENUM if kind in ENUMS else FieldDescriptorProto.TYPE_MESSAGE
    field.type_name = f".{_PACKAGE}.{kind}"


def _declare(message: DescriptorProto) -> None:
    for name, number, kind in fields_of(message.name):
        field = message.field.add(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
        if kind.startswith("|"):
            if not message.oneof_decl:
                message.oneof_decl.add(name="union")
            field.oneof_index = 0
        if kind.startswith("*"):
            field.label = FieldDescriptorProto.LABEL_REPEATED
        if kind.startswith("{}"):
            entry = message.nested_type.add(name=f"{name[0].upper()}{name[1:]}Entry")
            entry.options.map_entry = True
            entry.field.add(name="key", number=1, label=1, type=FieldDescriptorProto.TYPE_STRING)
            _set_type(entry.field.add(name="value", number=2, label=1), kind[2:])
            field.label = FieldDescriptorProto.LABEL_REPEATED
            field.type = FieldDescriptorProto.TYPE_MESSAGE
            field.type_name = f".{_PACKAGE}.{message.name}.{entry.name}"
            continue
        _set_type(field, kind.lstrip("*|"))


def _made() -> dict[str, Any]:
    file = FileDescriptorProto(name="tests_upstox.proto", package=_PACKAGE, syntax="proto3")
    for name, values in ENUMS.items():
        made = file.enum_type.add(name=name)
        for number, value in enumerate(values):
            made.value.add(name=value, number=number)
    for name in MESSAGES:
        _declare(file.message_type.add(name=name))
    pool = DescriptorPool()
    pool.Add(file)
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in MESSAGES}


_CLASSES = _made()
LTPC, OHLC, MarketOHLC = (_CLASSES[name] for name in ("LTPC", "OHLC", "MarketOHLC"))
MarketFullFeed, IndexFullFeed, FullFeed = (_CLASSES[name] for name in ("MarketFullFeed", "IndexFullFeed", "FullFeed"))
FirstLevelWithGreeks, Feed, MarketInfo, FeedResponse = (
    _CLASSES[name] for name in ("FirstLevelWithGreeks", "Feed", "MarketInfo", "FeedResponse")
)
