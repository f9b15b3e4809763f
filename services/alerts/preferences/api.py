"""The routes of how one wants to be told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import time
from typing import Annotated, Self

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from libs.common.errors import PlanFeature, StoreUnavailable, UpstreamUnavailable
from libs.common.web import CurrentUser, Router, problems
from services.alerts.notifications.choices import Choices
from services.alerts.notifications.rules import Channel, Kind
from services.alerts.preferences.rules import (
    MATRIX_CHANNELS,
    Person,
    Wish,
    allows_digest,
    effective_wish,
    is_fixed,
)
from services.alerts.preferences.service import PreferencesChange
from services.alerts.settings import AlertsSettings

router = Router(tags=["notifications"])

ClockTime = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5), Field(examples=["22:00"])
]


def _choices(request: Request) -> Choices:
    choices: Choices = request.app.state.choices
    return choices


ChoicesOf = Annotated[Choices, Depends(_choices)]


def _offered(request: Request) -> Collection[Channel]:
    settings: AlertsSettings = request.app.state.settings
    return settings.offered_channels


OfferedOf = Annotated[Collection[Channel], Depends(_offered)]


class QuietHours(BaseModel):
    """From `begins` to before `ends`, past midnight when that is earlier, in the person's zone."""

    model_config = ConfigDict(extra="forbid")

    begins: ClockTime
    ends: ClockTime


class ChoiceOut(BaseModel):
    """One cell: `wish` is what counts. `fixed`: nobody can choose here. `digest`: it may wait for the digest."""

    channel: Channel
    wish: Wish
    fixed: bool
    digest: bool


class KindOut(BaseModel):
    kind: Kind
    channels: list[ChoiceOut]


class ChannelOut(BaseModel):
    """`in_plan`: the plan has this channel. `reachable`: there is a confirmed address to send to."""

    channel: Channel
    in_plan: bool
    reachable: bool


class PreferencesOut(BaseModel):
    """How a person is told. Times are in `time_zone`; quiet hours are null when there are none."""

    kinds: list[KindOut]
    channels: list[ChannelOut]
    quiet_hours: QuietHours | None
    digest_at: ClockTime
    time_zone: str

    @classmethod
    def of(cls, person: Person, offered: Collection[Channel]) -> Self:
        held = person.preferences
        quiet = None
        if held.quiet_from is not None and held.quiet_to is not None:
            quiet = QuietHours(begins=_text(held.quiet_from), ends=_text(held.quiet_to))
        return cls(
            kinds=[
                KindOut(
                    kind=kind,
                    channels=[
                        ChoiceOut(
                            channel=channel,
                            wish=effective_wish(kind, channel, person),
                            fixed=is_fixed(kind, channel),
                            digest=allows_digest(kind, channel),
                        )
                        for channel in MATRIX_CHANNELS
                        if channel in offered
                    ],
                )
                for kind in Kind
            ],
            channels=[
                ChannelOut(
                    channel=channel,
                    in_plan=channel in person.plan_channels,
                    reachable=channel in (Channel.IN_APP, Channel.MAIL) or bool(person.reachable.get(channel)),
                )
                for channel in MATRIX_CHANNELS
                if channel in offered
            ],
            quiet_hours=quiet,
            digest_at=_text(held.digest_at),
            time_zone=person.zone,
        )


class PreferencesIn(BaseModel):
    """What is absent stays; `quiet_hours` null ends them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"wishes": {"alert": {"mail": "digest"}}, "digest_at": "18:00"}]},
    )

    wishes: dict[Kind, dict[Channel, Wish]] | None = Field(default=None, max_length=len(Kind))
    quiet_hours: QuietHours | None = None
    digest_at: ClockTime | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("Send what is to change: wishes, quiet_hours or digest_at.")
        if any(Channel.WEBHOOK in by_channel for by_channel in (self.wishes or {}).values()):
            raise ValueError("A webhook chooses its events at its endpoint.")
        return self

    def to_change(self) -> PreferencesChange:
        quiet: tuple[int, int] | tuple[()] | None = None
        if "quiet_hours" in self.model_fields_set:
            asked = self.quiet_hours
            quiet = () if asked is None else (_minutes(asked.begins), _minutes(asked.ends))
        digest_at = None if self.digest_at is None else _minutes(self.digest_at)
        return PreferencesChange(wishes=self.wishes, quiet=quiet, digest_at=digest_at)


@router.get("/api/notification-preferences/", responses=problems(StoreUnavailable))
async def show_notification_preferences(user: CurrentUser, choices: ChoicesOf, offered: OfferedOf) -> PreferencesOut:
    """Show by which channels one is told of what, and when not."""
    return PreferencesOut.of(await choices.show(user.user_id), offered)


@router.patch("/api/notification-preferences/", responses=problems(PlanFeature, StoreUnavailable, UpstreamUnavailable))
async def change_notification_preferences(
    body: PreferencesIn, user: CurrentUser, choices: ChoicesOf, offered: OfferedOf
) -> PreferencesOut:
    """Change how one is told. Mails about the safety of the account and notices in the application always come."""
    return PreferencesOut.of(await choices.change(user.user_id, body.to_change()), offered)


def _minutes(text: str) -> int:
    at = time.fromisoformat(text)
    return at.hour * 60 + at.minute


def _text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
