"""Plans with their limits, subscriptions, the rate of GST; the machinery's tables.

The plans are those of the price list of 2026; limits and prices change by a new version in a new migration.
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from libs.common.migrations import create_common_tables, drop_common_tables

revision = "0001"
down_revision = None

FIRST_DAY = date(2026, 1, 1)

# In the order of the plans: the free allowance, BASIC, PRO, ELITE. None means no limit.
_CODES = ("UNPAID", "BASIC", "PRO", "ELITE")
_PRICES = (0, 999, 4_999, 19_999)
_LIMITS = {
    "active_alerts": (5, 50, 500, 5_000),
    "signals_per_day": (0, 10, 100, None),
    "strategies": (0, 3, 10, None),
    "ai_studio_minutes_per_month": (0, 0, 120, 1_200),
    "custom_indicators": (False, False, False, True),
    "live_trading": (False, False, True, True),
    "api_keys": (0, 1, 5, 20),
    "api_calls_per_minute": (0, 60, 600, 3_000),
    "socket_symbols": (10, 50, 200, 1_000),
    "socket_ticks_per_second": (1, 4, 10, None),
}
_CHANNELS_ADDED = (("in_app", "email"), ("push", "telegram"), ("webhook", "slack"), ("sms",))
_PORTFOLIO = (
    ["value", "pnl"],
    ["value", "pnl"],
    ["value", "pnl", "risk", "attribution"],
    ["value", "pnl", "risk", "attribution", "performance", "exposure", "snapshots", "reports"],
)
_ANSWER_HOURS = (None, 48, 24, 4)


def upgrade() -> None:
    create_common_tables(op, "billing")
    plans = op.create_table(
        "plans",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price_monthly", sa.Numeric(18, 4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("limits", postgresql.JSONB(), nullable=False),
        sa.Column("portfolio", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("support_answer_hours", sa.Integer()),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("code", "version", name="pk_plans"),
        sa.CheckConstraint("price_monthly >= 0", name="ck_plans_price_not_negative"),
        sa.CheckConstraint("version > 0", name="ck_plans_version_positive"),
        schema="billing",
    )
    gst_rates = op.create_table(
        "gst_rates",
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("percent", sa.Numeric(24, 10), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("valid_from", name="pk_gst_rates"),
        sa.CheckConstraint("percent >= 0 AND percent <= 100", name="ck_gst_rates_percent_in_range"),
        schema="billing",
    )
    op.create_table(
        "subscriptions",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_subscriptions"),
        sa.CheckConstraint("(ends_at IS NULL) = (state = 'unpaid')", name="ck_subscriptions_only_unpaid_has_no_end"),
        schema="billing",
    )
    op.create_index(
        "ix_subscriptions_ends_at",
        "subscriptions",
        ["ends_at"],
        schema="billing",
        postgresql_where=sa.text("ends_at IS NOT NULL"),
    )
    op.bulk_insert(plans, [_plan(number) for number in range(len(_CODES))])
    op.bulk_insert(
        gst_rates,
        [
            {
                "valid_from": date(2017, 7, 1),
                "percent": 18,
                "source": "Notification 11/2017-Central Tax (Rate), SAC 9984: online information services",
            }
        ],
    )


def downgrade() -> None:
    op.drop_table("subscriptions", schema="billing")
    op.drop_table("gst_rates", schema="billing")
    op.drop_table("plans", schema="billing")
    drop_common_tables(op, "billing")


def _plan(number: int) -> dict[str, object]:
    channels = [channel for added in _CHANNELS_ADDED[: number + 1] for channel in added]
    return {
        "code": _CODES[number],
        "version": 1,
        "name": "Free allowance" if number == 0 else _CODES[number].title(),
        "price_monthly": _PRICES[number],
        "currency": "INR",
        "limits": {**{name: values[number] for name, values in _LIMITS.items()}, "channels": channels},
        "portfolio": _PORTFOLIO[number],
        "support_answer_hours": _ANSWER_HOURS[number],
        "valid_from": FIRST_DAY,
    }
