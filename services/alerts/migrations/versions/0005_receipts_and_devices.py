"""What providers tell of messages after they took them, and devices by their print."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

INSTANT = postgresql.TIMESTAMP(timezone=True)

_BEFORE = "'queued', 'sent', 'failed', 'suppressed', 'collected', 'digested'"
_NOW = "'queued', 'sent', 'delivered', 'bounced', 'failed', 'suppressed', 'collected', 'digested'"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("provider_id", sa.Text), schema="alerts")
    op.add_column("deliveries", sa.Column("delivered_at", INSTANT), schema="alerts")
    _check(_NOW)
    op.create_index(
        "ix_addresses_push_print",
        "addresses",
        ["print"],
        schema="alerts",
        postgresql_where=sa.text("channel = 'push'"),
    )


def downgrade() -> None:
    op.drop_index("ix_addresses_push_print", "addresses", schema="alerts")
    op.execute("UPDATE alerts.deliveries SET status = 'sent' WHERE status = 'delivered'")
    op.execute("UPDATE alerts.deliveries SET status = 'failed' WHERE status = 'bounced'")
    _check(_BEFORE)
    op.drop_column("deliveries", "delivered_at", schema="alerts")
    op.drop_column("deliveries", "provider_id", schema="alerts")


def _check(statuses: str) -> None:
    op.drop_constraint(op.f("ck_deliveries_status"), "deliveries", schema="alerts")
    op.create_check_constraint(op.f("ck_deliveries_status"), "deliveries", f"status IN ({statuses})", schema="alerts")
