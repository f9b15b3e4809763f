"""A split is announced when it takes effect, not when it is confirmed ahead of its day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("splits", sa.Column("announced_at", postgresql.TIMESTAMP(timezone=True)), schema="market")
    # Until now each was announced as it was confirmed.
    op.execute("UPDATE market.splits SET announced_at = confirmed_at")


def downgrade() -> None:
    op.drop_column("splits", "announced_at", schema="market")
