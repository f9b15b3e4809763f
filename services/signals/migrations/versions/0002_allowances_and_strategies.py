"""What plans allow; strategies, their versions and the links by which they are shared."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("limits", postgresql.JSONB, nullable=False),
        sa.Column("upgrade_to", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("heard_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_allowances"),
        schema="signals",
    )
    op.create_table(
        "strategies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("template", sa.Text),
        sa.Column("copied_from", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_strategies"),
        sa.CheckConstraint("status IN ('active', 'archived')", name=op.f("ck_strategies_status")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 80", name=op.f("ck_strategies_name")),
        sa.CheckConstraint("char_length(about) <= 1000", name=op.f("ck_strategies_about")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_strategies_number")),
        schema="signals",
    )
    op.create_index(
        "ix_strategies_user_id_created_at_id", "strategies", ["user_id", "created_at", "id"], schema="signals"
    )
    op.create_index(
        "ix_strategies_active_user_id",
        "strategies",
        ["user_id"],
        schema="signals",
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "strategy_versions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("strategy_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("document", postgresql.JSONB, nullable=False),
        sa.Column("written", postgresql.JSONB, nullable=False),
        sa.Column("instruments", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_strategy_versions"),
        sa.ForeignKeyConstraint(
            ["strategy_id"],
            ["signals.strategies.id"],
            name="fk_strategy_versions_strategy_id_strategies",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("strategy_id", "number", name="uq_strategy_versions_strategy_id_number"),
        sa.CheckConstraint("number >= 1", name=op.f("ck_strategy_versions_number")),
        sa.CheckConstraint(
            "cardinality(instruments) BETWEEN 1 AND 100", name=op.f("ck_strategy_versions_instruments")
        ),
        sa.CheckConstraint("char_length(note) <= 200", name=op.f("ck_strategy_versions_note")),
        schema="signals",
    )
    op.create_table(
        "strategy_shares",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("strategy_id", sa.Uuid, nullable=False),
        sa.Column("version_id", sa.Uuid, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_strategy_shares"),
        sa.ForeignKeyConstraint(
            ["strategy_id"],
            ["signals.strategies.id"],
            name="fk_strategy_shares_strategy_id_strategies",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["signals.strategy_versions.id"],
            name="fk_strategy_shares_version_id_strategy_versions",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("token_hash", name="uq_strategy_shares_token_hash"),
        schema="signals",
    )
    op.create_index("ix_strategy_shares_strategy_id", "strategy_shares", ["strategy_id"], schema="signals")


def downgrade() -> None:
    for table in ("strategy_shares", "strategy_versions", "strategies", "allowances"):
        op.drop_table(table, schema="signals")
