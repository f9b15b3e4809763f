"""The envelope of an event on a stream, with CloudEvents' field names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

ENTRY_FIELD = b"e"
"""The one field of a stream entry: the envelope as JSON."""


class BadEnvelope(ValueError):
    """The bytes are no envelope."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One event as it travels.

    `seq` counts the events of a `subject` from 1, without gaps, in the order of their commits: that is the only order
    that is promised. `id` stays the same however often the event is published or delivered.
    """

    id: UUID
    type: str
    source: str
    time: datetime
    subject: str
    seq: int
    data: dict[str, Any]
    traceparent: str | None = None

    def to_json(self) -> bytes:
        return encode_envelope(
            id=self.id,
            type=self.type,
            source=self.source,
            time=self.time,
            subject=self.subject,
            seq=self.seq,
            data=self.data,
            traceparent=self.traceparent,
        )

    @classmethod
    def from_json(cls, raw: bytes) -> Envelope:
        """Read an envelope. Raises BadEnvelope for anything else."""
        try:
            members = orjson.loads(raw)
            return cls(
                id=UUID(members["id"]),
                type=members["type"],
                source=members["source"],
                time=datetime.fromisoformat(members["time"]),
                subject=members["subject"],
                seq=members["seq"],
                data=members["data"],
                traceparent=members.get("traceparent"),
            )
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadEnvelope(f"Not an event envelope: {error!r}") from error


def encode_envelope(
    *,
    id: UUID,
    type: str,
    source: str,
    time: datetime,
    subject: str,
    seq: int,
    data: dict[str, Any] | orjson.Fragment,
    traceparent: str | None,
) -> bytes:
    """Write an envelope. `data` that is JSON already goes in as a fragment, so that the relay parses nothing."""
    return orjson.dumps(
        {
            "id": str(id),  # asyncpg has a UUID class of its own, which orjson does not know
            "type": type,
            "source": source,
            "time": time.astimezone(UTC),
            "subject": subject,
            "seq": seq,
            "data": data,
            **({"traceparent": traceparent} if traceparent is not None else {}),
        },
        option=orjson.OPT_UTC_Z,
    )


def type_of(raw: bytes) -> str:
    """Read an envelope's type without parsing it: most events of a stream are for others. Empty where none stands."""
    start = raw.find(_TYPE) + len(_TYPE)
    return raw[start : raw.find(b'"', start)].decode("latin-1") if start >= len(_TYPE) else ""


_TYPE = b'"type":"'


def stream_of(service: str) -> str:
    """Name the stream of a service's events."""
    return f"{service}.events"
