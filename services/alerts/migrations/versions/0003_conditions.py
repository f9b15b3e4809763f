"""Conditions, frequencies and what else an alert may say."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

INSTANT = postgresql.TIMESTAMP(timezone=True)
FIRST_TYPE_CHECK = "ck_alerts_ck_alerts_alert_type"
"""As the naming convention made it of revision 0001's name."""

THRESHOLD_HAS_ITS_PRICE = "(alert_type = 'threshold') = (condition IS NOT NULL AND threshold_price IS NOT NULL)"
OTHERS_HAVE_THEIR_RULE = "(alert_type <> 'threshold') = (rule IS NOT NULL AND state IS NOT NULL)"


def upgrade() -> None:
    for column in ("condition", "threshold_price"):
        op.alter_column("alerts", column, nullable=True, schema="alerts")
    op.drop_constraint(FIRST_TYPE_CHECK, "alerts", schema="alerts")
    for column in (
        sa.Column("rule", postgresql.JSONB),
        sa.Column("state", postgresql.JSONB),
        sa.Column("seq", sa.Integer, nullable=False, server_default="0"),
        sa.Column("tags", postgresql.ARRAY(sa.Text)),
        sa.Column("message", sa.Text),
        sa.Column("channels", postgresql.ARRAY(sa.Text)),
        sa.Column("expires_at", INSTANT),
        sa.Column("snoozed_until", INSTANT),
    ):
        op.add_column("alerts", column, schema="alerts")
    for name, check in (
        ("alert_type", "alert_type IN ('threshold', 'price', 'expression')"),
        ("threshold", THRESHOLD_HAS_ITS_PRICE),
        ("rule", OTHERS_HAVE_THEIR_RULE),
        ("message", "char_length(message) <= 1000"),
        ("tags", "cardinality(tags) <= 10"),
    ):
        op.create_check_constraint(op.f(f"ck_alerts_{name}"), "alerts", check, schema="alerts")
    op.create_index(
        "ix_alerts_active_expires_at",
        "alerts",
        ["expires_at"],
        schema="alerts",
        postgresql_where=sa.text("status = 'active' AND expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_alerts_active_conditions",
        "alerts",
        ["number"],
        schema="alerts",
        postgresql_where=sa.text("status = 'active' AND alert_type <> 'threshold'"),
    )
    op.create_table(
        "condition_marks",
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("mark", postgresql.JSONB, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("instrument", name="pk_condition_marks"),
        schema="alerts",
    )
    for column in (
        sa.Column("firing", sa.Integer, nullable=False, server_default="0"),
        sa.Column("edge", sa.Text, nullable=False, server_default="fired"),
        sa.Column("words", sa.Text),
        sa.Column("message", sa.Text),
    ):
        op.add_column("triggered_alerts", column, schema="alerts")
    op.create_check_constraint(
        op.f("ck_triggered_alerts_edge"), "triggered_alerts", "edge IN ('fired', 'cleared')", schema="alerts"
    )
    op.drop_constraint("uq_triggered_alerts_alert_id_alert_version", "triggered_alerts", schema="alerts")
    op.create_unique_constraint(
        "uq_triggered_alerts_alert_id_alert_version_firing",
        "triggered_alerts",
        ["alert_id", "alert_version", "firing"],
        schema="alerts",
    )
    op.create_index(
        "ix_triggered_alerts_alert_id_triggered_at_id",
        "triggered_alerts",
        ["alert_id", "triggered_at", "id"],
        schema="alerts",
    )
    op.create_table(
        "alert_events",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("alert_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("details", postgresql.JSONB, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_events"),
        schema="alerts",
    )
    op.create_index("ix_alert_events_alert_id_at_id", "alert_events", ["alert_id", "at", "id"], schema="alerts")
    op.create_index("ix_alert_events_user_id", "alert_events", ["user_id"], schema="alerts")


def downgrade() -> None:
    # What the older form cannot hold goes: alerts with conditions, and all but the first change of each.
    op.execute("DELETE FROM alerts.alerts WHERE alert_type <> 'threshold'")
    op.execute("DELETE FROM alerts.triggered_alerts WHERE firing > 0 OR edge <> 'fired'")
    for table in ("alert_events", "condition_marks"):
        op.drop_table(table, schema="alerts")
    op.drop_index("ix_triggered_alerts_alert_id_triggered_at_id", "triggered_alerts", schema="alerts")
    op.drop_constraint("uq_triggered_alerts_alert_id_alert_version_firing", "triggered_alerts", schema="alerts")
    op.drop_constraint("ck_triggered_alerts_edge", "triggered_alerts", schema="alerts")
    for column in ("message", "words", "edge", "firing"):
        op.drop_column("triggered_alerts", column, schema="alerts")
    op.create_unique_constraint(
        "uq_triggered_alerts_alert_id_alert_version", "triggered_alerts", ["alert_id", "alert_version"], schema="alerts"
    )
    for index in ("ix_alerts_active_conditions", "ix_alerts_active_expires_at"):
        op.drop_index(index, "alerts", schema="alerts")
    for name in ("alert_type", "threshold", "rule", "message", "tags"):
        op.drop_constraint(f"ck_alerts_{name}", "alerts", schema="alerts")
    for column in (
        "snoozed_until", "expires_at", "channels", "message", "tags", "seq", "state", "rule",
    ):
        op.drop_column("alerts", column, schema="alerts")
    op.create_check_constraint(op.f(FIRST_TYPE_CHECK), "alerts", "alert_type = 'threshold'", schema="alerts")
    for column in ("condition", "threshold_price"):
        op.alter_column("alerts", column, nullable=False, schema="alerts")
