"""Dated events of companies: results days and ex-days."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

INSTANT = postgresql.TIMESTAMP(timezone=True)
STANDS = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "company_events",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("record_day", sa.Date),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("amount", sa.Numeric(18, 4)),
        sa.Column("old_shares", sa.Integer),
        sa.Column("new_shares", sa.Integer),
        sa.Column("previous_day", sa.Date),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT),
        sa.Column("withdrawn_at", INSTANT),
        sa.Column("withdrawn_by", sa.Uuid),
        sa.Column("withdrawn_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_company_events"),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["market.instruments.id"],
            name="fk_company_events_instrument_id_instruments",
            ondelete="CASCADE",
        ),
        schema="market",
    )
    op.create_index(
        "uq_company_events_told",
        "company_events",
        ["instrument_id", "day", "source", "words"],
        unique=True,
        postgresql_where=STANDS,
        schema="market",
    )
    op.create_index("ix_company_events_day_id", "company_events", ["day", "id"], postgresql_where=STANDS, schema="market")


def downgrade() -> None:
    op.drop_table("company_events", schema="market")
