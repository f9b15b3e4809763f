"""WebSocket towards clients: uvicorn's sans-I/O protocol, with a way to write frames that are ready.

A price goes to hundreds of sockets. Through ASGI's `send` each of them would build its own frame; here the hub builds
the bytes and writes them, sees how much a client has not read yet, and knows when a client was last heard.
"""

from __future__ import annotations

import struct
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

OUTLET = "sharewise.outlet"
"""The name of the ASGI extension under which the app finds the protocol as its `Outlet`."""

CLOSE_S = 2.0
"""A client that does not answer our close frame within this is cut off."""

_TEXT = 0x81
_PING = b"\x89\x00"


def text_frame(payload: bytes) -> bytes:
    """Make a whole text frame as a server sends it (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", _TEXT, 126, size) + payload
    return struct.pack("!BBQ", _TEXT, 127, size) + payload


class SocketProtocol(WebSocketsSansIOProtocol):
    """One client's socket. What the hub uses of it is `write`, `ping`, `unread_bytes` and `heard_at`."""

    heard_at: float = 0.0

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        super().data_received(data)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[Any, Any] = self.scope["extensions"]
            extensions[OUTLET] = self

    def write(self, frames: bytes) -> None:
        """Write ready frames. Does nothing on a socket that is closing."""
        if not self.close_sent and not self.disconnected:
            self.transport.write(frames)

    def close(self, code: int, reason: str) -> None:
        """Close without waiting for what the client has not read: ASGI's `send` would wait for it."""
        if self.close_sent or self.disconnected:
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_S, self.transport.abort)

    def ping(self) -> None:
        """Ask the client's WebSocket layer for a sign of life; the answer moves `heard_at`."""
        self.write(_PING)

    @property
    def unread_bytes(self) -> int:
        """How much the client has not taken yet, in our buffer alone (the kernel's come on top)."""
        size: Any = self.transport.get_write_buffer_size()
        return int(size)
