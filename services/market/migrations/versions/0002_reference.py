"""What instruments are, when their markets are open, and whose lists they are on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

INSTANT = postgresql.TIMESTAMP(timezone=True)
PRICE = sa.Numeric(18, 4)
JSON = postgresql.JSONB

FACTS = ("series", "sector", "industry", "lot_size", "tick_size", "band_percent", "kind", "status", "listed_on",
         "has_derivatives_from", "successor_id")  # fmt: skip


def instrument_key(table: str, column: str = "instrument_id", *, on_delete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["market.instruments.id"], name=f"fk_{table}_{column}_instruments", ondelete=on_delete
    )


def upgrade() -> None:
    add_facts()
    create_names()
    create_imports()
    create_watchlists()
    create_sessions()


def add_facts() -> None:
    for column in (
        sa.Column("series", sa.Text),
        sa.Column("sector", sa.Text),
        sa.Column("industry", sa.Text),
        sa.Column("lot_size", sa.Integer),
        sa.Column("tick_size", PRICE),
        sa.Column("band_percent", PRICE),
        sa.Column("kind", sa.Text, nullable=False, server_default="equity"),
        sa.Column("status", sa.Text, nullable=False, server_default="listed"),
        sa.Column("listed_on", sa.Date),
        sa.Column("has_derivatives_from", sa.Date),
        sa.Column("successor_id", sa.Integer),
    ):
        op.add_column("instruments", column, schema="market")
    op.create_foreign_key(
        "fk_instruments_successor_id_instruments",
        "instruments",
        "instruments",
        ["successor_id"],
        ["id"],
        source_schema="market",
        referent_schema="market",
        ondelete="SET NULL",
    )
    for name, column, operators, method in (
        ("symbol_prefix", "symbol", "text_pattern_ops", "btree"),
        ("symbol_trigrams", "symbol", "gin_trgm_ops", "gin"),
        ("name_trigrams", "name", "gin_trgm_ops", "gin"),
        ("isin", "isin", "text_pattern_ops", "btree"),
    ):
        op.create_index(
            f"ix_instruments_{name}",
            "instruments",
            [column],
            schema="market",
            postgresql_using=method,
            postgresql_ops={column: operators},
        )


def create_names() -> None:
    op.create_table(
        "instrument_names",
        sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_to", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instrument_names"),
        sa.UniqueConstraint("instrument", "valid_to", name="uq_instrument_names_instrument_valid_to"),
        instrument_key("instrument_names"),
        schema="market",
    )
    op.create_index("ix_instrument_names_instrument_id", "instrument_names", ["instrument_id"], schema="market")
    op.create_index("ix_instrument_names_symbol", "instrument_names", ["symbol"], schema="market")


def create_imports() -> None:
    op.create_table(
        "instrument_imports",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("rows", "done", "added", "changed", "unchanged", "skipped", "refused")
        ),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("requested_by", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_instrument_imports"),
        schema="market",
    )
    op.create_index("ix_instrument_imports_created_at_id", "instrument_imports", ["created_at", "id"], schema="market")


def create_watchlists() -> None:
    op.create_table(
        "watchlists",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watchlists"),
        schema="market",
    )
    op.create_index("ix_watchlists_user_id_position", "watchlists", ["user_id", "position"], schema="market")
    op.create_index(
        "uq_watchlists_default",
        "watchlists",
        ["user_id"],
        unique=True,
        schema="market",
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "watchlist_items",
        sa.Column("watchlist_id", sa.Uuid, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("watchlist_id", "instrument_id", name="pk_watchlist_items"),
        sa.ForeignKeyConstraint(
            ["watchlist_id"],
            ["market.watchlists.id"],
            name="fk_watchlist_items_watchlist_id_watchlists",
            ondelete="CASCADE",
        ),
        instrument_key("watchlist_items"),
        schema="market",
    )
    op.create_index("ix_watchlist_items_instrument_id", "watchlist_items", ["instrument_id"], schema="market")


def create_sessions() -> None:
    op.create_table(
        "market_calendars",
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("covered_from", sa.Date, nullable=False),
        sa.Column("covered_until", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("exchange", name="pk_market_calendars"),
        schema="market",
    )
    op.create_table(
        "market_days",
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phases", JSON),
        sa.Column("source", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("exchange", "day", name="pk_market_days"),
        schema="market",
    )
    op.create_table(
        "market_timetables",
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("auction", sa.Boolean, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("phases", JSON, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("exchange", "auction", "valid_from", name="pk_market_timetables"),
        schema="market",
    )
    op.create_table(
        "market_calendar_edits",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("day", sa.Date),
        sa.Column("before", JSON),
        sa.Column("after", JSON),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("edited_by", sa.Uuid, nullable=False),
        sa.Column("edited_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_market_calendar_edits"),
        schema="market",
    )
    op.create_index(
        "ix_market_calendar_edits_exchange_edited_at_id",
        "market_calendar_edits",
        ["exchange", "edited_at", "id"],
        schema="market",
    )
    op.create_table(
        "session_marks",
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("edge", sa.Text, nullable=False),
        sa.Column("announced_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("exchange", "day", "edge", name="pk_session_marks"),
        schema="market",
    )


def downgrade() -> None:
    for table in (
        "session_marks",
        "market_calendar_edits",
        "market_timetables",
        "market_days",
        "market_calendars",
        "watchlist_items",
        "watchlists",
        "instrument_imports",
        "instrument_names",
    ):
        op.drop_table(table, schema="market")
    for index in ("symbol_prefix", "symbol_trigrams", "name_trigrams", "isin"):
        op.drop_index(f"ix_instruments_{index}", "instruments", schema="market")
    op.drop_constraint("fk_instruments_successor_id_instruments", "instruments", schema="market")
    for column in FACTS:
        op.drop_column("instruments", column, schema="market")
