"""People and the links that confirm their addresses, with every query on them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, LargeBinary, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from libs.common.ids import uuid7
from services.auth.accounts.rules import AccountStatus
from services.auth.schema import Base

SEARCHED = (
    "lower(email || ' ' || coalesce(username, '') || ' ' || first_name || ' ' || last_name || ' '"
    " || coalesce(phone, ''))"
)


class User(Base):
    """A person. Until the address is confirmed, the newest registration's credentials stand here and open nothing."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'locked', 'suspended', 'closing')", name="status"),
        # A number may be shared until somebody confirms it (decisions 7).
        Index(
            "uq_users_confirmed_phone", "phone", unique=True, postgresql_where=text("phone_confirmed_at IS NOT NULL")
        ),
        Index(
            "ix_users_wanted_username",
            "wanted_username",
            postgresql_where=text("username IS NULL AND wanted_username IS NOT NULL"),
        ),
        Index("ix_users_created_at_id", "created_at", "id"),
        Index("ix_users_search", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    """The address as it is compared: lower case."""
    username: Mapped[str | None] = mapped_column(unique=True)
    """Taken when the address is confirmed, so that nobody can hold a name with an address that is not theirs."""
    wanted_username: Mapped[str | None]
    password_hash: Mapped[str]
    password_changed_at: Mapped[datetime | None]
    first_name: Mapped[str]
    last_name: Mapped[str]
    phone: Mapped[str | None]
    phone_confirmed_at: Mapped[datetime | None]
    role: Mapped[str] = mapped_column(default="USER")
    tier: Mapped[str] = mapped_column(default="BASIC")
    entitlements_version: Mapped[int] = mapped_column(default=0)
    token_version: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(default=AccountStatus.ACTIVE)
    email_verified_at: Mapped[datetime | None]
    terms_accepted_at: Mapped[datetime]
    terms_version: Mapped[str] = mapped_column(default="")
    """Which terms were accepted then; empty for who came before versions were kept."""
    walked_at: Mapped[datetime | None]
    """When the first steps were walked through or put off: they are offered by themselves once."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    search: Mapped[str] = mapped_column(Computed(SEARCHED, persisted=True), deferred=True)
    """What staff find a person by; the database keeps it."""

    @property
    def is_verified(self) -> bool:
        return self.email_verified_at is not None


class EmailVerification(Base):
    """A mailed link. It carries the registration that it confirms.

    Whoever registers a stranger's address must not decide the password behind the stranger's own link, so confirming a
    link puts the credentials of *its* registration in force.
    """

    __tablename__ = "email_verifications"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    password_hash: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]
    phone: Mapped[str | None]
    wanted_username: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


async def find_by_login(session: AsyncSession, name: str) -> User | None:
    """Find whom a login names: by address, by username, or by the username that an unconfirmed account asked for."""
    query = (
        select(User)
        .where(
            (User.email_key == name)
            | (User.username == name)
            | (User.username.is_(None) & (User.wanted_username == name))
        )
        .order_by(User.email_verified_at.is_(None), User.created_at.desc())
        .limit(1)
    )
    return (await session.scalars(query)).first()


async def find(session: AsyncSession, user_id: UUID) -> User | None:
    return await session.get(User, user_id)


async def lock(session: AsyncSession, user_id: UUID) -> User | None:
    """Take a person as they are now; the next who wants them waits until this transaction ends."""
    return await session.get(User, user_id, with_for_update=True, populate_existing=True)


async def find_by_email(session: AsyncSession, email_key: str, *, lock: bool = False) -> User | None:
    query = select(User).where(User.email_key == email_key)
    return (await session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def add_if_new(session: AsyncSession, user: User) -> bool:
    """Insert a person unless the address is known already. Says whether it did."""
    values = {column.key: getattr(user, column.key) for column in User.__table__.columns if column.key in vars(user)}
    query = insert(User).values(**values).on_conflict_do_nothing(index_elements=["email_key"]).returning(User.id)
    return (await session.scalar(query)) is not None


async def is_username_taken(session: AsyncSession, username: str) -> bool:
    return (await session.scalar(select(User.id).where(User.username == username))) is not None


async def lock_username(session: AsyncSession, username: str) -> None:
    """Wait until no other transaction takes this name; held until the end of the transaction."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(username, 0))))


async def count_verifications_since(session: AsyncSession, user_id: UUID, since: datetime) -> int:
    query = select(func.count()).where(EmailVerification.user_id == user_id, EmailVerification.created_at > since)
    return await session.scalar(query) or 0


async def use_verification(session: AsyncSession, token_hash: bytes, now: datetime) -> EmailVerification | None:
    """Use a link up, once however many try at the same time. None when it is unknown, used or past its end."""
    query = (
        update(EmailVerification)
        .where(
            EmailVerification.token_hash == token_hash,
            EmailVerification.used_at.is_(None),
            EmailVerification.expires_at > now,
        )
        .values(used_at=now)
        .returning(EmailVerification)
    )
    return (await session.scalars(query)).one_or_none()


async def void_verifications(session: AsyncSession, user_id: UUID) -> None:
    """Drop all links of a person whose address is confirmed."""
    await session.execute(delete(EmailVerification).where(EmailVerification.user_id == user_id))


async def drop_ended_verifications(session: AsyncSession, before: datetime) -> None:
    """Drop links that ended before an instant. The accounts stay: a new link can be asked for."""
    await session.execute(delete(EmailVerification).where(EmailVerification.expires_at < before))


async def erase(session: AsyncSession, user_id: UUID) -> None:
    """Delete a person, with all links and sessions."""
    await session.execute(delete(User).where(User.id == user_id))
