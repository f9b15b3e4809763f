"""Mailed links, addresses and numbers that change, settings, the first steps, exports and erasures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

_INSTANT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("users", sa.Column("password_changed_at", _INSTANT), schema="auth")
    op.add_column("users", sa.Column("phone_confirmed_at", _INSTANT), schema="auth")
    # Whoever is here has accepted the terms that stood before versions were kept.
    op.add_column("users", sa.Column("terms_version", sa.Text(), nullable=False, server_default=""), schema="auth")
    op.alter_column("users", "terms_version", server_default=None, schema="auth")
    op.add_column("users", sa.Column("walked_at", _INSTANT), schema="auth")
    op.drop_constraint(op.f("ck_users_status"), "users", schema="auth")
    op.create_check_constraint(
        op.f("ck_users_status"), "users", "status IN ('active', 'locked', 'suspended', 'closing')", schema="auth"
    )
    op.create_index(
        "uq_users_confirmed_phone",
        "users",
        ["phone"],
        unique=True,
        schema="auth",
        postgresql_where=sa.text("phone_confirmed_at IS NOT NULL"),
    )
    op.create_table(
        "mailed_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid()),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
        _of_user("mailed_links"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mailed_links_token_hash")),
        schema="auth",
    )
    op.create_index("ix_mailed_links_user_id_purpose", "mailed_links", ["user_id", "purpose"], schema="auth")
    op.create_index(op.f("ix_mailed_links_expires_at"), "mailed_links", ["expires_at"], schema="auth")
    op.create_table(
        "email_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("new_confirmed_at", _INSTANT),
        sa.Column("old_confirmed_at", _INSTANT),
        sa.Column("ended_at", _INSTANT),
        _of_user("email_changes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_changes")),
        schema="auth",
    )
    op.create_index("ix_email_changes_user_id", "email_changes", ["user_id"], schema="auth")
    op.create_table(
        "phone_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        _of_user("phone_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_codes")),
        schema="auth",
    )
    op.create_index("ix_phone_codes_user_id_created_at", "phone_codes", ["user_id", "created_at"], schema="auth")
    op.create_index("ix_phone_codes_phone_created_at", "phone_codes", ["phone", "created_at"], schema="auth")
    op.create_table(
        "user_settings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        _of_user("user_settings"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_settings")),
        schema="auth",
    )
    op.create_table(
        "first_steps",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        _of_user("first_steps"),
        sa.CheckConstraint("state IN ('done', 'skipped')", name=op.f("ck_first_steps_state")),
        sa.PrimaryKeyConstraint("user_id", "step", name=op.f("pk_first_steps")),
        schema="auth",
    )
    op.create_table(
        "data_exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", sa.Text()),
        sa.Column("missing", postgresql.JSONB(), nullable=False),
        sa.Column("next_try_at", _INSTANT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("ready_at", _INSTANT),
        sa.Column("expires_at", _INSTANT, nullable=False),
        _of_user("data_exports"),
        sa.CheckConstraint("state IN ('preparing', 'ready')", name=op.f("ck_data_exports_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_exports")),
        sa.UniqueConstraint("user_id", name=op.f("uq_data_exports_user_id")),
        schema="auth",
    )
    # No key on users: the row outlives the person's account until every service has answered.
    op.create_table(
        "erasures",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("answered", postgresql.JSONB(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", _INSTANT, nullable=False),
        sa.Column("begun_at", _INSTANT),
        sa.Column("finished_at", _INSTANT),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_erasures")),
        schema="auth",
    )
    op.create_index(
        "ix_erasures_due",
        "erasures",
        ["next_try_at"],
        schema="auth",
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def downgrade() -> None:
    for table in (
        "erasures",
        "data_exports",
        "first_steps",
        "user_settings",
        "phone_codes",
        "email_changes",
        "mailed_links",
    ):
        op.drop_table(table, schema="auth")
    op.drop_index("uq_users_confirmed_phone", "users", schema="auth")
    op.execute("UPDATE auth.users SET status = 'locked' WHERE status = 'closing'")
    op.drop_constraint(op.f("ck_users_status"), "users", schema="auth")
    op.create_check_constraint(
        op.f("ck_users_status"), "users", "status IN ('active', 'locked', 'suspended')", schema="auth"
    )
    for column in ("walked_at", "terms_version", "phone_confirmed_at", "password_changed_at"):
        op.drop_column("users", column, schema="auth")


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["auth.users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )
