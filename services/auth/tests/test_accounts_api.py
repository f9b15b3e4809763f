from __future__ import annotations

from libs.common.db import Database
from services.auth.tests.conftest import EMAIL, PASSWORD, Mailbox, Person


async def test_a_person_registers_confirms_and_logs_in(
    person: Person, mailbox: Mailbox, db: Database, published, bearer
):
    answer = await person.register()
    assert answer.status_code == 202
    [mail] = await mailbox.commands()
    assert (mail.to, mail.purpose, mail.name) == (EMAIL, "verify_email", "Asha")

    answer = await person.client.post("/api/auth/verify-email/", json={"token": await mailbox.last_token()})
    assert answer.json() == {"email_verified": True, "email": EMAIL, "username": "asha_rao", "username_taken": False}

    body = await person.tokens()
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    assert body["user"]["username"] == "asha_rao"
    me = await person.client.get("/api/users/me/", headers=bearer(body["access_token"]))
    assert me.status_code == 200, me.text
    assert me.json()["phone"] == "+919812345678"
    assert [event.type for event in await published(db)] == ["auth.user.registered.v1", "auth.user.verified.v1"]


async def test_login_takes_the_username_too(person: Person):
    await person.register_and_verify()
    assert (await person.log_in(name={"username": "ASHA_rao"})).status_code == 200
    assert (
        await person.client.post("/api/users/login", json={"username": EMAIL, "password": PASSWORD})
    ).status_code == 200
