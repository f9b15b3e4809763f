"""Find the plain thresholds that have been snoozed without looking through all others."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index(
        "ix_alerts_active_snoozed_instrument_id",
        "alerts",
        ["instrument_id"],
        schema="alerts",
        postgresql_where=sa.text("status = 'active' AND alert_type = 'threshold' AND snoozed_until IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_alerts_active_snoozed_instrument_id", "alerts", schema="alerts")
