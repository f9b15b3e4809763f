"""Keys of brokers' feeds, prices of people's own connections, and who prices a market."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

INSTANT = postgresql.TIMESTAMP(timezone=True)
PRICE = sa.Numeric(18, 4)


def instrument_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["instrument_id"],
        ["market.instruments.id"],
        name=f"fk_{table}_instrument_id_instruments",
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "feed_keys",
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("vendor", "instrument_id", name="pk_feed_keys"),
        sa.UniqueConstraint("vendor", "key", name="uq_feed_keys_vendor_key"),
        instrument_key("feed_keys"),
        schema="market",
    )
    op.create_table(
        "own_prices",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("price", PRICE, nullable=False),
        sa.Column("previous_close", PRICE),
        sa.Column("day_open", PRICE),
        sa.Column("day_high", PRICE),
        sa.Column("day_low", PRICE),
        sa.Column("day_volume", sa.BigInteger),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("stale", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "instrument_id", name="pk_own_prices"),
        instrument_key("own_prices"),
        schema="market",
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("ix_own_prices_received_at", "own_prices", ["received_at"], schema="market")
    op.create_table(
        "market_charges",
        sa.Column("market", sa.Text, nullable=False),
        sa.Column("provider", sa.Text),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("market", name="pk_market_charges"),
        schema="market",
    )
    op.create_table(
        "provider_failovers",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("market", sa.Text, nullable=False),
        sa.Column("previous", sa.Text),
        sa.Column("provider", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_failovers"),
        schema="market",
    )
    op.create_index("ix_provider_failovers_at_id", "provider_failovers", ["at", "id"], schema="market")


def downgrade() -> None:
    for table in ("provider_failovers", "market_charges", "own_prices", "feed_keys"):
        op.drop_table(table, schema="market")
