"""How and when a session was proved; the security log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_INSTANT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("sessions", sa.Column("auth_time", _INSTANT), schema="auth")
    op.add_column("sessions", sa.Column("amr", postgresql.ARRAY(sa.Text())), schema="auth")
    op.execute("UPDATE auth.sessions SET auth_time = created_at, amr = ARRAY['pwd']")
    op.alter_column("sessions", "auth_time", nullable=False, schema="auth")
    op.alter_column("sessions", "amr", nullable=False, schema="auth")
    op.create_table(
        "security_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["auth.users.id"], name=op.f("fk_security_events_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_events")),
        schema="auth",
    )
    op.create_index("ix_security_events_user_id_at_id", "security_events", ["user_id", "at", "id"], schema="auth")


def downgrade() -> None:
    op.drop_table("security_events", schema="auth")
    op.drop_column("sessions", "amr", schema="auth")
    op.drop_column("sessions", "auth_time", schema="auth")
