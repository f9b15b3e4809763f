"""Channels, preferences, notices and webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column(
        "allowances",
        sa.Column("channels", postgresql.ARRAY(sa.Text), nullable=False, server_default="{in_app,mail}"),
        schema="alerts",
    )
    # What was heard before tells no channels: whatever billing says next counts.
    op.execute("UPDATE alerts.allowances SET version = -1")
    _widen_deliveries()
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("triggered_id", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("key", name="uq_notices_key"),
        schema="alerts",
    )
    op.create_index("ix_notices_user_id_created_at_id", "notices", ["user_id", "created_at", "id"], schema="alerts")
    op.create_index(
        "ix_notices_unread_user_id",
        "notices",
        ["user_id", "created_at", "id"],
        schema="alerts",
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("wishes", postgresql.JSONB, nullable=False),
        sa.Column("quiet_from", sa.Integer),
        sa.Column("quiet_to", sa.Integer),
        sa.Column("digest_at", sa.Integer, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_preferences"),
        sa.CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name=op.f("ck_preferences_quiet")),
        sa.CheckConstraint("digest_at BETWEEN 0 AND 1439", name=op.f("ck_preferences_digest_at")),
        schema="alerts",
    )
    _create_addresses()
    _create_webhooks()


def _widen_deliveries() -> None:
    # One name for a channel everywhere: what billing and people's rules call it.
    op.execute(
        "UPDATE alerts.deliveries SET channel = 'mail', key = CASE WHEN purpose = 'alert_triggered' THEN"
        " left(key, -5) || 'mail' ELSE key END"
        " WHERE channel = 'email'"
    )
    for column in (
        sa.Column("lane", sa.Text, nullable=False, server_default="post"),
        sa.Column("notice_id", sa.Uuid),
        sa.Column("address_id", sa.Uuid),
        sa.Column("digest_id", sa.Uuid),
        # When the tries began: what is replayed by hand has its whole time again.
        sa.Column("opened_at", INSTANT),
    ):
        op.add_column("deliveries", column, schema="alerts")
    op.execute("UPDATE alerts.deliveries SET opened_at = created_at")
    op.alter_column("deliveries", "opened_at", nullable=False, schema="alerts")
    # Its name was put together twice when it was made.
    op.drop_constraint(op.f("ck_deliveries_ck_deliveries_status"), "deliveries", schema="alerts")
    op.create_check_constraint(
        op.f("ck_deliveries_status"),
        "deliveries",
        "status IN ('queued', 'sent', 'failed', 'suppressed', 'collected', 'digested')",
        schema="alerts",
    )
    op.drop_index("ix_deliveries_urgency_due_at", "deliveries", schema="alerts")
    op.create_index(
        "ix_deliveries_lane_urgency_due_at",
        "deliveries",
        ["lane", "urgency", "due_at"],
        schema="alerts",
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_deliveries_collected_due_at",
        "deliveries",
        ["due_at"],
        schema="alerts",
        postgresql_where=sa.text("status = 'collected'"),
    )
    op.create_index(
        "ix_deliveries_notice_id",
        "deliveries",
        ["notice_id"],
        schema="alerts",
        postgresql_where=sa.text("notice_id IS NOT NULL"),
    )
    op.create_index(
        "ix_deliveries_address_id",
        "deliveries",
        ["address_id", "created_at", "id"],
        schema="alerts",
        postgresql_where=sa.text("address_id IS NOT NULL"),
    )
    op.create_index("ix_deliveries_created_at_id", "deliveries", ["created_at", "id"], schema="alerts")


def _create_addresses() -> None:
    op.create_table(
        "addresses",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text),
        sa.Column("print", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("code_print", sa.Text),
        sa.Column("code_ends_at", INSTANT),
        sa.Column("code_tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_addresses"),
        sa.CheckConstraint("status IN ('pending', 'active', 'disabled')", name=op.f("ck_addresses_status")),
        sa.CheckConstraint("channel IN ('push', 'telegram', 'slack', 'sms')", name=op.f("ck_addresses_channel")),
        schema="alerts",
    )
    op.create_index("ix_addresses_user_id", "addresses", ["user_id"], schema="alerts")
    op.create_index(
        "uq_addresses_user_id_channel_print",
        "addresses",
        ["user_id", "channel", "print"],
        unique=True,
        schema="alerts",
        postgresql_where=sa.text("print IS NOT NULL"),
    )
    op.create_index(
        "uq_addresses_code_print",
        "addresses",
        ["code_print"],
        unique=True,
        schema="alerts",
        postgresql_where=sa.text("code_print IS NOT NULL"),
    )


def _create_webhooks() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("failing_since", INSTANT),
        sa.Column("sequence", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoints"),
        sa.CheckConstraint("status IN ('active', 'disabled')", name=op.f("ck_webhook_endpoints_status")),
        schema="alerts",
    )
    op.create_index("ix_webhook_endpoints_user_id", "webhook_endpoints", ["user_id"], schema="alerts")
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("endpoint_id", sa.Uuid, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_secrets"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["alerts.webhook_endpoints.id"],
            name="fk_webhook_secrets_endpoint_id_webhook_endpoints",
            ondelete="CASCADE",
        ),
        schema="alerts",
    )
    op.create_index("ix_webhook_secrets_endpoint_id", "webhook_secrets", ["endpoint_id"], schema="alerts")
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("delivery_id", sa.Uuid, nullable=False),
        sa.Column("endpoint_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("http_status", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("response", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_attempts"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["alerts.webhook_endpoints.id"],
            name="fk_webhook_attempts_endpoint_id_webhook_endpoints",
            ondelete="CASCADE",
        ),
        schema="alerts",
    )
    op.create_index("ix_webhook_attempts_delivery_id", "webhook_attempts", ["delivery_id"], schema="alerts")
    op.create_index("ix_webhook_attempts_endpoint_id", "webhook_attempts", ["endpoint_id"], schema="alerts")
    op.create_index("ix_webhook_attempts_at", "webhook_attempts", ["at"], schema="alerts")


def downgrade() -> None:
    for table in ("webhook_attempts", "webhook_secrets", "webhook_endpoints", "addresses", "preferences", "notices"):
        op.drop_table(table, schema="alerts")
    # What the older schema has no word for is over for it.
    op.execute("DELETE FROM alerts.deliveries WHERE channel NOT IN ('mail', 'sms')")
    op.execute("UPDATE alerts.deliveries SET status = 'suppressed' WHERE status IN ('collected', 'digested')")
    op.execute(
        "UPDATE alerts.deliveries SET channel = 'email', key = CASE WHEN purpose = 'alert_triggered' THEN"
        " left(key, -4) || 'email' ELSE key END"
        " WHERE channel = 'mail'"
    )
    for index in (
        "ix_deliveries_created_at_id",
        "ix_deliveries_address_id",
        "ix_deliveries_notice_id",
        "ix_deliveries_collected_due_at",
        "ix_deliveries_lane_urgency_due_at",
    ):
        op.drop_index(index, "deliveries", schema="alerts")
    op.create_index(
        "ix_deliveries_urgency_due_at",
        "deliveries",
        ["urgency", "due_at"],
        schema="alerts",
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.drop_constraint(op.f("ck_deliveries_status"), "deliveries", schema="alerts")
    op.create_check_constraint(
        op.f("ck_deliveries_ck_deliveries_status"),
        "deliveries",
        "status IN ('queued', 'sent', 'failed', 'suppressed')",
        schema="alerts",
    )
    for column in ("opened_at", "digest_id", "address_id", "notice_id", "lane"):
        op.drop_column("deliveries", column, schema="alerts")
    op.drop_column("allowances", "channels", schema="alerts")
