"""The registered texts of short messages, as staff entered them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "sms_texts",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("template_id", sa.Text),
        sa.Column("sender", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("set_by", sa.Uuid, nullable=False),
        sa.Column("set_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_sms_texts"),
        sa.CheckConstraint("kind IN ('phone_code', 'address_code', 'notice')", name=op.f("ck_sms_texts_kind")),
        schema="alerts",
    )


def downgrade() -> None:
    op.drop_table("sms_texts", schema="alerts")
