"""API keys, apps of others and what they were granted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

_INSTANT = sa.TIMESTAMP(timezone=True)
_WORDS = postgresql.ARRAY(sa.Text())


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", _WORDS, nullable=False),
        sa.Column("networks", _WORDS, nullable=False),
        sa.Column("calls_per_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT),
        sa.Column("revoked_at", _INSTANT),
        sa.CheckConstraint("kind IN ('live', 'test')", name=op.f("ck_api_keys_kind")),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_api_keys_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_keys_public_id")),
        schema="auth",
    )
    op.create_index(
        "ix_api_keys_open",
        "api_keys",
        ["user_id", "created_at"],
        schema="auth",
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    _index("api_keys", "expires_at")
    op.create_table(
        "api_key_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sid", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["auth.api_keys.id"], name=op.f("fk_api_key_secrets_key_id_api_keys"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key_secrets")),
        schema="auth",
    )
    _index("api_key_secrets", "key_id")


def downgrade() -> None:
    for table in ("api_key_secrets", "api_keys"):
        op.drop_table(table, schema="auth")


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], schema="auth")
