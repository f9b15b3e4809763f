"""What is quarantined, and candles by month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

INSTANT = postgresql.TIMESTAMP(timezone=True)
PRICE = sa.Numeric(18, 4)
WIDE = sa.Numeric(30, 4)


def upgrade() -> None:
    op.add_column("alert_watches", sa.Column("threshold", PRICE), schema="market")
    op.create_table(
        "alert_candles",
        sa.Column("alert_id", sa.Uuid, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("interval", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "instrument_id", "interval", name="pk_alert_candles"),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["market.alert_watches.alert_id"],
            name="fk_alert_candles_alert_id_alert_watches",
            ondelete="CASCADE",
        ),
        instrument_key("alert_candles"),
        schema="market",
    )
    op.create_index("ix_alert_candles_instrument_id", "alert_candles", ["instrument_id"], schema="market")
    op.create_table(
        "quarantined_prices",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("minute", INSTANT, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("price", WIDE, nullable=False),
        sa.Column("low", WIDE, nullable=False),
        sa.Column("high", WIDE, nullable=False),
        sa.Column("before", PRICE),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", INSTANT),
        sa.Column("decision", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_quarantined_prices"),
        sa.UniqueConstraint(
            "instrument_id", "source", "reason", "minute", name="uq_quarantined_prices_instrument_id_source_reason_minute"
        ),
        instrument_key("quarantined_prices"),
        schema="market",
    )
    op.create_index("ix_quarantined_prices_minute_id", "quarantined_prices", ["minute", "id"], schema="market")
    op.create_table(
        "splits",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("instrument_id", sa.Integer, nullable=False),
        sa.Column("ex_date", sa.Date, nullable=False),
        sa.Column("old_shares", sa.Integer, nullable=False),
        sa.Column("new_shares", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("confirmed_by", sa.Uuid, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=False),
        sa.Column("undone_by", sa.Uuid),
        sa.Column("undone_at", INSTANT),
        sa.Column("undo_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_splits"),
        instrument_key("splits"),
        schema="market",
    )
    op.create_index(
        "uq_splits_instrument_id_ex_date",
        "splits",
        ["instrument_id", "ex_date"],
        unique=True,
        schema="market",
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_index("ix_splits_confirmed_at_id", "splits", ["confirmed_at", "id"], schema="market")
    op.create_table(
        "price_imports",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("add_unknown", sa.Boolean, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("interval", sa.Text),
        sa.Column("bars", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("instruments", sa.Integer, nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("first_day", sa.Date),
        sa.Column("last_day", sa.Date),
        sa.Column("unknown", postgresql.JSONB, nullable=False),
        sa.Column("steps", postgresql.JSONB, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("requested_by", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("touched_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_price_imports"),
        schema="market",
    )
    op.create_index("ix_price_imports_created_at_id", "price_imports", ["created_at", "id"], schema="market")
    op.create_table(
        "provider_states",
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("degraded", sa.Boolean, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_ok_at", INSTANT),
        sa.Column("last_error", sa.Text),
        sa.Column("last_error_at", INSTANT),
        sa.PrimaryKeyConstraint("provider", name="pk_provider_states"),
        schema="market",
    )
    for statement in PARTITIONED.split(";;"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("provider_states", schema="market")
    op.drop_table("price_imports", schema="market")
    op.drop_table("splits", schema="market")
    op.drop_table("quarantined_prices", schema="market")
    for statement in PLAIN.split(";;"):
        op.execute(statement)
    op.drop_table("alert_candles", schema="market")
    op.drop_column("alert_watches", "threshold", schema="market")


def instrument_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["instrument_id"],
        ["market.instruments.id"],
        name=f"fk_{table}_instrument_id_instruments",
        ondelete="CASCADE",
    )


# Days are kept for good and are few, so they stand in one part. The shorter candles stand by months; what comes before
# its month has a part goes to the rest and moves when the part is made.
#
# The service's role has no DDL. Two functions of the migrating role make and drop months and nothing else: their only
# argument is a date, and a part in which a row is left is never dropped.
PARTITIONED = """
ALTER TABLE market.candles RENAME TO candles_before;;
ALTER TABLE market.candles_before RENAME CONSTRAINT pk_candles TO pk_candles_before;;
ALTER TABLE market.candles_before DROP CONSTRAINT fk_candles_instrument_id_instruments;;
CREATE TABLE market.candles (
    instrument_id integer NOT NULL
        CONSTRAINT fk_candles_instrument_id_instruments REFERENCES market.instruments ON DELETE CASCADE,
    interval text NOT NULL,
    at timestamptz NOT NULL,
    open numeric(18, 4) NOT NULL,
    high numeric(18, 4) NOT NULL,
    low numeric(18, 4) NOT NULL,
    close numeric(18, 4) NOT NULL,
    volume bigint,
    interpolated boolean NOT NULL,
    complete boolean NOT NULL,
    source text NOT NULL,
    first_at timestamptz,
    last_at timestamptz,
    CONSTRAINT pk_candles PRIMARY KEY (instrument_id, interval, at)
) PARTITION BY LIST (interval);;
CREATE TABLE market.candles__days PARTITION OF market.candles FOR VALUES IN ('1d') WITH (fillfactor = 80);;
CREATE TABLE market.candles__intraday PARTITION OF market.candles DEFAULT PARTITION BY RANGE (at);;
CREATE TABLE market.candles__rest PARTITION OF market.candles__intraday DEFAULT WITH (fillfactor = 80);;
CREATE INDEX ix_candles_running ON market.candles (source, interval, at) WHERE NOT complete;;
INSERT INTO market.candles
    (instrument_id, interval, at, open, high, low, close, volume, interpolated, complete, source)
SELECT instrument_id, interval, at, open, high, low, close, volume, interpolated, complete, source
FROM market.candles_before;;
DROP TABLE market.candles_before;;
CREATE FUNCTION market.make_candle_month(month date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
DECLARE
    first date := date_trunc('month', month);
    next date := first + interval '1 month';
    part text := 'candles__' || to_char(first, 'YYYY_MM');
BEGIN
    IF first < '1990-01-01' OR first > now() + interval '2 years' THEN
        RAISE EXCEPTION 'No month of candles: %', month;
    END IF;
    IF to_regclass('market.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('market candle months'));
    IF to_regclass('market.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Who writes waits here: whoever had found its way to the rest before this month came would be refused by it.
    LOCK TABLE ONLY market.candles IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE market.%I (LIKE market.candles INCLUDING DEFAULTS) WITH (fillfactor = 80)', part);
    LOCK TABLE market.candles__rest IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM market.candles__rest WHERE at >= %L AND at < %L RETURNING *) '
                   'INSERT INTO market.%I SELECT * FROM moved', first, next, part);
    EXECUTE format('ALTER TABLE market.candles__intraday ATTACH PARTITION market.%I FOR VALUES FROM (%L) TO (%L)',
                   part, first, next);
    RETURN true;
END $$;;
CREATE FUNCTION market.drop_empty_candle_months(before date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
DECLARE
    part text;
    filled boolean;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('market candle months'));
    LOCK TABLE ONLY market.candles IN SHARE ROW EXCLUSIVE MODE;
    FOR part IN
        SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'market.candles__intraday'::regclass AND child.relname ~ '^candles__[0-9]{4}_[0-9]{2}$'
        AND child.relname < 'candles__' || to_char(before, 'YYYY_MM') ORDER BY child.relname
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM market.%I)', part) INTO filled;
        CONTINUE WHEN filled;
        EXECUTE format('LOCK TABLE market.%I IN ACCESS EXCLUSIVE MODE', part);
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM market.%I)', part) INTO filled;
        CONTINUE WHEN filled;
        EXECUTE format('DROP TABLE market.%I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;;
REVOKE ALL ON FUNCTION market.make_candle_month(date), market.drop_empty_candle_months(date) FROM PUBLIC;;
DO $$
BEGIN
    IF to_regrole('sharewise_market') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION market.make_candle_month(date), market.drop_empty_candle_months(date)
        TO sharewise_market;
    END IF;
END $$
"""

PLAIN = """
DROP FUNCTION market.make_candle_month(date);;
DROP FUNCTION market.drop_empty_candle_months(date);;
ALTER TABLE market.candles RENAME TO candles_before;;
ALTER INDEX market.pk_candles RENAME TO pk_candles_before;;
CREATE TABLE market.candles (
    instrument_id integer NOT NULL
        CONSTRAINT fk_candles_instrument_id_instruments REFERENCES market.instruments ON DELETE CASCADE,
    interval text NOT NULL,
    at timestamptz NOT NULL,
    open numeric(18, 4) NOT NULL,
    high numeric(18, 4) NOT NULL,
    low numeric(18, 4) NOT NULL,
    close numeric(18, 4) NOT NULL,
    volume bigint,
    interpolated boolean NOT NULL,
    complete boolean NOT NULL,
    source text NOT NULL,
    CONSTRAINT pk_candles PRIMARY KEY (instrument_id, interval, at)
) WITH (fillfactor = 80);;
INSERT INTO market.candles
SELECT instrument_id, interval, at, open, high, low, close, volume, interpolated, complete, source
FROM market.candles_before;;
DROP TABLE market.candles_before
"""
