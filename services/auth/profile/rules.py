"""What can be set, and which first steps there are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

FORM = 1
"""Of the stored settings. A later form reads the earlier ones in `read`."""

_ZONES = frozenset(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/"))
) | {"UTC"}


def _zone(value: str) -> str:
    if value not in _ZONES:
        raise PydanticCustomError("time_zone_unknown", "Name a zone such as Asia/Kolkata or UTC.")
    return value


TimeZone = Annotated[str, Field(max_length=64, examples=["Asia/Kolkata"]), AfterValidator(_zone)]
Locale = Literal["en-IN", "en-US"]
CurrencyDisplay = Literal["symbol", "code"]
Theme = Literal["system", "light", "dark"]
Density = Literal["comfortable", "compact"]
Palette = Literal["green-red", "blue-orange", "red-green"]


class Settings(BaseModel):
    """A person's settings. Mails about the safety of the account are no setting: they go out in any case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    locale: Locale = "en-IN"
    time_zone: TimeZone = "Asia/Kolkata"
    currency_display: CurrencyDisplay = "symbol"
    theme: Theme = "system"
    density: Density = "comfortable"
    palette: Palette = "green-red"
    alert_mails: bool = True
    """Whether an alert that fires is also mailed; in the application it shows in any case."""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Read what is stored; what a newer release has added and this one does not know is left out."""
        return cls.model_validate({name: value for name, value in data.items() if name in cls.model_fields})


class SettingsChange(BaseModel):
    """What is left out stays."""

    model_config = ConfigDict(extra="forbid")

    locale: Locale | None = None
    time_zone: TimeZone | None = None
    currency_display: CurrencyDisplay | None = None
    theme: Theme | None = None
    density: Density | None = None
    palette: Palette | None = None
    alert_mails: bool | None = Field(default=None, strict=True)

    def applied_to(self, settings: Settings) -> Settings:
        """Give the settings with this change."""
        return settings.model_copy(update=self.model_dump(exclude_none=True))


class Step(StrEnum):
    """The first steps, in their order."""

    PROFILE = "profile"
    PLAN = "plan"
    KYC = "kyc"
    PREFERENCES = "preferences"
    FIRST_ALERT = "first_alert"
    DASHBOARD = "dashboard"
    """The end of the walk: done hides what is left to do, skipped keeps it as a list."""


class StepState(StrEnum):
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Where a person stands. `next_step` is where the walk goes on, None at its end."""

    states: Mapping[Step, StepState]
    walked: bool

    @property
    def next_step(self) -> Step | None:
        return next((step for step, state in self.states.items() if state is StepState.OPEN), None)

    @property
    def finished(self) -> bool:
        """Say whether nothing is left to be shown: all is done, or the person wants no list."""
        todo = [state for step, state in self.states.items() if step is not Step.DASHBOARD]
        return self.states[Step.DASHBOARD] is StepState.DONE or all(state is StepState.DONE for state in todo)


def first_steps(decided: Mapping[str, str], *, walked: bool, kyc_required: bool) -> FirstSteps:
    """Put together the steps that a person has to take and what was decided of each."""
    steps = [step for step in Step if step is not Step.KYC or kyc_required]
    return FirstSteps({step: StepState(decided.get(step, StepState.OPEN)) for step in steps}, walked)
