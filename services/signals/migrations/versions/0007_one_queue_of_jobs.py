"""Scans wait, are leased and end as backtests do: both tables have the same columns of a job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

INSTANT = postgresql.TIMESTAMP(timezone=True)
UNFINISHED = sa.text("status IN ('queued', 'running')")


def upgrade() -> None:
    op.alter_column("backtests", "progress", new_column_name="done", schema="signals")
    op.add_column("backtests", sa.Column("total", sa.Integer, nullable=False, server_default="1000"), schema="signals")
    op.alter_column("backtests", "total", server_default=None, schema="signals")

    op.alter_column("screens", "reason", new_column_name="error", schema="signals")
    for name, kind in (("error_code", sa.Text), ("runner", sa.Uuid), ("lease_until", INSTANT), ("started_at", INSTANT)):
        op.add_column("screens", sa.Column(name, kind), schema="signals")
    op.add_column("screens", sa.Column("place", INSTANT), schema="signals")
    for name, kind, value in (("at_once", sa.Integer, "1"), ("attempts", sa.Integer, "0"), ("stage", sa.Text, "")):
        op.add_column("screens", sa.Column(name, kind, nullable=False, server_default=value), schema="signals")
        op.alter_column("screens", name, server_default=None, schema="signals")
    # One that runs is begun anew by the workers that come up with this.
    op.execute(
        """UPDATE signals.screens SET place = created_at,
        error_code = CASE status WHEN 'failed' THEN 'failed' END,
        status = CASE status WHEN 'running' THEN 'queued' ELSE status END"""
    )
    op.alter_column("screens", "place", nullable=False, schema="signals")
    op.drop_column("screens", "seen_at", schema="signals")
    op.drop_index("ix_screens_unfinished", "screens", schema="signals")
    op.create_index("ix_screens_place", "screens", ["place"], schema="signals", postgresql_where=UNFINISHED)


def downgrade() -> None:
    op.drop_index("ix_screens_place", "screens", schema="signals")
    op.create_index("ix_screens_unfinished", "screens", ["created_at"], schema="signals", postgresql_where=UNFINISHED)
    op.add_column("screens", sa.Column("seen_at", INSTANT), schema="signals")
    op.execute("UPDATE signals.screens SET seen_at = created_at")
    op.alter_column("screens", "seen_at", nullable=False, schema="signals")
    for name in ("place", "at_once", "attempts", "stage", "error_code", "runner", "lease_until", "started_at"):
        op.drop_column("screens", name, schema="signals")
    op.alter_column("screens", "error", new_column_name="reason", schema="signals")
    op.drop_column("backtests", "total", schema="signals")
    op.alter_column("backtests", "done", new_column_name="progress", schema="signals")
