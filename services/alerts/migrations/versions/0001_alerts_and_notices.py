"""Instruments, alerts, firings, recipients and deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from libs.common.migrations import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
PRICE = sa.Numeric(18, 4)


def upgrade() -> None:
    create_common_tables(op, "alerts")
    op.create_table(
        "instruments",
        sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instruments"),
        sa.UniqueConstraint("instrument", name="uq_instruments_instrument"),
        schema="alerts",
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("alert_type", sa.Text, nullable=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("threshold_price", PRICE, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("status_reason", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("armed_at", INSTANT, nullable=False),
        sa.Column("triggered_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("number", name="uq_alerts_number"),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["alerts.instruments.id"], name="fk_alerts_instrument_id_instruments"
        ),
        sa.CheckConstraint("alert_type = 'threshold'", name="ck_alerts_alert_type"),
        sa.CheckConstraint("condition IN ('above', 'below')", name="ck_alerts_condition"),
        sa.CheckConstraint("threshold_price > 0", name="ck_alerts_threshold_price"),
        sa.CheckConstraint(
            "status IN ('active', 'triggered', 'paused', 'expired', 'needs_review')", name="ck_alerts_status"
        ),
        # Number and version are joined into one int64 by the engine: 39 and 24 bits.
        sa.CheckConstraint("number BETWEEN 1 AND 549755813887", name="ck_alerts_number"),
        sa.CheckConstraint("version BETWEEN 1 AND 16777215", name="ck_alerts_version"),
        sa.CheckConstraint("char_length(note) <= 200", name="ck_alerts_note"),
        schema="alerts",
    )
    op.create_index("ix_alerts_user_id_created_at_id", "alerts", ["user_id", "created_at", "id"], schema="alerts")
    op.create_index(
        "ix_alerts_active_user_id",
        "alerts",
        ["user_id"],
        schema="alerts",
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(
        "ix_alerts_active_instrument_id",
        "alerts",
        ["instrument_id"],
        schema="alerts",
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "allowances",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("active_alerts", sa.Integer),
        sa.Column("upgrade_to", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("heard_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_allowances"),
        schema="alerts",
    )
    op.create_table(
        "triggered_alerts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("alert_id", sa.Uuid, nullable=False),
        sa.Column("alert_version", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("threshold_price", PRICE, nullable=False),
        sa.Column("price", PRICE, nullable=False),
        sa.Column("reached_at", INSTANT, nullable=False),
        sa.Column("triggered_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_triggered_alerts"),
        sa.UniqueConstraint("alert_id", "alert_version", name="uq_triggered_alerts_alert_id_alert_version"),
        schema="alerts",
    )
    op.create_index(
        "ix_triggered_alerts_user_id_triggered_at_id",
        "triggered_alerts",
        ["user_id", "triggered_at", "id"],
        schema="alerts",
    )
    op.create_table(
        "tick_positions",
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("entry_id", sa.Text, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_tick_positions"),
        schema="alerts",
    )
    op.create_table(
        "recipients",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("suppressed_reason", sa.Text),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_recipients"),
        schema="alerts",
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("triggered_id", sa.Uuid),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("data", postgresql.JSONB),
        sa.Column("sealed", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("key", name="uq_deliveries_key"),
        sa.CheckConstraint("status IN ('queued', 'sent', 'failed', 'suppressed')", name="ck_deliveries_status"),
        sa.CheckConstraint("sealed IS NULL OR data IS NULL", name="ck_deliveries_one_content"),
        schema="alerts",
    )
    op.create_index(
        "ix_deliveries_urgency_due_at",
        "deliveries",
        ["urgency", "due_at"],
        schema="alerts",
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_deliveries_triggered_id",
        "deliveries",
        ["triggered_id"],
        schema="alerts",
        postgresql_where=sa.text("triggered_id IS NOT NULL"),
    )
    op.create_index("ix_deliveries_user_id", "deliveries", ["user_id"], schema="alerts")


def downgrade() -> None:
    for table in (
        "deliveries",
        "recipients",
        "tick_positions",
        "triggered_alerts",
        "allowances",
        "alerts",
        "instruments",
    ):
        op.drop_table(table, schema="alerts")
    drop_common_tables(op, "alerts")
