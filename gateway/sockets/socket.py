"""One socket's life: sign in, subscribe, hear, renew, leave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from gateway.answers import Receive
from gateway.api_keys import SOCKET_LIFE_S
from gateway.clients import limit_key
from gateway.credentials import Visitor
from gateway.sockets import frames
from gateway.sockets.budget import MessageBudget
from gateway.sockets.channels import TICKS, UnknownChannel, instrument_of, permission_of
from gateway.sockets.frames import BadFrame, ClientFrame, Close, Op, Refusal
from gateway.sockets.plans import SocketPlan
from gateway.sockets.quotes import time_text
from gateway.sockets.replay import MustResync
from gateway.sockets.room import Room
from gateway.sockets.tickets import PREFIX
from gateway.sockets.ticks import Outlet, PriceReader
from libs.common.clock import SystemClock
from libs.common.errors import ErrorCode, NotAuthenticated, PermissionDenied, PlanFeature, TooManyRequests, Unavailable
from libs.common.ids import uuid7
from libs.common.security.api_keys import looks_like_key

REFUSALS = (NotAuthenticated, PermissionDenied, PlanFeature, Unavailable)
"""Why a credential in an `auth` frame is not taken."""

_clock = SystemClock()


class Socket:
    """A signed-in socket. Made by `welcome`, which is what an accepted connection begins with."""

    def __init__(self, room: Room, outlet: Outlet, visitor: Visitor, plan: SocketPlan, client: str) -> None:
        self._room = room
        self._client = client
        self._budget = MessageBudget(room.messages_per_s)
        self._plan = plan
        # Who acts as somebody sees what is for all.
        self._reader = PriceReader(outlet, plan.interval_s, None if visitor.is_acting else visitor.sub)
        self._id = uuid7().hex
        self.outlet = outlet
        self.visitor = visitor
        self.channels: set[str] = set()
        self.warned = False
        self.pinged_at = asyncio.get_running_loop().time()

    # What the register asks of us

    def change_plan(self, plan: SocketPlan) -> None:
        """Go on with another plan's numbers. Instruments beyond a smaller number end, the latest first."""
        self._plan = plan
        self._room.prices.change_rate(self._reader, plan.interval_s)
        beyond = sorted(self._reader.instruments)[plan.symbols :]
        for instrument in beyond:
            self._leave(TICKS + instrument)
        if beyond:
            self.outlet.write(
                frames.error(
                    None,
                    ErrorCode.PLAN_LIMIT,
                    f"Your plan shows {plan.symbols} instruments at a time. {len(beyond)} have been ended.",
                    limit=plan.symbols,
                    upgrade_to=plan.upgrade_to,
                    channels=[TICKS + instrument for instrument in beyond],
                )
            )

    def renew(self) -> None:
        self._room.renew_place(self.visitor.sub, self._id)

    # Life

    async def live(self, receive: Receive, first: ClientFrame) -> None:
        """Serve the socket until it is closed."""
        room = self._room
        if room.sessions.count_of(self.visitor.sub) >= room.sockets_per_user or not await room.presence.take(
            self.visitor.sub, self._id
        ):
            self.outlet.close(Close.TOO_MANY, f"At most {room.sockets_per_user} sockets are open at a time.")
            return
        room.sessions.enter(self)
        try:
            self.outlet.write(self._welcome(first))
            while (message := await receive())["type"] == "websocket.receive":
                if not self._budget.take():
                    room.sessions.close(self, Close.TOO_MANY, f"At most {room.messages_per_s} messages a second.")
                    return
                await self._hear(message)
        finally:
            room.sessions.leave(self)
            room.prices.leave(self._reader)
            await room.presence.leave(self.visitor.sub, self._id)

    def _welcome(self, frame: ClientFrame) -> bytes:
        return frames.ack(
            frame,
            user_id=self.visitor.sub,
            expires_at=time_text(int(self.visitor.ends_at * 1_000)),
            status=self._room.sessions.state,
            limits={"symbols": self._plan.symbols, "interval_s": self._plan.interval_s or 0},
        )

    async def _hear(self, message: dict[str, Any]) -> None:
        text = message.get("text")
        try:
            if text is None:
                raise BadFrame(ErrorCode.MALFORMED_REQUEST, "Frames are text.")
            frame = frames.parse(text)
            match frame.op:
                case Op.PING:
                    self.outlet.write(frames.pong(frame.id, time_text(_clock.now_ms())))
                case Op.SUBSCRIBE:
                    self.outlet.write(await self._subscribe(frame))
                    self._replay(frame)
                case Op.UNSUBSCRIBE:
                    for channel in frame.channels:
                        self._leave(channel)
                    self.outlet.write(frames.ack(frame, channels=frame.channels))
                case Op.AUTH:
                    await self._renew_credential(frame)
                case Op.PONG:
                    pass  # a sign of life is all it is, and hearing it was enough
        except BadFrame as bad:
            self.outlet.write(frames.error(bad.frame_id, bad.code, bad.detail))

    async def _subscribe(self, frame: ClientFrame) -> bytes:
        taken: list[str] = []
        refused: list[Refusal] = []
        for channel in frame.channels:
            try:
                instrument = instrument_of(channel)
            except UnknownChannel as error:
                refused.append(Refusal(channel, ErrorCode.NOT_FOUND, str(error)))
                continue
            if not self._may_hear(channel):
                refused.append(Refusal(channel, ErrorCode.PERMISSION_DENIED, "Your key or app was not given this."))
                continue
            if instrument is None:
                self.channels.add(channel)
            elif self._has_room_for(instrument):
                self._room.prices.subscribe(self._reader, instrument)
            else:
                refused.append(self._beyond_plan(channel))
                continue
            taken.append(channel)
        self._room.ask_for_prices(self._reader.instruments)
        return frames.ack(frame, channels=taken, refused=[refusal.document() for refusal in refused])

    def _may_hear(self, channel: str) -> bool:
        return self.visitor.principal.may(permission_of(channel))

    def _has_room_for(self, instrument: str) -> bool:
        mine = self._reader.instruments
        return instrument in mine or len(mine) < self._plan.symbols

    def _beyond_plan(self, channel: str) -> Refusal:
        plan = self._plan
        return Refusal(
            channel,
            ErrorCode.PLAN_LIMIT,
            f"Your plan shows {plan.symbols} instruments at a time.",
            {"limit": plan.symbols, "used": len(self._reader.instruments), "upgrade_to": plan.upgrade_to},
        )

    def _replay(self, frame: ClientFrame) -> None:
        """Send what the client missed since the `seq` it names, after the ack and before anything new."""
        for channel in self._asked_since(frame):
            try:
                missed = self._room.windows.after(channel, self.visitor.sub, frame.since[channel])
            except MustResync:
                self.outlet.write(frames.resync_required([channel]))
            else:
                if missed:
                    self.outlet.write(b"".join(missed))

    def _asked_since(self, frame: ClientFrame) -> Iterable[str]:
        return (channel for channel in frame.channels if channel in self.channels and channel in frame.since)

    def _leave(self, channel: str) -> None:
        self.channels.discard(channel)
        if channel.startswith(TICKS):
            self._room.prices.unsubscribe(self._reader, channel[len(TICKS) :])

    async def _renew_credential(self, frame: ClientFrame) -> None:
        """Go on with a new token of the same user. A bad one changes nothing: the old one still holds until its end."""
        try:
            visitor = await sign_in(self._room, frame.token, self._client)
        except TooManyRequests as error:
            self.outlet.write(_too_many(frame, error))
            self._room.sessions.close(self, Close.TOO_MANY, error.detail)
            return
        except REFUSALS as error:
            self.outlet.write(frames.error(frame.id, error.code, error.detail))
            return
        if visitor.sub != self.visitor.sub:
            self._room.sessions.close(self, Close.NOT_ALLOWED, "A socket stays with the user who opened it.")
            return
        self.visitor = visitor
        self.warned = False
        heard = (*self.channels, *(TICKS + instrument for instrument in self._reader.instruments))
        for channel in [channel for channel in heard if not self._may_hear(channel)]:
            self._leave(channel)
        self.outlet.write(self._welcome(frame))


async def sign_in(room: Room, token: str, client: str) -> Visitor:
    """Check what an `auth` frame carries. Raises one of REFUSALS, and TooManyRequests after too many bad ones."""
    try:
        return await _holder_of(room, token, client)
    except (NotAuthenticated, PermissionDenied):
        await room.count_refusal(client)
        raise


async def _holder_of(room: Room, token: str, client: str) -> Visitor:
    """Give who holds an access token, a ticket or an API key. Raises one of REFUSALS."""
    if looks_like_key(token):
        return await room.keys.visitor(token.encode("ascii", "replace"), client, life_s=SOCKET_LIFE_S)
    if token.startswith(PREFIX):
        visitor = await room.tickets.take(token, limit_key(client))
        if not room.credentials.is_good(visitor):
            raise NotAuthenticated
        return visitor
    return await room.credentials.check_token(token)


def _too_many(frame: ClientFrame, error: TooManyRequests) -> bytes:
    return frames.error(frame.id, error.code, error.detail, **error.members)


async def welcome(room: Room, outlet: Outlet, receive: Receive, client: str) -> None:
    """Wait for the `auth` frame, then serve the socket. Closes what does not sign in within its time."""
    try:
        async with asyncio.timeout(room.auth_s):
            message = await receive()
    except TimeoutError:
        outlet.close(Close.CREDENTIAL, "Sign in within 5 s: send an auth frame first.")
        return
    if message["type"] != "websocket.receive":
        return
    try:
        frame = frames.parse(message.get("text") or "")
        if frame.op is not Op.AUTH:
            raise BadFrame(ErrorCode.NOT_AUTHENTICATED, "Send an auth frame first.", frame.id)
        visitor = await sign_in(room, frame.token, client)
    except TooManyRequests as error:
        outlet.write(_too_many(frame, error))
        outlet.close(Close.TOO_MANY, error.detail)
        return
    except (BadFrame, *REFUSALS) as error:
        frame_id = error.frame_id if isinstance(error, BadFrame) else frame.id
        outlet.write(frames.error(frame_id, error.code, error.detail))
        outlet.close(Close.CREDENTIAL, "Not signed in.")
        return
    plan = await room.plans.find(visitor.principal.user_id)
    await Socket(room, outlet, visitor, plan, client).live(receive, frame)
