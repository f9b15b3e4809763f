"""Expressions that a person has named."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "custom_indicators",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("expression", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_custom_indicators"),
        sa.UniqueConstraint("user_id", "name", name="uq_custom_indicators_user_id_name"),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 30", name=op.f("ck_custom_indicators_name")),
        sa.CheckConstraint("char_length(expression) <= 2000", name=op.f("ck_custom_indicators_expression")),
        sa.CheckConstraint("char_length(about) <= 200", name=op.f("ck_custom_indicators_about")),
        schema="signals",
    )


def downgrade() -> None:
    op.drop_table("custom_indicators", schema="signals")
