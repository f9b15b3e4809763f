"""All sockets of this process: who is there, who has gone silent, whose token ends, and the user's own events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol
from uuid import UUID

from gateway.credentials import Credentials, Visitor
from gateway.sockets import frames
from gateway.sockets.frames import Close
from gateway.sockets.plans import SocketPlan
from gateway.sockets.quotes import time_text
from gateway.sockets.ticks import Outlet
from libs.common import telemetry

LOOK_S = 0.5
"""How often the sockets are looked at. Also how long a revocation takes to reach them at most."""

_open = telemetry.gauge("sharewise_ws_connections", "Open sockets, signed in.")
_closed = telemetry.counter("sharewise_ws_closed_total", "Sockets that we closed.", ["code"])
_events = telemetry.counter("sharewise_ws_events_total", "Event frames written.")


class Session(Protocol):
    """One signed-in socket, as the others see it."""

    visitor: Visitor
    outlet: Outlet
    channels: set[str]
    warned: bool
    pinged_at: float

    def change_plan(self, plan: SocketPlan) -> None: ...

    def renew(self) -> None:
        """Renew the user's place for this socket."""


class Sessions:
    """The register. Everything runs in the event loop, so that nothing here needs a lock."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        ping_s: float,
        warning_s: float,
        unread_max_bytes: int,
        position: Callable[[], Mapping[str, str]],
    ) -> None:
        self._credentials = credentials
        self._ping_s = ping_s
        self._warning_s = warning_s
        self._unread_max_bytes = unread_max_bytes
        self._position = position
        self._by_user: dict[str, set[Session]] = {}
        self.state = "degraded"
        self._revoked = asyncio.Event()

    def enter(self, session: Session) -> None:
        self._by_user.setdefault(session.visitor.sub, set()).add(session)
        _open.inc()

    def leave(self, session: Session) -> None:
        mine = self._by_user.get(session.visitor.sub)
        if mine is not None and session in mine:
            mine.discard(session)
            _open.dec()
            if not mine:
                del self._by_user[session.visitor.sub]

    def count_of(self, user: str) -> int:
        return len(self._by_user.get(user, ()))

    def all(self) -> Iterator[Session]:
        for mine in list(self._by_user.values()):
            yield from list(mine)

    def tell(self, user: str, channel: str, frame: bytes) -> None:
        """Write an event to the user's sockets that hear its channel. Events are never dropped: who cannot keep up is
        closed, and comes back with `since`."""
        for session in list(self._by_user.get(user, ())):
            if channel in session.channels:
                if session.outlet.unread_bytes > self._unread_max_bytes:
                    self.close(session, Close.CANNOT_KEEP_UP, "You cannot keep up with your events.")
                else:
                    session.outlet.write(frame)
                    _events.inc()

    def tell_all(self, channel: str, frame: bytes) -> None:
        """Write to every socket that hears an event channel."""
        for user in list(self._by_user):
            self.tell(user, channel, frame)

    def close(self, session: Session, code: Close, reason: str) -> None:
        _closed.labels(str(code.value)).inc()
        session.outlet.close(code, reason)
        self.leave(session)

    def become(self, state: str) -> None:
        """Say to everybody whether prices and events come: `live` or `degraded`."""
        if self.state != state:
            self.state = state
            frame = frames.status(state)
            for session in self.all():
                session.outlet.write(frame)

    def change_plan(self, user_id: UUID, plan: SocketPlan) -> None:
        for session in list(self._by_user.get(str(user_id), ())):
            session.change_plan(plan)

    def note_revocation(self, _revocation: object) -> None:
        """Look at all tokens soon: called for each revocation that is applied."""
        self._revoked.set()

    async def watch(self) -> None:
        """Look at every socket twice a second, and at their tokens as soon as anything is revoked."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._revoked.wait()
                # Several revocations come together (a stolen family): one look for all of them.
                await asyncio.sleep(0.02)
            except TimeoutError:
                pass
            self._revoked.clear()
            self.look(loop.time())

    def look(self, now: float) -> None:
        """Close who is silent or whose token is no longer good, warn whose token ends soon, ask the rest for life."""
        at_ms = time.time_ns() // 1_000_000
        ping: bytes | None = None
        for session in self.all():
            visitor, outlet = session.visitor, session.outlet
            if not self._credentials.is_good(visitor):
                self.close(session, Close.CREDENTIAL, "Your session has ended. Sign in again.")
            elif now - outlet.heard_at > self._ping_s * 2.25:
                self.close(session, Close.NO_HEARTBEAT, "No sign of life.")
            else:
                if now - session.pinged_at >= self._ping_s:
                    if ping is None:
                        ping = frames.ping(time_text(at_ms), self._position())
                    session.pinged_at = now
                    outlet.write(ping)
                    outlet.ping()
                    session.renew()
                if not session.warned and visitor.ends_at - at_ms / 1_000 < self._warning_s:
                    session.warned = True
                    outlet.write(frames.token_expiring(time_text(int(visitor.ends_at * 1_000))))

    async def close_all(self, spread_s: float) -> None:
        """Send everybody away because the server leaves, spread over a time, so that they do not come back at once."""
        leaving = list(self.all())
        for number, session in enumerate(leaving):
            self.close(session, Close.LEAVING, "The server leaves. Reconnect with `since`.")
            if number % 20 == 19:
                await asyncio.sleep(spread_s * 20 / len(leaving))
