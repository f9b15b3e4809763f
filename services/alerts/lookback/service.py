"""Preview, explain and timeline: what could have been, why it was so, and what has been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.common.calendars import Calendars, exchange_of
from libs.common.clock import from_ms, to_ms
from libs.common.db import Database
from libs.common.errors import InvalidInput, UpstreamUnavailable
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.common.money import from_e4, shown, to_e4
from libs.contracts.market import Candle, InstrumentInfo
from libs.quant.expr import Input
from services.alerts.conditions.codec import INTERVALS_MS, Condition, condition_of
from services.alerts.conditions.inputs import MOST_BARS, Past, bars_needed, full_history, read_candle
from services.alerts.conditions.past import Recorded
from services.alerts.conditions.rules import Edge, Gate, Rule, State, Terms
from services.alerts.definitions import tables as definitions
from services.alerts.definitions.drafts import Draft
from services.alerts.definitions.rules import Alert, AlertType, is_already_true
from services.alerts.definitions.service import Alerts
from services.alerts.engine import tables as engine
from services.alerts.engine.tables import TriggeredRow
from services.alerts.instruments.service import Instruments
from services.alerts.lookback import rules
from services.alerts.lookback.rules import Clause, Look, Mark, Verdict
from services.alerts.notifications.service import Notices

log = get_logger(__name__)

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
    verdict: Verdict | None = None
    clauses: Sequence[Clause] = ()


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
        self._calendars = Calendars(market)
        self._recorded = Recorded(market, lambda instrument: self._calendars.of(exchange_of(instrument)))
        self._instruments = instruments
        self._alerts = alerts
        self._notices = notices

    def now(self) -> datetime:
        """Tell the time."""
        return self._db.clock.now()

    async def preview(self, user_id: UUID, draft: Draft, days: int) -> Preview:
        """Tell when a condition would have fired over the last days that are recorded.

        Raises InvalidInput for an unknown symbol, UpstreamUnavailable when market cannot be asked.
        """
        info = await self._instruments.get(draft.symbol)
        draft = await self._alerts.checked(user_id, draft)
        alert = draft.as_alert(info, self._db.clock.now())
        if alert.alert_type is AlertType.SIGNAL:
            # What a strategy would have said is what its backtest shows.
            return Preview(info, alert.words, None, None, None, 0, (), 0, (), None)
        await self._know_hours(alert, days)
        rule, terms = self._rule_of(alert)
        interval: str | None
        if draft.rule is not None and "expression" in draft.rule:
            parsed = alert.parsed_rule()
            own, expression = Input(info.instrument, parsed.interval), draft.rule["expression"]
            known = await self._bars(own)
            since = known[-1].at - timedelta(days=days) if known else None
            bars = [bar for bar in known if since is not None and bar.at >= since]
            past = await self._past(own, expression, known, len(bars))
            found = rules.replay_expression(expression, terms, own, past)
            marks = [mark for mark in found if since is not None and mark.at_ms >= to_ms(since)]
            interval = parsed.interval if bars else None
        else:
            interval, recorded = await self._finest(info.instrument, days, terms)
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
        if alert.alert_type is AlertType.SIGNAL:
            said = [row.message for row in firings if row.message is not None]
            nothing = f"Nothing was told within a minute of then that it waits for: {alert.summary}."
            return Explanation(at, " ".join(said) or nothing, "1m", None, firings)
        if at < alert.armed_at:
            return Explanation(at, "The alert has been armed anew since then.", "1m", None, firings)
        if alert.rule is not None and "expression" in alert.rule:
            return await self._explain_expression(alert, at, firings)
        await self._know_hours(alert, (self.now() - at).days)
        rule, terms = self._rule_of(alert)
        start = max(alert.armed_at, at - EXPLAINED_FOR)
        bars = await self._bars(
            Input(alert.instrument, "1m"), start=start - timedelta(minutes=1), end=at + timedelta(minutes=1)
        )
        before = last if last is not None and last.reached_at < at else None
        armed_ms = max(to_ms(start), 0 if before is None else to_ms(before.reached_at) + 1)
        look = rules.explain(
            alert.instrument,
            rule,
            terms,
            bars,
            INTERVALS_MS["1m"],
            armed_ms=armed_ms,
            base_e4=None if before is None else to_e4(before.price),
            at_ms=to_ms(at),
        )
        return Explanation(at, _say(alert, look, firings), "1m", look, firings)

    async def _explain_expression(self, alert: Alert, at: datetime, firings: Sequence[TriggeredRow]) -> Explanation:
        await self._know_hours(alert, (self.now() - at).days)
        _, terms = self._rule_of(alert)
        parsed = alert.parsed_rule()
        own, expression = Input(alert.instrument, parsed.interval), parsed.expression or ""
        past = await self._past(own, expression, await self._bars(own, end=at), MOST_BARS, at)
        past = {source: [one for one in bars if one.end_ms <= to_ms(at)] for source, bars in past.items()}
        if not past[own]:
            return Explanation(at, "No bar had closed by then.", parsed.interval, None, firings)
        armed_ms = to_ms(alert.armed_at)
        verdict = rules.judge(expression, terms, State(armed_ms, armed_ms), own, past)[-1]
        words = _say_verdict(alert, verdict, firings)
        clauses = rules.clauses(expression, own, past)
        return Explanation(at, words, parsed.interval, None, firings, verdict, clauses)

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

    async def _finest(self, instrument: str, days: int, terms: Terms) -> tuple[str | None, Sequence[Candle]]:
        """Find the finest recorded bars that reach so far back, none longer than the rule's own if it needs closes."""
        for interval, reach in SCALES:
            if days > reach:
                continue
            if terms.on_close and INTERVALS_MS[interval] > terms.interval_ms:
                break
            bars = await self._bars(Input(instrument, interval))
            if bars:
                since = bars[-1].at - timedelta(days=days)
                return interval, [bar for bar in bars if bar.at >= since]
        return None, []

    async def _bars(
        self, source: Input, *, start: datetime | None = None, end: datetime | None = None
    ) -> Sequence[Candle]:
        try:
            return await self._recorded.candles(source, limit=MOST_BARS, start=start, end=end)
        except HttpFailure as failure:
            raise _away(failure) from failure

    async def _past(
        self, own: Input, expression: str, bars: Sequence[Candle], looked_at: int, end: datetime | None = None
    ) -> Past:
        """Give what an expression reads, for so many of its newest own bars to be known."""
        hours = self._calendars.of(exchange_of(own.instrument or ""))
        past = {own: [read_candle(bar, own.interval or "", hours) for bar in bars if bar.complete]}
        for source, history in full_history(own, expression).items():
            if source != own:
                limit = bars_needed(source, own, history, looked_at)
                try:
                    past[source] = await self._recorded.closed(source, limit=limit, end=end)
                except HttpFailure as failure:
                    raise _away(failure) from failure
        return past

    async def _know_hours(self, alert: Alert, days: int) -> None:
        """Learn when the exchanges that an alert reads were open in the last days."""
        names = {alert.instrument} | {need.instrument for need in alert.candles()}
        today = self._db.clock.now().date()
        exchanges = sorted({exchange_of(name) for name in names})
        await self._calendars.ask(exchanges, today, since=today - timedelta(days=days))

    def _rule_of(self, alert: Alert) -> tuple[Rule, Terms]:
        hours = self._calendars.of(alert.exchange)
        if alert.condition is not None and alert.threshold_price is not None:
            snoozed_ms = None if alert.snoozed_until is None else to_ms(alert.snoozed_until)
            return rules.threshold_rule(alert.condition, alert.threshold_price), Terms(
                snoozed_ms=snoozed_ms, hours=hours
            )
        parsed: Condition = condition_of(alert.rule or {}, alert.expires_at, alert.snoozed_until)
        return parsed.rule, replace(parsed.terms, hours=hours)


def _away(failure: HttpFailure) -> UpstreamUnavailable:
    log.warning("history_not_asked", reason=failure.reason)
    return UpstreamUnavailable("Recorded prices are not available at the moment. Try again soon.")


_GATES = {
    Gate.EXPIRED: "the alert had expired",
    Gate.SNOOZED: "the alert was snoozed",
    Gate.OUT_OF_HOURS: "it was outside market hours",
    Gate.NOT_REARMED: "the price had not gone back since the last firing",
    Gate.COOLING_DOWN: "the cool-down after the last firing had not passed",
    Gate.PERIOD_HAD_ONE: "it had fired in this period already",
}


def _say_verdict(alert: Alert, verdict: Verdict, firings: Sequence[TriggeredRow]) -> str:
    ended = from_ms(verdict.closed.end_ms).strftime("%Y-%m-%d %H:%M UTC")
    truth = {None: "was not known yet", True: "held", False: "did not hold"}[verdict.holds]
    close = shown(from_e4(verdict.closed.close_e4), alert.currency)
    words = f"At the close of the bar until {ended} ({close}) the expression {truth}."
    if any(row.edge == Edge.FIRED for row in firings):
        return f"It fired. {words}"
    if verdict.gate is Gate.NOT_REARMED:
        return f"{words} It did not fire, for it had held without a break since the last firing."
    if verdict.gate is not None:
        return f"{words} It did not fire, for {_GATES[verdict.gate]}."
    return words


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
