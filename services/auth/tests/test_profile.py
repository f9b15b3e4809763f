"""Settings, terms and the first steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from libs.common.clock import FixedClock
from libs.common.db import Database
from libs.common.testing.client import ClientFor
from libs.common.testing.plugin import SettingsFactory
from services.auth.app import build_app
from services.auth.profile.rules import Settings, SettingsChange, Step, StepState, first_steps
from services.auth.settings import AuthSettings
from services.auth.tests.conftest import Mailbox, Person

SETTINGS = "/api/users/me/settings/"
STEPS = "/api/users/me/onboarding/"


@pytest_asyncio.fixture
async def headers(person: Person, bearer: Any) -> dict[str, str]:
    await person.register_and_verify()
    found: dict[str, str] = bearer((await person.tokens())["access_token"])
    return found


class TestSettings:
    async def test_they_begin_with_defaults_and_change_in_part(
        self, person: Person, headers: Any, db: Database, published: Any
    ) -> None:
        assert (await person.client.get(SETTINGS, headers=headers)).json() == Settings().model_dump()
        change = {"time_zone": "America/New_York", "alert_mails": False}
        answer = await person.client.patch(SETTINGS, json=change, headers=headers)
        assert answer.json() == {**Settings().model_dump(), **change}
        assert (await person.client.get(SETTINGS, headers=headers)).json() == answer.json()
        told = [event.data for event in await published(db) if event.type == "auth.settings.changed.v1"]
        assert [(one["time_zone"], one["alert_mails"]) for one in told] == [
            ("Asia/Kolkata", True),
            ("America/New_York", False),
        ]

    async def test_nothing_new_announces_nothing(
        self, person: Person, headers: Any, db: Database, published: Any
    ) -> None:
        before = len(await published(db))
        await person.client.patch(SETTINGS, json={"theme": "system"}, headers=headers)
        assert len(await published(db)) == before

    async def test_changes_at_once_all_count(self, person: Person, headers: Any) -> None:
        changes: list[dict[str, Any]] = [
            {"theme": "dark"},
            {"density": "compact"},
            {"locale": "en-US"},
            {"alert_mails": False},
            {"currency_display": "code"},
        ]
        await asyncio.gather(*(person.client.patch(SETTINGS, json=one, headers=headers) for one in changes))
        settings = (await person.client.get(SETTINGS, headers=headers)).json()
        assert all(settings[name] == value for one in changes for name, value in one.items())

    @pytest.mark.parametrize(
        "body",
        [
            {"time_zone": "Mars/Olympus"},
            {"time_zone": "../../etc/passwd"},
            {"time_zone": "x" * 65},
            {"locale": "tlh"},
            {"theme": "pink"},
            {"alert_mails": "yes"},
            {"alert_mails": 1},
            {"role": "SUPER_ADMIN"},
            {"tier": "ELITE"},
            {"user_id": "01a1ffec-ea2e-717b-a6b4-0c430e770a8a"},
            {"form": 9},
            [],
        ],
    )
    async def test_what_is_no_setting_is_refused(self, person: Person, headers: Any, body: Any) -> None:
        assert (await person.client.patch(SETTINGS, json=body, headers=headers)).status_code == 422
        assert (await person.client.get(SETTINGS, headers=headers)).json() == Settings().model_dump()

    def test_what_a_newer_release_stored_is_left_out(self) -> None:
        assert Settings.read({"theme": "dark", "from_the_future": 1}) == Settings(theme="dark")

    @given(st.builds(SettingsChange, theme=st.sampled_from(["light", "dark", None]), alert_mails=st.booleans()))
    def test_a_change_is_applied_once_and_for_all(self, change: SettingsChange) -> None:
        once = change.applied_to(Settings())
        assert change.applied_to(once) == once
        assert Settings.read(once.model_dump()) == once


class TestTerms:
    @pytest_asyncio.fixture
    async def later(
        self,
        service_settings: SettingsFactory,
        db: Database,
        clock: FixedClock,
        client_for: ClientFor,
        mailbox: Mailbox,
    ) -> AsyncIterator[Person]:
        """The person at an app with newer terms."""
        settings = service_settings(AuthSettings, password_cost=4, terms_version="2027-04")
        async with client_for(build_app(settings, db=db, clock=clock)) as client:
            yield Person(client, mailbox)

    async def test_newer_ones_are_asked_for_at_the_next_login(
        self, person: Person, later: Person, headers: Any, bearer: Any
    ) -> None:
        assert (await person.tokens())["user"]["terms_acceptance_required"] is False
        pair = await later.tokens()
        assert pair["user"]["terms_acceptance_required"] is True
        old = await later.client.post(
            "/api/users/me/terms/", json={"version": "2026-11"}, headers=bearer(pair["access_token"])
        )
        assert (old.status_code, old.json()["code"]) == (409, "conflict")
        for _ in range(2):
            accepted = await later.client.post(
                "/api/users/me/terms/", json={"version": "2027-04"}, headers=bearer(pair["access_token"])
            )
            assert accepted.status_code == 204
        assert (await later.tokens())["user"]["terms_acceptance_required"] is False

    async def test_registering_accepts_the_version_that_was_shown(self, person: Person) -> None:
        version = (await person.client.get("/api/auth/rules/")).json()["terms_version"]
        outdated = await person.register(terms_version="2025-01")
        assert outdated.json()["errors"][0]["field"] == "/terms_version"
        assert (await person.register(terms_version=version)).status_code == 202


class TestFirstSteps:
    async def test_they_are_walked_once_and_resumed(self, person: Person, headers: Any) -> None:
        assert (await person.tokens())["user"]["first_steps_due"] is True
        steps = (await person.client.get(STEPS, headers=headers)).json()
        assert [one["step"] for one in steps["steps"]] == ["profile", "plan", "preferences", "first_alert", "dashboard"]
        assert (steps["next_step"], steps["walked"], steps["finished"]) == ("profile", False, False)
        for step, outcome in (("profile", "done"), ("plan", "skipped"), ("dashboard", "skipped")):
            answer = await person.client.post(f"{STEPS}{step}/", json={"outcome": outcome}, headers=headers)
            assert answer.status_code == 200
        assert (answer.json()["next_step"], answer.json()["walked"], answer.json()["finished"]) == (
            "preferences",
            True,
            False,
        )
        assert (await person.tokens())["user"]["first_steps_due"] is False

    async def test_what_is_done_stays_done(self, person: Person, headers: Any) -> None:
        for outcome in ("done", "skipped"):
            answer = await person.client.post(f"{STEPS}plan/", json={"outcome": outcome}, headers=headers)
        assert {"step": "plan", "state": "done"} in answer.json()["steps"]

    async def test_papers_are_asked_for_where_a_rule_says_so(self, person: Person, headers: Any) -> None:
        assert (await person.client.post(f"{STEPS}kyc/", json={"outcome": "done"}, headers=headers)).status_code == 404
        assert Step.KYC in first_steps({}, walked=False, kyc_required=True).states

    @pytest.mark.parametrize(
        ("step", "body"), [("nothing", {"outcome": "done"}), ("plan", {"outcome": "open"}), ("plan", {})]
    )
    async def test_what_is_no_step_is_refused(self, person: Person, headers: Any, step: str, body: Any) -> None:
        assert (await person.client.post(f"{STEPS}{step}/", json=body, headers=headers)).status_code == 422

    async def test_the_first_alert_is_noted_by_itself(
        self, person: Person, headers: Any, app: Any, db: Database
    ) -> None:
        user_id = UUID((await person.client.get("/api/users/me/", headers=headers)).json()["id"])
        for who in (user_id, user_id, UUID(int=7)):
            async with db.transaction() as tx:
                await app.state.profiles.note_first_alert(tx, who)
        steps = (await person.client.get(STEPS, headers=headers)).json()["steps"]
        assert {"step": "first_alert", "state": "done"} in steps

    @given(st.dictionaries(st.sampled_from(list(Step)), st.sampled_from([StepState.DONE, StepState.SKIPPED])))
    def test_nothing_is_left_when_all_is_done_or_the_list_is_put_away(self, decided: dict[Step, StepState]) -> None:
        steps = first_steps(decided, walked=False, kyc_required=True)
        left = [
            step for step in steps.states if step is not Step.DASHBOARD and steps.states[step] is not StepState.DONE
        ]
        assert steps.finished == (not left or decided.get(Step.DASHBOARD) is StepState.DONE)
