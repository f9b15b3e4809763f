"""Backtests, their reports, and how many each person asked for on a day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "backtests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("strategy_id", sa.Uuid, nullable=False),
        sa.Column("version_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("parameters", postgresql.JSONB, nullable=False),
        sa.Column("place", INSTANT, nullable=False),
        sa.Column("at_once", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("runner", sa.Uuid),
        sa.Column("lease_until", INSTANT),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("error_code", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("code_version", sa.Text),
        sa.Column("data_hash", sa.Text),
        sa.Column("report_hash", sa.Text),
        sa.Column("headline", postgresql.JSONB),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_backtests"),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_backtests_status")
        ),
        sa.CheckConstraint("kind IN ('run', 'sweep', 'walk_forward')", name=op.f("ck_backtests_kind")),
        schema="signals",
    )
    op.create_index(
        "ix_backtests_user_id_created_at_id", "backtests", ["user_id", "created_at", "id"], schema="signals"
    )
    op.create_index(
        "ix_backtests_place",
        "backtests",
        ["place"],
        schema="signals",
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_index("ix_backtests_created_at", "backtests", ["created_at"], schema="signals")
    op.create_table(
        "backtest_reports",
        sa.Column("backtest_id", sa.Uuid, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("backtest_id", name="pk_backtest_reports"),
        sa.ForeignKeyConstraint(
            ["backtest_id"],
            ["signals.backtests.id"],
            name="fk_backtest_reports_backtest_id_backtests",
            ondelete="CASCADE",
        ),
        schema="signals",
    )
    op.create_table(
        "backtest_days",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "day", name="pk_backtest_days"),
        schema="signals",
    )


def downgrade() -> None:
    for table in ("backtest_days", "backtest_reports", "backtests"):
        op.drop_table(table, schema="signals")
