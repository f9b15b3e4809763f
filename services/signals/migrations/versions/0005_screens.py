"""Scans that people asked for, with what they found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "screens",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("expression", sa.Text, nullable=False),
        sa.Column("meaning", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("interval", sa.Text, nullable=False),
        sa.Column("day", sa.Date),
        sa.Column("exchange", sa.Text),
        sa.Column("instruments", postgresql.ARRAY(sa.Text)),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("matched", sa.Integer, nullable=False),
        sa.Column("unknown", sa.Integer, nullable=False),
        sa.Column("matches", postgresql.JSONB, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_screens"),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_screens_status")
        ),
        sa.CheckConstraint("char_length(expression) <= 2000", name=op.f("ck_screens_expression")),
        schema="signals",
    )
    op.create_index("ix_screens_user_id_created_at_id", "screens", ["user_id", "created_at", "id"], schema="signals")
    op.create_index(
        "ix_screens_unfinished",
        "screens",
        ["created_at"],
        schema="signals",
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )


def downgrade() -> None:
    op.drop_table("screens", schema="signals")
