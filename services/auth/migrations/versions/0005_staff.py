"""What staff do: finding people, changes of role that wait for a second word, acting as another."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_INSTANT = sa.TIMESTAMP(timezone=True)
_USER = "auth.users.id"
_SEARCHED = (
    "lower(email || ' ' || coalesce(username, '') || ' ' || first_name || ' ' || last_name || ' ' || coalesce(phone, ''))"
)


def upgrade() -> None:
    op.add_column("users", sa.Column("search", sa.Text(), sa.Computed(_SEARCHED, persisted=True)), schema="auth")
    op.alter_column("users", "search", nullable=False, schema="auth")
    op.create_index("ix_users_created_at_id", "users", ["created_at", "id"], schema="auth")
    op.create_index(
        "ix_users_search",
        "users",
        ["search"],
        schema="auth",
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_table(
        "role_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("from_role", sa.Text(), nullable=False),
        sa.Column("to_role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_at", _INSTANT),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'expired')", name=op.f("ck_role_changes_state")
        ),
        sa.ForeignKeyConstraint(["user_id"], [_USER], name=op.f("fk_role_changes_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_changes")),
        schema="auth",
    )
    op.create_index("ix_role_changes_asked_at_id", "role_changes", ["asked_at", "id"], schema="auth")
    op.create_index(
        "uq_role_changes_waiting",
        "role_changes",
        ["user_id"],
        unique=True,
        schema="auth",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "acting_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_consent", sa.Boolean(), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.ForeignKeyConstraint(
            ["staff_id"], [_USER], name=op.f("fk_acting_sessions_staff_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], [_USER], name=op.f("fk_acting_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acting_sessions")),
        schema="auth",
    )
    op.create_index("ix_acting_sessions_staff_id", "acting_sessions", ["staff_id"], schema="auth")
    op.create_index("ix_acting_sessions_user_id", "acting_sessions", ["user_id"], schema="auth")
    op.create_table(
        "support_consents",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("given_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], [_USER], name=op.f("fk_support_consents_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_support_consents")),
        schema="auth",
    )


def downgrade() -> None:
    for table in ("support_consents", "acting_sessions", "role_changes"):
        op.drop_table(table, schema="auth")
    op.drop_index("ix_users_search", "users", schema="auth")
    op.drop_index("ix_users_created_at_id", "users", schema="auth")
    op.drop_column("users", "search", schema="auth")
