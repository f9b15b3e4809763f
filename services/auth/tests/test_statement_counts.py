"""What lists cost."""

from __future__ import annotations

from uuid import uuid4

import httpx
from sqlalchemy import select

from libs.common.db import Database
from libs.common.testing.statements import statements
from services.auth.sessions.tables import UserSession
from services.auth.tests.conftest import Person


async def test_listing_sessions_takes_the_same_statements_for_one_and_for_a_hundred(
    client: httpx.AsyncClient, db: Database, person: Person
) -> None:
    await person.register_and_verify()
    headers = {"authorization": f"Bearer {(await person.tokens())['access_token']}"}

    async def cost(rows: int) -> int:
        with statements() as sent:
            answer = await client.get("/api/auth/sessions/", headers=headers)
        assert len(answer.json()["items"]) == rows
        return len(sent)

    at_one = await cost(1)
    async with db.transaction() as tx:
        held = (await tx.session.scalars(select(UserSession))).one()
        kept = {column.key: getattr(held, column.key) for column in UserSession.__table__.columns}
        tx.session.add_all(UserSession(**{**kept, "id": uuid4()}) for _ in range(99))
    assert await cost(100) == at_one > 0
