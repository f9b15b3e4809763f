"""Instruments, prices, candles, feeds and budgets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from libs.common.migrations import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
PRICE = sa.Numeric(18, 4)


def instrument_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["instrument_id"],
        ["market.instruments.id"],
        name=f"fk_{table}_instrument_id_instruments",
        ondelete="CASCADE",
    )


def price_columns() -> list[sa.Column]:
    return [
        sa.Column("price", PRICE, nullable=False),
        sa.Column("previous_close", PRICE),
        sa.Column("day_open", PRICE),
        sa.Column("day_high", PRICE),
        sa.Column("day_low", PRICE),
        sa.Column("day_volume", sa.BigInteger),
    ]


def time_columns() -> list[sa.Column]:
    return [
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("stale", sa.Boolean, nullable=False),
    ]


def upgrade() -> None:
    create_common_tables(op, "market")
    op.create_table(
        "instruments",
        sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("isin", sa.Text),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("chosen_by", sa.Text),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instruments"),
        sa.UniqueConstraint("instrument", name="uq_instruments_instrument"),
        schema="market",
    )
    op.create_index("ix_instruments_symbol_exchange", "instruments", ["symbol", "exchange"], schema="market")
    op.create_table(
        "alert_watches",
        sa.Column("alert_id", sa.Uuid, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name="pk_alert_watches"),
        instrument_key("alert_watches"),
        schema="market",
    )
    op.create_index(
        "ix_alert_watches_active",
        "alert_watches",
        ["instrument_id"],
        schema="market",
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "newest_prices",
        sa.Column("instrument_id", sa.Integer, nullable=False),
        *price_columns(),
        sa.Column("span_low", PRICE, nullable=False),
        sa.Column("span_high", PRICE, nullable=False),
        sa.Column("span_start", INSTANT, nullable=False),
        *time_columns(),
        sa.PrimaryKeyConstraint("instrument_id", name="pk_newest_prices"),
        instrument_key("newest_prices"),
        schema="market",
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "stock_prices",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        *price_columns(),
        *time_columns(),
        sa.PrimaryKeyConstraint("id", name="pk_stock_prices"),
        sa.UniqueConstraint("instrument_id", "source", "at", name="uq_stock_prices_instrument_id_source_at"),
        instrument_key("stock_prices"),
        schema="market",
    )
    op.create_index(
        "ix_stock_prices_instrument_id_at_id", "stock_prices", ["instrument_id", "at", "id"], schema="market"
    )
    op.create_index("ix_stock_prices_received_at", "stock_prices", ["received_at"], schema="market")
    op.create_table(
        "candles",
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("interval", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("open", PRICE, nullable=False),
        sa.Column("high", PRICE, nullable=False),
        sa.Column("low", PRICE, nullable=False),
        sa.Column("close", PRICE, nullable=False),
        sa.Column("volume", sa.BigInteger),
        sa.Column("interpolated", sa.Boolean, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", "interval", "at", name="pk_candles"),
        instrument_key("candles"),
        schema="market",
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "feeds",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source_key", sa.Text, nullable=False),
        sa.Column("position", sa.Text, nullable=False),
        sa.Column("holder", sa.Uuid),
        sa.Column("held_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_feeds"),
        schema="market",
    )
    op.create_table(
        "provider_refusals",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("refused_at", INSTANT, nullable=False),
        sa.Column("retry_at", INSTANT),
        sa.PrimaryKeyConstraint("provider", "instrument_id", name="pk_provider_refusals"),
        instrument_key("provider_refusals"),
        schema="market",
    )
    op.create_table(
        "provider_budgets",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("minute", INSTANT, nullable=False),
        sa.Column("minute_used", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("day_used", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_provider_budgets"),
        schema="market",
    )


def downgrade() -> None:
    for table in (
        "provider_budgets",
        "provider_refusals",
        "feeds",
        "candles",
        "stock_prices",
        "newest_prices",
        "alert_watches",
        "instruments",
    ):
        op.drop_table(table, schema="market")
    drop_common_tables(op, "market")
