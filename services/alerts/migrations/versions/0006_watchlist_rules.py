"""Rules over watchlists, and what market said last of the lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "watchlists",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("instruments", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("heard_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watchlists"),
        schema="alerts",
    )
    op.create_index("ix_watchlists_user_id", "watchlists", ["user_id"], schema="alerts")
    op.create_table(
        "watchlist_rules",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("watchlist_id", sa.Uuid, nullable=False),
        sa.Column("watchlist_name", sa.Text, nullable=False),
        sa.Column("draft", postgresql.JSONB, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watchlist_rules"),
        sa.CheckConstraint("status IN ('active', 'paused', 'ended')", name=op.f("ck_watchlist_rules_status")),
        schema="alerts",
    )
    op.create_index(
        "ix_watchlist_rules_user_id_created_at_id",
        "watchlist_rules",
        ["user_id", "created_at", "id"],
        schema="alerts",
    )
    op.create_index("ix_watchlist_rules_watchlist_id", "watchlist_rules", ["watchlist_id"], schema="alerts")
    op.create_index(
        "ix_watchlist_rules_unsettled",
        "watchlist_rules",
        ["updated_at"],
        schema="alerts",
        postgresql_where=sa.text("NOT settled"),
    )
    op.add_column("alerts", sa.Column("watchlist_rule_id", sa.Uuid), schema="alerts")
    op.create_index(
        "ix_alerts_watchlist_rule_id",
        "alerts",
        ["watchlist_rule_id"],
        schema="alerts",
        postgresql_where=sa.text("watchlist_rule_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_alerts_watchlist_rule_id", "alerts", schema="alerts")
    op.drop_column("alerts", "watchlist_rule_id", schema="alerts")
    for table in ("watchlist_rules", "watchlists"):
        op.drop_table(table, schema="alerts")
