from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    initial_feed: _ClassVar[Kind]
    live_feed: _ClassVar[Kind]
    market_info: _ClassVar[Kind]
initial_feed: Kind
live_feed: Kind
market_info: Kind

class LastTrade(_message.Message):
    __slots__ = ("ltp", "ltt", "ltq", "cp")
    LTP_FIELD_NUMBER: _ClassVar[int]
    LTT_FIELD_NUMBER: _ClassVar[int]
    LTQ_FIELD_NUMBER: _ClassVar[int]
    CP_FIELD_NUMBER: _ClassVar[int]
    ltp: float
    ltt: int
    ltq: int
    cp: float
    def __init__(self, ltp: _Optional[float] = ..., ltt: _Optional[int] = ..., ltq: _Optional[int] = ..., cp: _Optional[float] = ...) -> None: ...

class Ohlc(_message.Message):
    __slots__ = ("interval", "open", "high", "low", "close", "vol", "ts")
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    VOL_FIELD_NUMBER: _ClassVar[int]
    TS_FIELD_NUMBER: _ClassVar[int]
    interval: str
    open: float
    high: float
    low: float
    close: float
    vol: int
    ts: int
    def __init__(self, interval: _Optional[str] = ..., open: _Optional[float] = ..., high: _Optional[float] = ..., low: _Optional[float] = ..., close: _Optional[float] = ..., vol: _Optional[int] = ..., ts: _Optional[int] = ...) -> None: ...

class Ohlcs(_message.Message):
    __slots__ = ("ohlc",)
    OHLC_FIELD_NUMBER: _ClassVar[int]
    ohlc: _containers.RepeatedCompositeFieldContainer[Ohlc]
    def __init__(self, ohlc: _Optional[_Iterable[_Union[Ohlc, _Mapping]]] = ...) -> None: ...

class Share(_message.Message):
    __slots__ = ("ltpc", "marketOHLC", "vtt")
    LTPC_FIELD_NUMBER: _ClassVar[int]
    MARKETOHLC_FIELD_NUMBER: _ClassVar[int]
    VTT_FIELD_NUMBER: _ClassVar[int]
    ltpc: LastTrade
    marketOHLC: Ohlcs
    vtt: int
    def __init__(self, ltpc: _Optional[_Union[LastTrade, _Mapping]] = ..., marketOHLC: _Optional[_Union[Ohlcs, _Mapping]] = ..., vtt: _Optional[int] = ...) -> None: ...

class Index(_message.Message):
    __slots__ = ("ltpc", "marketOHLC")
    LTPC_FIELD_NUMBER: _ClassVar[int]
    MARKETOHLC_FIELD_NUMBER: _ClassVar[int]
    ltpc: LastTrade
    marketOHLC: Ohlcs
    def __init__(self, ltpc: _Optional[_Union[LastTrade, _Mapping]] = ..., marketOHLC: _Optional[_Union[Ohlcs, _Mapping]] = ...) -> None: ...

class Full(_message.Message):
    __slots__ = ("marketFF", "indexFF")
    MARKETFF_FIELD_NUMBER: _ClassVar[int]
    INDEXFF_FIELD_NUMBER: _ClassVar[int]
    marketFF: Share
    indexFF: Index
    def __init__(self, marketFF: _Optional[_Union[Share, _Mapping]] = ..., indexFF: _Optional[_Union[Index, _Mapping]] = ...) -> None: ...

class Greeks(_message.Message):
    __slots__ = ("ltpc", "vtt")
    LTPC_FIELD_NUMBER: _ClassVar[int]
    VTT_FIELD_NUMBER: _ClassVar[int]
    ltpc: LastTrade
    vtt: int
    def __init__(self, ltpc: _Optional[_Union[LastTrade, _Mapping]] = ..., vtt: _Optional[int] = ...) -> None: ...

class Feed(_message.Message):
    __slots__ = ("ltpc", "fullFeed", "firstLevelWithGreeks")
    LTPC_FIELD_NUMBER: _ClassVar[int]
    FULLFEED_FIELD_NUMBER: _ClassVar[int]
    FIRSTLEVELWITHGREEKS_FIELD_NUMBER: _ClassVar[int]
    ltpc: LastTrade
    fullFeed: Full
    firstLevelWithGreeks: Greeks
    def __init__(self, ltpc: _Optional[_Union[LastTrade, _Mapping]] = ..., fullFeed: _Optional[_Union[Full, _Mapping]] = ..., firstLevelWithGreeks: _Optional[_Union[Greeks, _Mapping]] = ...) -> None: ...

class Response(_message.Message):
    __slots__ = ("type", "feeds", "currentTs")
    class FeedsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Feed
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Feed, _Mapping]] = ...) -> None: ...
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FEEDS_FIELD_NUMBER: _ClassVar[int]
    CURRENTTS_FIELD_NUMBER: _ClassVar[int]
    type: Kind
    feeds: _containers.MessageMap[str, Feed]
    currentTs: int
    def __init__(self, type: _Optional[_Union[Kind, str]] = ..., feeds: _Optional[_Mapping[str, Feed]] = ..., currentTs: _Optional[int] = ...) -> None: ...
