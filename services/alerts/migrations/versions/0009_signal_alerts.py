"""Alerts that wait for signals."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_alerts_alert_type"), "alerts", schema="alerts")
    op.create_check_constraint(
        op.f("ck_alerts_alert_type"),
        "alerts",
        "alert_type IN ('threshold', 'price', 'expression', 'signal')",
        schema="alerts",
    )


def downgrade() -> None:
    op.execute("DELETE FROM alerts.alerts WHERE alert_type = 'signal'")
    op.drop_constraint(op.f("ck_alerts_alert_type"), "alerts", schema="alerts")
    op.create_check_constraint(
        op.f("ck_alerts_alert_type"),
        "alerts",
        "alert_type IN ('threshold', 'price', 'expression')",
        schema="alerts",
    )
