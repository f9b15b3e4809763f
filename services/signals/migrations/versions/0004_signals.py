"""Followed strategies, the signals that they make, and to whom these are offered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

INSTANT = postgresql.TIMESTAMP(timezone=True)
PRICE = sa.Numeric(18, 4)
RATE = sa.Numeric(24, 10)


def upgrade() -> None:
    op.create_table(
        "follows",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("strategy_id", sa.Uuid, nullable=False),
        sa.Column("version_id", sa.Uuid, nullable=False),
        sa.Column("version_number", sa.Integer, nullable=False),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("document", postgresql.JSONB, nullable=False),
        sa.Column("interval", sa.Text, nullable=False),
        sa.Column("capital", PRICE),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("ended_reason", sa.Text),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_follows"),
        sa.CheckConstraint("capital > 0", name=op.f("ck_follows_capital")),
        sa.CheckConstraint("status IN ('active', 'ended')", name=op.f("ck_follows_status")),
        schema="signals",
    )
    op.create_index(
        "ix_follows_user_id_created_at_id", "follows", ["user_id", "created_at", "id"], schema="signals",
    )
    op.create_index(
        "uq_follows_active_version_id", "follows", ["version_id"], schema="signals", unique=True, postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "followed_instruments",
        sa.Column("follow_id", sa.Uuid, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("warm_ms", sa.BigInteger),
        sa.Column("begun_ms", sa.BigInteger),
        sa.Column("seen_ms", sa.BigInteger),
        sa.Column("due", sa.Boolean, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("held_until", INSTANT, nullable=False),
        sa.Column("looked_at", INSTANT),
        sa.Column("trouble", sa.Text),
        sa.PrimaryKeyConstraint("follow_id", "instrument", name="pk_followed_instruments"),
        sa.ForeignKeyConstraint(["follow_id"], ["signals.follows.id"], name="fk_followed_instruments_follow_id_follows", ondelete="CASCADE"),
        schema="signals",
    )
    op.create_index(
        "ix_followed_instruments_instrument", "followed_instruments", ["instrument"], schema="signals",
    )
    op.create_index(
        "ix_followed_instruments_due", "followed_instruments", ["held_until"], schema="signals", postgresql_where=sa.text("due"),
    )
    op.create_table(
        "signals",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("strategy_id", sa.Uuid, nullable=False),
        sa.Column("version_id", sa.Uuid, nullable=False),
        sa.Column("version_number", sa.Integer, nullable=False),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("interval", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("ended_by", sa.Text),
        sa.Column("reference_price", PRICE, nullable=False),
        sa.Column("entry_price", PRICE),
        sa.Column("entry_at", INSTANT),
        sa.Column("stop", PRICE),
        sa.Column("target", PRICE),
        sa.Column("stop_atr", sa.Boolean, nullable=False),
        sa.Column("target_atr", sa.Boolean, nullable=False),
        sa.Column("exit_price", PRICE),
        sa.Column("exit_at", INSTANT),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("costs", RATE),
        sa.Column("net", RATE),
        sa.Column("score", RATE, nullable=False),
        sa.Column("confidence", RATE),
        sa.Column("fused_by", sa.Text, nullable=False),
        sa.Column("voices", postgresql.JSONB, nullable=False),
        sa.Column("reasons", postgresql.JSONB, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("is_ai_generated", sa.Boolean, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("disclosure_id", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("data_as_of", INSTANT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signals"),
        sa.CheckConstraint("side IN ('long', 'short')", name=op.f("ck_signals_side")),
        sa.UniqueConstraint("version_id", "instrument", "at", name="uq_signals_version_id_instrument_at"),
        sa.CheckConstraint("status IN ('active', 'hit_target', 'stopped', 'exited', 'expired', 'cancelled')", name=op.f("ck_signals_status")),
        sa.CheckConstraint("basis IN ('hypothetical', 'live')", name=op.f("ck_signals_basis")),
        schema="signals",
    )
    op.create_index(
        "ix_signals_active", "signals", ["instrument", "version_id"], schema="signals", postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(
        "ix_signals_unsettled", "signals", ["version_id", "instrument"], schema="signals", postgresql_where=sa.text("NOT settled"),
    )
    op.create_index(
        "ix_signals_version_id_made_at", "signals", ["version_id", "made_at", "id"], schema="signals",
    )
    op.create_table(
        "signal_offers",
        sa.Column("signal_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("tells", sa.Boolean, nullable=False),
        sa.Column("units", sa.Integer),
        sa.Column("invested", PRICE),
        sa.Column("at_risk", PRICE),
        sa.Column("capital", PRICE),
        sa.Column("capital_of", sa.Text, nullable=False),
        sa.Column("offered_at", INSTANT, nullable=False),
        sa.Column("dismissed_at", INSTANT),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.signals.id"], name="fk_signal_offers_signal_id_signals", ondelete="CASCADE"),
        sa.CheckConstraint("capital_of IN ('account', 'stated', 'none')", name=op.f("ck_signal_offers_capital_of")),
        sa.PrimaryKeyConstraint("signal_id", "user_id", name="pk_signal_offers"),
        schema="signals",
    )
    op.create_index(
        "ix_signal_offers_told", "signal_offers", ["user_id", "offered_at"], schema="signals", postgresql_where=sa.text("tells"),
    )
    op.create_index(
        "ix_signal_offers_user_id_offered_at", "signal_offers", ["user_id", "offered_at", "signal_id"], schema="signals",
    )


def downgrade() -> None:
    for table in ("signal_offers", "signals", "followed_instruments", "follows"):
        op.drop_table(table, schema="signals")
