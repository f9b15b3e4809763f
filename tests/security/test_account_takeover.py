"""Taking an account over without a bad credential: mailed links, members that nobody may set, blocked logins."""

from __future__ import annotations

import re

import httpx
import pytest

import services.auth.app  # noqa: F401  every table of auth
from services.auth.schema import Base
from tests.support.person import PASSWORD, People, Person
from tests.support.platform import Platform

pytestmark = pytest.mark.journey

NEW_PASSWORD = "monsoon-lanterns-by-the-river-9"
ELSEWHERE = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "host=evil.example",
    "Origin": "https://evil.example",
    "Referer": "https://evil.example/",
    "X-Original-URL": "https://evil.example/",
}

# An answer names at most 50 errors.
ERRORS_TOLD = 40
# Where a person writes about their own account -> a body that is taken.
WRITES = {
    "PATCH /api/users/me/": {"first_name": "Test"},
    "PATCH /api/users/me/settings/": {"theme": "dark"},
    "POST /api/users/me/onboarding/plan/": {"outcome": "done"},
    "POST /api/users/me/terms/": {"version": "2026-11"},
    "POST /api/users/me/email/": {"email": "elsewhere@example.com"},
    "POST /api/users/me/phone/": {"phone": "+919876543210"},
    "POST /api/users/me/phone/confirm/": {"code": "000000"},
    "POST /api/auth/password/change/": {"current_password": PASSWORD, "password": NEW_PASSWORD},
    "POST /api/auth/password/forgot/": {"email": "nobody@example.com"},
    "POST /api/auth/password/reset/": {"token": "none", "password": NEW_PASSWORD},
    "DELETE /api/users/me/": {"password": PASSWORD},
}


@pytest.fixture(scope="module")
def asha(people: People) -> Person:
    return people.ready()


def link_for(platform: Platform, person: Person, subject: str) -> str:
    text = str(platform.await_mail(person.email, subject)["Text"])
    found = re.search(r"https?://\S+\?token=\S+", text)
    assert found is not None, text
    return found[0]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_mailed_link_leads_home_whatever_the_request_says(platform: Platform, people: People, name: str) -> None:
    person = people.newcomer()
    person.register()
    person.verify()
    answer = person.http.post(
        "/api/auth/password/forgot/", json={"email": person.email}, headers={name: ELSEWHERE[name]}
    )
    if answer.status_code != 202:
        assert answer.status_code in {400, 403, 404, 421}, "refused at the door"
        return
    assert link_for(platform, person, "Set a new password").startswith(f"{platform.url}/reset-password?token=")


def test_a_scanner_that_opens_the_link_uses_nothing_up(platform: Platform, people: People) -> None:
    person = people.ready()
    person.http.post("/api/auth/password/forgot/", json={"email": person.email})
    link = link_for(platform, person, "Set a new password")
    for method in ("GET", "HEAD", "GET"):
        assert httpx.request(method, link, verify=False).status_code == 200
    token = link.partition("token=")[2]
    body = {"token": token, "password": NEW_PASSWORD}
    assert person.http.post("/api/auth/password/reset/", json=body).status_code == 200
    assert person.http.post("/api/auth/password/reset/", json=body).status_code == 422


@pytest.mark.parametrize("write", WRITES)
def test_no_column_of_ours_can_be_set_from_outside(asha: Person, write: str) -> None:
    method, _, path = write.partition(" ")
    before = asha.http.get("/api/users/me/").json()
    settings = asha.http.get("/api/users/me/settings/").json()
    columns = {column.name for table in Base.metadata.tables.values() for column in table.columns} - set(WRITES[write])
    assert {"role", "tier", "status", "token_version", "email_verified_at"} <= columns
    own = {"first_name", "last_name", "phone", "username"} if write == "PATCH /api/users/me/" else set()
    refusable = sorted(columns - own)
    for some in (refusable[at : at + ERRORS_TOLD] for at in range(0, len(refusable), ERRORS_TOLD)):
        answer = asha.http.request(method, path, json=WRITES[write] | dict.fromkeys(some, "SUPER_ADMIN"))
        assert answer.status_code == 422, answer.text
        refused = {error["field"].removeprefix("/") for error in answer.json()["errors"]}
        assert refused >= set(some), "each of them is refused, none only left out"
    assert asha.http.get("/api/users/me/").json() == before
    assert asha.http.get("/api/users/me/settings/").json() == settings


def test_a_blocked_login_is_told_to_its_owner_alone(platform: Platform, people: People) -> None:
    person = people.ready()

    def guess() -> httpx.Response:
        # Past the door and its limit by address, which other tests share.
        body = {"email": person.email, "password": "not-the-password"}
        return httpx.post(f"{platform.service_url('auth')}/api/auth/login/", json=body)

    answers = [guess() for _ in range(60)]
    assert answers[-1].status_code == 429, answers[-1].text
    assert person.http.get("/api/users/me/").status_code == 200, "open sessions go on"
    token = link_for(platform, person, "Tries to log in").partition("token=")[2]
    opened = person.http.post("/api/auth/unblock/", json={"token": token})
    assert opened.status_code == 200, opened.text
    person.log_in()
    subjects = [str(mail["Subject"]) for mail in platform.mails(person.email)]
    assert sum("Tries to log in" in subject for subject in subjects) == 1
