"""The demo user of a development platform: there from the first start, so that somebody can look around at once."""

from __future__ import annotations

from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.security.passwords import Passwords
from libs.contracts.auth import UserRegistered, UserVerified
from services.auth.accounts import tables
from services.auth.accounts.tables import User
from services.auth.profile.service import store_default_settings

log = get_logger(__name__)

DEMO_EMAIL = "trader@example.com"
DEMO_USERNAME = "demo_trader"
DEMO_PASSWORD = "demo-trader-2026"  # noqa: S105  known to everybody, in development only


async def seed_demo_user(db: Database, passwords: Passwords, clock: Clock, terms_version: str) -> bool:
    """Make the demo user, confirmed, unless there is one. Says whether it did."""
    async with db.read() as session:
        if await tables.find_by_email(session, DEMO_EMAIL) is not None:
            return False
        is_taken = await tables.is_username_taken(session, DEMO_USERNAME)
    password_hash = await passwords.hash(DEMO_PASSWORD)
    now = clock.now()
    user = User(
        id=uuid7(),
        email=DEMO_EMAIL,
        email_key=DEMO_EMAIL,
        username=None if is_taken else DEMO_USERNAME,
        password_hash=password_hash,
        first_name="Demo",
        last_name="Trader",
        email_verified_at=now,
        terms_accepted_at=now,
        terms_version=terms_version,
        walked_at=now,
        created_at=now,
        updated_at=now,
    )
    async with db.transaction() as tx:
        if not await tables.add_if_new(tx.session, user):
            return False
        tx.announce(UserRegistered(user_id=user.id))
        tx.announce(
            UserVerified(user_id=user.id, email=DEMO_EMAIL, first_name=user.first_name, last_name=user.last_name)
        )
        await store_default_settings(tx, user.id, clock)
    log.info("demo_user_made")
    return True
