"""Preview, explain and timeline: what could have been, why it was so, and what has been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from libs.common.clock import from_ms, to_ms
from libs.common.db import Database
from libs.common.errors import InvalidInput, UpstreamUnavailable
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.common.money import from_e4, shown
from libs.contracts.market import Candle, Candles, InstrumentInfo
from services.alerts.conditions.codec import INTERVALS_MS, Condition, condition_of
from services.alerts.conditions.rules import Edge, Gate, Rule, Terms
from services.alerts.definitions import tables as definitions
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert, is_already_true
from services.alerts.definitions.service import Alerts
from services.alerts.engine import tables as engine
from services.alerts.engine.tables import TriggeredRow
from services.alerts.instruments.service import Instruments
from services.alerts.lookback import rules
from services.alerts.lookback.rules import Look, Mark
from services.alerts.notifications.service import Notices

log = get_logger(__name__)

MOST_BARS = 5_000
MOST_SHOWN = 200
MOST_CLOSES = 300
TIMELINE_LENGTH = 200
EXPLAINED_FOR = timedelta(days=12)
"""How far before an instant its explanation begins at the latest: what 5,000 one-minute bars hold."""

SCALES = (("1m", 5), ("5m", 30), ("15m", 90), ("1h", 365), ("1d", 3650))
"""The finest bars that a preview of so many days is made of."""


@dataclass(frozen=True, slots=True)
class Preview:
    """When a condition would have fired. `closes`: a thinned line of prices to draw the marks on."""

    info: InstrumentInfo
    words: str
    interval: str | None
    start: datetime | None
    end: datetime | None
    bars: int
    marks: Sequence[Mark]
    fired: int
    closes: Sequence[tuple[datetime, Any]]
    already_true: bool | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an alert did or did not fire: `words` says it, the rest shows what it is made of."""

    at: datetime
    words: str
    interval: str
    look: Look | None
    firings: Sequence[TriggeredRow]


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of an alert's timeline."""

    at: datetime
    kind: str
    words: str | None = None
    price: Any = None
    email_status: str | None = None


class Lookback:
    """The use cases. Nothing here changes anything."""

    def __init__(
        self, db: Database, market: ServiceClient, instruments: Instruments, alerts: Alerts, notices: Notices
    ) -> None:
        self._db = db
        self._market = market
        self._instruments = instruments
        self._alerts = alerts
        self._notices = notices

    def now(self) -> datetime:
        """Tell the time."""
        return self._db.clock.now()

    async def preview(self, draft: Draft, days: int) -> Preview:
        """Tell when a condition would have fired over the last days that are recorded.

        Raises InvalidInput for an unknown symbol, UpstreamUnavailable when market cannot be asked.
        """
        info = await self._instruments.get(draft.symbol)
        alert = draft.as_alert(info, self._db.clock.now())
        rule, terms = _rule_of(alert)
        interval: str | None
        if draft.rule is not None and "expression" in draft.rule:
            parsed = alert.parsed_rule()
            interval, expression = parsed.interval, draft.rule["expression"]
            known = await self._bars(info.instrument, interval)
            since = known[-1].at - timedelta(days=days) if known else None
            bars = [bar for bar in known if since is not None and bar.at >= since]
            found = rules.replay_expression(expression, terms, known, INTERVALS_MS[interval])
            marks = [mark for mark in found if since is not None and mark.at_ms >= to_ms(since)]
            interval = interval if bars else None
        else:
            interval, recorded = await self._recorded(info.instrument, days, terms)
            bars = list(recorded)
            marks = [] if interval is None else rules.replay(info.instrument, rule, terms, bars, INTERVALS_MS[interval])
        price = None if info.stale else info.price
        return Preview(
            info=info,
            words=alert.words,
            interval=interval,
            start=bars[0].at if bars else None,
            end=bars[-1].at if bars else None,
            bars=len(bars),
            marks=marks[-MOST_SHOWN:],
            fired=sum(mark.edge is Edge.FIRED for mark in marks),
            closes=[(bar.at, bar.close) for bar in bars[:: max(1, len(bars) // MOST_CLOSES)]],
            already_true=is_already_true(alert, price),
        )

    async def explain(self, user_id: UUID, alert_id: UUID, at: datetime) -> Explanation:
        """Tell why an alert did or did not fire at an instant.

        Raises NotFound, InvalidInput for an instant to come, UpstreamUnavailable.
        """
        alert = await self._alerts.get(user_id, alert_id)
        if at > self.now():
            raise InvalidInput.of("/query/at", "in_the_future", "Ask about an instant that has passed.")
        if at < alert.created_at:
            return Explanation(at, "The alert did not exist yet.", "1m", None, ())
        async with self._db.read() as session:
            firings = await engine.firings_around(
                session, alert_id, at - timedelta(minutes=1), at + timedelta(minutes=1)
            )
            last = await engine.last_firing_before(session, alert_id, at)
        if at < alert.armed_at:
            return Explanation(at, "The alert has been armed anew since then.", "1m", None, firings)
        if alert.rule is not None and "expression" in alert.rule:
            return await self._explain_expression(alert, at, firings)
        rule, terms = _rule_of(alert)
        start = max(alert.armed_at, at - EXPLAINED_FOR)
        bars = await self._bars(
            alert.instrument, "1m", start=start - timedelta(minutes=1), end=at + timedelta(minutes=1)
        )
        armed_ms = max(to_ms(start), (to_ms(last.reached_at) + 1) if last is not None and last.reached_at < at else 0)
        look = rules.explain(
            alert.instrument,
            rule,
            terms,
            bars,
            INTERVALS_MS["1m"],
            armed_ms=armed_ms,
            base_e4=None,
            at_ms=to_ms(at),
        )
        return Explanation(at, _say(alert, look, firings), "1m", look, firings)

    async def _explain_expression(self, alert: Alert, at: datetime, firings: Sequence[TriggeredRow]) -> Explanation:
        parsed = alert.parsed_rule()
        length_ms = INTERVALS_MS[parsed.interval]
        bars = await self._bars(alert.instrument, parsed.interval, end=at)
        closed = [bar for bar in bars if to_ms(bar.at) + length_ms <= to_ms(at)]
        known = rules.truths(parsed.expression or "", closed, length_ms)
        if not known:
            return Explanation(at, "No bar had closed by then.", parsed.interval, None, firings)
        bar, holds = known[-1]
        ended = from_ms(to_ms(bar.at) + length_ms).strftime("%Y-%m-%d %H:%M UTC")
        truth = {None: "was not known yet", True: "held", False: "did not hold"}[holds]
        words = f"At the close of the bar until {ended} ({shown(bar.close, alert.currency)}) the expression {truth}."
        if any(row.edge == Edge.FIRED for row in firings):
            words = f"It fired. {words}"
        elif holds:
            words += " It fires when it begins to hold, as often as the alert says."
        return Explanation(at, words, parsed.interval, None, firings)

    async def timeline(self, user_id: UUID, alert_id: UUID) -> list[Happening]:
        """List what has happened to an alert, newest first. Raises NotFound."""
        await self._alerts.get(user_id, alert_id)
        async with self._db.read() as session:
            events = await definitions.events_of(session, alert_id, TIMELINE_LENGTH)
            firings = await engine.firings_of(session, alert_id, TIMELINE_LENGTH)
            states = await self._notices.email_states(session, [row.id for row in firings])
        happened = [Happening(row.at, row.kind, row.details.get("words")) for row in events]
        for row in firings:
            state = states.get(row.id)
            happened.append(
                Happening(row.triggered_at, row.edge, row.message or row.words, row.price, state and state.value)
            )
        return sorted(happened, key=lambda each: each.at, reverse=True)[:TIMELINE_LENGTH]

    async def _recorded(self, instrument: str, days: int, terms: Terms) -> tuple[str | None, Sequence[Candle]]:
        """Find the finest recorded bars that reach so far back, none longer than the rule's own if it needs closes."""
        for interval, reach in SCALES:
            if days > reach:
                continue
            if terms.on_close and INTERVALS_MS[interval] > terms.interval_ms:
                break
            bars = await self._bars(instrument, interval)
            if bars:
                since = bars[-1].at - timedelta(days=days)
                return interval, [bar for bar in bars if bar.at >= since]
        return None, []

    async def _bars(
        self, instrument: str, interval: str, *, start: datetime | None = None, end: datetime | None = None
    ) -> Sequence[Candle]:
        params: dict[str, str | int] = {"interval": interval, "limit": MOST_BARS}
        if start is not None:
            params["from"] = start.isoformat()
        if end is not None:
            params["to"] = end.isoformat()
        path = f"/internal/candles/{quote(instrument, safe=':')}"
        try:
            return (await self._market.get(path, Candles, params=params)).items
        except HttpFailure as failure:
            log.warning("history_not_asked", reason=failure.reason)
            raise UpstreamUnavailable("Recorded prices are not available at the moment. Try again soon.") from failure


def _rule_of(alert: Alert) -> tuple[Rule, Terms]:
    if alert.condition is not None and alert.threshold_price is not None:
        return rules.threshold_rule(alert.condition, alert.threshold_price), Terms(exchange=alert.exchange)
    parsed: Condition = condition_of(alert.rule or {}, alert.exchange, alert.expires_at, alert.snoozed_until)
    return parsed.rule, parsed.terms


_GATES = {
    Gate.EXPIRED: "the alert had expired",
    Gate.SNOOZED: "the alert was snoozed",
    Gate.OUT_OF_HOURS: "it was outside market hours",
    Gate.NOT_REARMED: "the price had not gone back since the last firing",
    Gate.COOLING_DOWN: "the cool-down after the last firing had not passed",
    Gate.PERIOD_HAD_ONE: "it had fired in this period already",
}


def _say(alert: Alert, look: Look | None, firings: Sequence[TriggeredRow]) -> str:
    fired = next((row for row in firings if row.edge == Edge.FIRED), None)
    if fired is not None:
        price = shown(fired.price, alert.currency)
        return f"It fired: the price was {price}, and {shown(fired.threshold_price, alert.currency)} had to be reached."
    if look is None:
        return "It did not fire: no price is recorded since the alert was armed."
    price = shown(from_e4(look.point.price_e4), alert.currency)
    at = from_ms(look.point.place.at_ms).strftime("%H:%M:%S UTC")
    if look.step.edge is Edge.FIRED and look.step.held is not None:
        boundary = shown(from_e4(look.step.held.boundary_e4), alert.currency)
        return f"The recorded bar until {at} met it: {price} against {boundary}. Prices within a bar may come later."
    if look.step.gate is not None:
        return f"The condition was met at {price} ({at}), but {_GATES[look.step.gate]}."
    before = (
        "" if look.point.previous_e4 is None else f" after {shown(from_e4(look.point.previous_e4), alert.currency)}"
    )
    return f"It did not fire: at {at} the price was {price}{before}, which does not meet “{alert.summary}”."
