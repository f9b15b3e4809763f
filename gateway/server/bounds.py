"""What a client's connection may cost us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Bounds:
    """Times are in seconds.

    idle_s: between requests. head_s: from a request's first byte to the end of its head. body_s: from there to the end
    of its body. stall_s: how long a client may leave our answer unread.
    """

    connections: int = 10_000
    head_bytes: int = 16 * 1024
    head_s: float = 5.0
    body_s: float = 10.0
    idle_s: float = 65.0
    stall_s: float = 30.0
    socket_message_bytes: int = 32 * 1024


class Slot(Protocol):
    """What our protocols read of the server's configuration."""

    bounds: Bounds
    loaded_app: Any
    ws_protocol_class: Any
