"""The routes of settings, terms and the first steps."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from libs.common.errors import Conflict, NotFound
from libs.common.web import CurrentUser, Myself, Router, of_app, problems
from services.auth.limits.visitor import VisitorOf
from services.auth.profile.rules import FirstSteps, Settings, SettingsChange, Step, StepState
from services.auth.profile.service import Profiles

router = Router(tags=["auth"])


ProfilesOf = Annotated[Profiles, Depends(of_app("profiles"))]


class TermsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str = Field(min_length=1, max_length=20, examples=["2026-11"])


class StepIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Literal["done", "skipped"]


class StepOut(BaseModel):
    step: Step
    state: StepState


class OnboardingOut(BaseModel):
    """`walked`: they were shown once. `next_step` is where they go on; `finished`: nothing is left to be shown."""

    steps: list[StepOut]
    next_step: Step | None
    walked: bool
    finished: bool

    @classmethod
    def of(cls, steps: FirstSteps) -> Self:
        return cls(
            steps=[StepOut(step=step, state=state) for step, state in steps.states.items()],
            next_step=steps.next_step,
            walked=steps.walked,
            finished=steps.finished,
        )


@router.get("/api/users/me/settings/")
async def show_settings(user: CurrentUser, profiles: ProfilesOf) -> Settings:
    """Show one's own settings."""
    return await profiles.settings(user.user_id)


@router.patch("/api/users/me/settings/", responses=problems(NotFound))
async def change_settings(body: SettingsChange, user: CurrentUser, profiles: ProfilesOf) -> Settings:
    """Change one's own settings. What is left out stays."""
    return await profiles.change_settings(user.user_id, body)


@router.post("/api/users/me/terms/", status_code=204, responses=problems(Conflict))
async def accept_terms(body: TermsIn, user: Myself, profiles: ProfilesOf, visitor: VisitorOf) -> Response:
    """Accept the terms of today. Safe to repeat."""
    await profiles.accept_terms(user, body.version, visitor)
    return Response(status_code=204)


@router.get("/api/users/me/onboarding/", responses=problems(NotFound))
async def show_first_steps(user: CurrentUser, profiles: ProfilesOf) -> OnboardingOut:
    """Show how far one's own first steps are."""
    return OnboardingOut.of(await profiles.first_steps(user.user_id))


@router.post("/api/users/me/onboarding/{step}/", responses=problems(NotFound))
async def decide_first_step(step: Step, body: StepIn, user: CurrentUser, profiles: ProfilesOf) -> OnboardingOut:
    """Say that a step is done or skipped. A step that is done stays done. Safe to repeat."""
    return OnboardingOut.of(await profiles.decide_step(user.user_id, step, StepState(body.outcome)))
