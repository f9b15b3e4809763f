"""What our mails say. Words live in `templates/`; here is what goes into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from libs.common.money import shown
from libs.contracts.alerts import AlertTriggered
from libs.contracts.auth import SecurityNoticed
from services.alerts.channels.port import Picture
from services.alerts.charts.service import Chart
from services.alerts.notifications.rules import Purpose, in_zone, in_zones, on_day
from services.alerts.notifications.words import LINKS, SAFETY, alert_condition, alert_fact, filled

NO_DETAILS: Mapping[str, str] = {}

_SUBJECTS = {
    Purpose.VERIFY_EMAIL: "Verify your e-mail address",
    Purpose.ACCOUNT_EXISTS: "You already have a ShareWise account",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's subject and its two bodies, with the pictures that the HTML shows."""

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()


class Letters:
    """Writes mails. app_url: where the links lead."""

    def __init__(self, app_url: str) -> None:
        self._app_url = app_url.rstrip("/")
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        # Mail programs read styles where they are used; what depends on the screen stays in its rules at the top.
        self._inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def alert_triggered(
        self, event: AlertTriggered, *, first_name: str, time_zone: str, chart: Chart | None = None
    ) -> Letter:
        """Write that a price reached an alert, or has gone back. The first line is the mission's sentence.

        chart: of the price and the threshold, shown in the HTML.
        """
        is_over = event.edge == "cleared"
        picture = None if chart is None else Picture(f"chart.{event.triggered_id}@sharewise", chart.png)
        return self._write(
            Purpose.ALERT_TRIGGERED,
            f"Stock Alert over: {event.symbol}" if is_over else f"🚨 Stock Alert: {event.symbol}",
            picture=picture,
            chart=None if chart is None or picture is None else {"cid": picture.cid, "alt": chart.alt},
            fact=alert_fact(event),
            headline=event.headline,
            is_over=is_over,
            stays_active=event.stays_active,
            message=event.message,
            first_name=first_name,
            name=event.name,
            instrument=event.instrument,
            symbol=event.symbol,
            price=shown(event.price, event.currency),
            condition=alert_condition(event),
            reached=in_zones(event.reached_at, user_zone=time_zone, exchange=_exchange(event.instrument)),
            recorded_on=None
            if event.recorded_at is None
            else on_day(event.recorded_at, exchange=_exchange(event.instrument)),
            link=f"{self._app_url}/alerts",
        )

    def with_secret(
        self, purpose: Purpose, *, name: str, secret_url: str, details: Mapping[str, str] = NO_DETAILS
    ) -> Letter:
        """Write a mail whose link is a secret, by purpose. details: what its words name."""
        if purpose in _SUBJECTS:
            return self._write(purpose, _SUBJECTS[purpose], name=name, link=secret_url)
        words = LINKS[purpose]
        named = {**details, "app_url": self._app_url}
        return self._write(
            "link",
            words.subject,
            name=name,
            link=secret_url,
            text=filled(words.text, named),
            button=words.button,
            foot=filled(words.foot, named),
        )

    def welcome(self, *, first_name: str) -> Letter:
        """Greet a person whose address is confirmed."""
        return self._write(
            Purpose.WELCOME, "Welcome to ShareWise", first_name=first_name, link=f"{self._app_url}/login"
        )

    def digest(self, items: Sequence[Mapping[str, str]], more: int, *, first_name: str, time_zone: str) -> Letter:
        """Write what was gathered. items: `title`, `text`, `link` (a path), `at` (ISO); more: how many are left out."""
        count = len(items) + more
        return self._write(
            Purpose.DIGEST,
            f"Your digest: {count} notice{'' if count == 1 else 's'}",
            first_name=first_name,
            items=[
                {
                    **item,
                    "at": in_zone(datetime.fromisoformat(item["at"]), zone=time_zone),
                    "url": self._app_url + item["link"],
                }
                for item in items
            ],
            more=more,
            link=f"{self._app_url}/notifications",
        )

    def notice(self, title: str, text: str, link: str, *, first_name: str) -> Letter:
        """Write a notice by its own words. link: a path of the application."""
        return self._write(Purpose.NOTICE, title, first_name=first_name, text=text, link=f"{self._app_url}{link}")

    def security(self, event: SecurityNoticed, *, first_name: str, time_zone: str) -> Letter:
        """Tell what happened to the safety of an account, and what to do if it was somebody else."""
        words = SAFETY[event.kind]
        return self._write(
            Purpose.SECURITY_NOTICE,
            words.subject,
            first_name=first_name,
            text=filled(words.text, event.details),
            at=in_zone(event.at, zone=time_zone),
            device=event.device if event.network else None,
            network=event.network,
            was_it_you=words.was_it_you,
        )

    def _write(self, template: str, subject: str, *, picture: Picture | None = None, **words: object) -> Letter:
        words = {**words, "subject": subject, "app_url": self._app_url}
        return Letter(
            subject=subject,
            text=self._templates.get_template(f"{template}.txt").render(words),
            html=self._inliner.inline(self._templates.get_template(f"{template}.html").render(words)),
            pictures=() if picture is None else (picture,),
        )


def _exchange(instrument: str) -> str:
    return instrument.partition(":")[0]
