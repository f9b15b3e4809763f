"""The machinery's tables: outbox, inbox, dead letters, idempotency keys."""

from alembic import op

from libs.common.migrations import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_common_tables(op, "broker")


def downgrade() -> None:
    drop_common_tables(op, "broker")
