"""The demo people of a development platform: there from the first start, so that somebody can look around at once."""

from __future__ import annotations

from dataclasses import dataclass

from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.ids import uuid7
from libs.common.logging import get_logger
from libs.common.security.fields import FieldCipher
from libs.common.security.passwords import Passwords
from libs.common.security.permissions import Role
from libs.contracts.auth import UserRegistered, UserVerified
from services.auth.accounts import tables
from services.auth.accounts.tables import User
from services.auth.profile.service import store_default_settings
from services.auth.second_factors.codes import totp_place
from services.auth.second_factors.tables import TotpFactor

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Demo:
    """Somebody whom everybody may be, in development only."""

    email: str
    username: str
    password: str
    last_name: str
    role: Role = Role.USER
    totp_secret: str | None = None


TRADER = Demo("trader@example.com", "demo_trader", "demo-trader-2026", "Trader")
STAFF = (
    Demo(
        "support@example.com",
        "demo_support",
        "demo-support-2026",
        "Support",
        Role.SUPPORT,
        "SUPPORTDEMOSUPPORTDEMOSUPPORT234",
    ),
    Demo(
        "admin@example.com",
        "demo_admin",
        "demo-admin-2026",
        "Admin",
        Role.SUPER_ADMIN,
        "ADMINDEMOADMINDEMOADMINDEMO23456",
    ),
)

DEMO_EMAIL, DEMO_USERNAME, DEMO_PASSWORD = TRADER.email, TRADER.username, TRADER.password


async def seed_demo_user(db: Database, passwords: Passwords, clock: Clock, terms_version: str) -> bool:
    """Make the demo user, confirmed, unless there is one. Says whether it did."""
    return await _seed(db, passwords, None, clock, terms_version, TRADER)


async def seed_demo_staff(
    db: Database, passwords: Passwords, cipher: FieldCipher, clock: Clock, terms_version: str
) -> int:
    """Make the demo members of staff, each with an authenticator app whose secret is known. Says how many it made."""
    return sum([await _seed(db, passwords, cipher, clock, terms_version, one) for one in STAFF])


async def _seed(
    db: Database, passwords: Passwords, cipher: FieldCipher | None, clock: Clock, terms_version: str, demo: Demo
) -> bool:
    async with db.read() as session:
        if await tables.find_by_email(session, demo.email) is not None:
            return False
        is_taken = await tables.is_username_taken(session, demo.username)
    password_hash = await passwords.hash(demo.password)
    now = clock.now()
    user = User(
        id=uuid7(),
        email=demo.email,
        email_key=demo.email,
        username=None if is_taken else demo.username,
        password_hash=password_hash,
        first_name="Demo",
        last_name=demo.last_name,
        role=demo.role,
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
            UserVerified(user_id=user.id, email=demo.email, first_name=user.first_name, last_name=user.last_name)
        )
        await store_default_settings(tx, user.id, clock)
        if demo.totp_secret is not None and cipher is not None:
            secret = cipher.encrypt(demo.totp_secret, place=totp_place(user.id))
            tx.session.add(TotpFactor(user_id=user.id, secret=secret, last_step=0, created_at=now, confirmed_at=now))
    log.info("demo_user_made", role=demo.role)
    return True
