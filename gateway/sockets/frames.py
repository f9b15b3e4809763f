"""The socket's words: what clients may say, and what we answer. Pure.

A text frame holds one JSON object. From a client: `{"op": ..., "id": ..., ...}`. From us: `{"ch", "seq", "data"}` on a
channel, else `{"op": ...}`. Several frames may leave in one write; to a client they are still frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

import orjson

from gateway.server.socket import text_frame
from libs.common.errors import ErrorCode

MAX_ID = 64
MAX_CHANNELS = 1_000


class Close(IntEnum):
    """Why we close a socket (api.md). 1001 is the norm's own: the server leaves, reconnect with `since`."""

    LEAVING = 1001
    CREDENTIAL = 4401
    NOT_ALLOWED = 4403
    NO_HEARTBEAT = 4408
    CANNOT_KEEP_UP = 4413
    TOO_MANY = 4429


class Op(StrEnum):
    AUTH = "auth"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    PING = "ping"
    PONG = "pong"


class BadFrame(Exception):
    """A frame that says nothing we know. The socket stays: the client is told."""

    def __init__(self, code: ErrorCode, detail: str, frame_id: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.frame_id = frame_id


@dataclass(frozen=True, slots=True)
class ClientFrame:
    """What a client said. `since` maps channels to the last `seq` that the client has."""

    op: Op
    id: str | None = None
    token: str = field(default="", repr=False)
    channels: tuple[str, ...] = ()
    since: Mapping[str, str] = field(default_factory=dict)


def parse(text: str | bytes) -> ClientFrame:
    """Read a client's frame. Raises BadFrame."""
    try:
        members = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadFrame(ErrorCode.MALFORMED_JSON, "A frame is one JSON object.") from error
    if not isinstance(members, dict):
        raise BadFrame(ErrorCode.MALFORMED_JSON, "A frame is one JSON object.")
    frame_id = members.get("id")
    if frame_id is not None and (not isinstance(frame_id, str) or len(frame_id) > MAX_ID):
        raise BadFrame(ErrorCode.VALIDATION_FAILED, f"`id` is a text of at most {MAX_ID} characters.")
    try:
        op = Op(members.get("op", ""))
    except ValueError as error:
        raise BadFrame(ErrorCode.VALIDATION_FAILED, f"`op` is one of {', '.join(Op)}.", frame_id) from error
    token = members.get("token", "")
    if not isinstance(token, str) or (op is Op.AUTH and not token):
        raise BadFrame(ErrorCode.VALIDATION_FAILED, "`token` is an access token or a ticket.", frame_id)
    return ClientFrame(op, frame_id, token, _channels(members, frame_id), _since(members, frame_id))


def _channels(members: Mapping[str, Any], frame_id: str | None) -> tuple[str, ...]:
    channels = members.get("channels", [])
    if not isinstance(channels, list) or len(channels) > MAX_CHANNELS or not all(isinstance(c, str) for c in channels):
        raise BadFrame(ErrorCode.VALIDATION_FAILED, f"`channels` is a list of at most {MAX_CHANNELS} names.", frame_id)
    if members["op"] in (Op.SUBSCRIBE, Op.UNSUBSCRIBE) and not channels:
        raise BadFrame(ErrorCode.VALIDATION_FAILED, "`channels` names at least one channel.", frame_id)
    return tuple(dict.fromkeys(channels))


def _since(members: Mapping[str, Any], frame_id: str | None) -> Mapping[str, str]:
    since = members.get("since") or {}
    if not isinstance(since, dict) or not all(isinstance(seq, str | int) for seq in since.values()):
        raise BadFrame(ErrorCode.VALIDATION_FAILED, "`since` maps channels to the last `seq` you have.", frame_id)
    return {channel: str(seq) for channel, seq in since.items()}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a channel could not be subscribed. `members` as in the problem of that code."""

    channel: str
    code: ErrorCode
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return {"channel": self.channel, "code": self.code, "detail": self.detail, **self.members}


def ack(frame: ClientFrame, **members: Any) -> bytes:
    """Say that a client's frame was done."""
    return _frame({"op": "ack", "id": frame.id, "of": frame.op, **members})


def error(frame_id: str | None, code: ErrorCode, detail: str, **members: Any) -> bytes:
    """Say that a client's frame was not done, with the code that HTTP would give."""
    return _frame({"op": "error", "id": frame_id, "code": code, "detail": detail, **members})


def pong(frame_id: str | None, at: str) -> bytes:
    return _frame({"op": "pong", "id": frame_id, "at": at})


def ping(at: str, seq: Mapping[str, str]) -> bytes:
    """Ask for a sign of life. seq: how far each event channel is for everybody, so that a client which heard nothing
    for long can still give a fresh `since` when it comes back."""
    return _frame({"op": "ping", "at": at, "seq": seq})


def status(state: str) -> bytes:
    """Say whether prices and events come (`live`), or not for now (`degraded`)."""
    return _frame({"op": "status", "state": state})


def token_expiring(expires_at: str) -> bytes:
    """Say that the token ends soon; `auth` on the same socket goes on with a new one."""
    return _frame({"op": "token_expiring", "expires_at": expires_at})


def resync_required(channels: Iterable[str]) -> bytes:
    """Say that we cannot replay what was missed: the client reads the state anew over HTTP."""
    return _frame({"op": "resync_required", "channels": list(channels)})


def message(channel: str, seq: str, data: Any) -> bytes:
    """Write a message of a channel, once for all who hear it."""
    return _frame({"ch": channel, "seq": seq, "data": data})


def _frame(document: Mapping[str, Any]) -> bytes:
    return text_frame(orjson.dumps(document, option=orjson.OPT_UTC_Z))
