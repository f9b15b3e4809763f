"""News and economic series."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "news_items",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("guid", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("url_hash", sa.Text),
        sa.Column("headline", sa.Text, nullable=False),
        sa.Column("summary", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("sentiment", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_news_items"),
        sa.UniqueConstraint("source", "guid", name="uq_news_items_source_guid"),
        sa.UniqueConstraint("url_hash", name="uq_news_items_url_hash"),
        schema="market",
    )
    op.create_index("ix_news_items_published_at_id", "news_items", ["published_at", "id"], schema="market")
    op.create_table(
        "news_links",
        sa.Column("news_id", sa.Uuid, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("news_id", "instrument_id", name="pk_news_links"),
        sa.ForeignKeyConstraint(
            ["news_id"], ["market.news_items.id"], name="fk_news_links_news_id_news_items", ondelete="CASCADE"
        ),
        instrument_key("news_links"),
        schema="market",
    )
    op.create_index(
        "ix_news_links_instrument_id_news_id", "news_links", ["instrument_id", "news_id"], schema="market"
    )
    op.create_table(
        "news_feeds",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("read_at", INSTANT),
        sa.PrimaryKeyConstraint("url", name="pk_news_feeds"),
        schema="market",
    )
    op.create_table(
        "news_names",
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", "name", name="pk_news_names"),
        instrument_key("news_names"),
        schema="market",
    )
    op.create_table(
        "economic_series",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("unit", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("frequency", sa.Text),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_economic_series"),
        schema="market",
    )
    op.create_table(
        "economic_observations",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("value", sa.Numeric, nullable=False),
        sa.PrimaryKeyConstraint("key", "day", name="pk_economic_observations"),
        sa.ForeignKeyConstraint(
            ["key"],
            ["market.economic_series.key"],
            name="fk_economic_observations_key_economic_series",
            ondelete="CASCADE",
        ),
        schema="market",
    )


def downgrade() -> None:
    for table in (
        "economic_observations",
        "economic_series",
        "news_names",
        "news_feeds",
        "news_links",
        "news_items",
    ):
        op.drop_table(table, schema="market")


def instrument_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["instrument_id"],
        ["market.instruments.id"],
        name=f"fk_{table}_instrument_id_instruments",
        ondelete="CASCADE",
    )
