"""Whether a person wants alerts mailed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "recipients", sa.Column("alert_mails", sa.Boolean(), nullable=False, server_default=sa.true()), schema="alerts"
    )


def downgrade() -> None:
    op.drop_column("recipients", "alert_mails", schema="alerts")
