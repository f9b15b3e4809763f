"""Members of staff on a running platform: a role of the table, and a session that says it was proved by two factors."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import asyncpg
from playwright.sync_api import Browser

from tests.support.browser import WIDE, Look, Window
from tests.support.person import People, Person
from tests.support.platform import Platform


def execute(platform: Platform, statement: str, arguments: Sequence[object]) -> None:
    """Execute a statement as the database's administrator, also where a loop runs already (as in browser tests)."""

    async def run() -> None:
        connection = await asyncpg.connect(platform.admin_database_url)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(run())).result()


def appoint(platform: Platform, email: str, role: str) -> None:
    """Give a person a role, as if it had always been theirs."""
    execute(platform, "UPDATE auth.users SET role = $2 WHERE email_key = lower($1)", (email, role))


_WHO = "(SELECT id FROM auth.users WHERE email_key = lower($1))"


def prove_by_two(platform: Platform, email: str) -> None:
    """Have a person hold a second factor, and the open sessions say that it was given just now.

    The next refresh tells it.
    """
    execute(
        platform, f"UPDATE auth.sessions SET amr = '{{pwd,otp}}', auth_time = now() WHERE user_id = {_WHO}", (email,)
    )
    execute(
        platform,
        "INSERT INTO auth.totp_factors (user_id, secret, last_step, created_at, confirmed_at)"
        f" VALUES ({_WHO}, 'none', 0, now(), now()) ON CONFLICT DO NOTHING",
        (email,),
    )


def forget_factors(platform: Platform, email: str) -> None:
    """Have a person log in by the password alone again."""
    execute(platform, f"DELETE FROM auth.totp_factors WHERE user_id = {_WHO}", (email,))


def administrator(platform: Platform, people: People) -> Person:
    """Somebody who may do everything, as far as their session proves it."""
    person = people.ready()
    appoint(platform, person.email, "SUPER_ADMIN")
    return person


def open_as(
    browser: Browser, platform: Platform, staff: Person, look: Look = WIDE, *, to: str = "/dashboard"
) -> Window:
    """Open a page in a window of a member of staff who has just given a second factor."""
    window = Window(browser, platform.url, look)
    forget_factors(platform, staff.email)
    window.enter(staff.email, staff.password)
    prove_by_two(platform, staff.email)
    window.page.goto(to)
    return window
