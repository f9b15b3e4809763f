"""What our mails say. Words live in `templates/`; here is what goes into them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from libs.common.money import shown
from libs.contracts.alerts import AlertTriggered
from services.alerts.notifications.rules import Purpose, in_zones, on_day

_SUBJECTS = {
    Purpose.VERIFY_EMAIL: "Verify your e-mail address",
    Purpose.ACCOUNT_EXISTS: "You already have a ShareWise account",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's subject and its two bodies."""

    subject: str
    text: str
    html: str


class Letters:
    """Writes mails. app_url: where the links lead, without a slash at the end."""

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

    def alert_triggered(self, event: AlertTriggered, *, first_name: str, time_zone: str) -> Letter:
        """Write that a price reached an alert. The first line of the text is the mission's sentence."""
        return self._write(
            Purpose.ALERT_TRIGGERED,
            f"🚨 Stock Alert: {event.symbol}",
            first_name=first_name,
            name=event.name,
            instrument=event.instrument,
            symbol=event.symbol,
            price=shown(event.price, event.currency),
            condition=event.condition.value,
            threshold=shown(event.threshold_price, event.currency),
            reached=in_zones(event.reached_at, user_zone=time_zone, exchange=_exchange(event.instrument)),
            recorded_on=None
            if event.recorded_at is None
            else on_day(event.recorded_at, exchange=_exchange(event.instrument)),
            link=f"{self._app_url}/alerts",
        )

    def with_secret(self, purpose: Purpose, *, name: str, secret_url: str) -> Letter:
        """Write a mail whose link is a secret: auth's words, by purpose."""
        return self._write(purpose, _SUBJECTS[purpose], name=name, link=secret_url)

    def _write(self, purpose: Purpose, subject: str, **words: str | None) -> Letter:
        words = {**words, "subject": subject, "app_url": self._app_url}
        return Letter(
            subject=subject,
            text=self._templates.get_template(f"{purpose}.txt").render(words),
            html=self._templates.get_template(f"{purpose}.html").render(words),
        )


def _exchange(instrument: str) -> str:
    return instrument.partition(":")[0]
