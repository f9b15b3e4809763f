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
    op.create_table(
        "oauth_apps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("redirect_uris", _WORDS, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary()),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        _belongs("oauth_apps", "owner_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_apps")),
        schema="auth",
    )
    _index("oauth_apps", "owner_id")
    op.create_table(
        "oauth_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", _WORDS, nullable=False),
        sa.Column("auth_time", _INSTANT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("revoked_at", _INSTANT),
        sa.Column("revoked_reason", sa.Text()),
        _belongs("oauth_grants", "app_id", "oauth_apps"),
        _belongs("oauth_grants", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grants")),
        schema="auth",
    )
    op.create_index(
        "ix_oauth_grants_open",
        "oauth_grants",
        ["user_id", "app_id", "created_at"],
        schema="auth",
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    _index("oauth_grants", "app_id")
    _index("oauth_grants", "ends_at")
    op.create_table(
        "oauth_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scopes", _WORDS, nullable=False),
        sa.Column("code_challenge", sa.Text(), nullable=False),
        sa.Column("auth_time", _INSTANT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
        sa.Column("grant_id", sa.Uuid()),
        _belongs("oauth_codes", "app_id", "oauth_apps"),
        _belongs("oauth_codes", "user_id", "users"),
        _belongs("oauth_codes", "grant_id", "oauth_grants"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_oauth_codes")),
        schema="auth",
    )
    _index("oauth_codes", "expires_at")
    op.create_table(
        "oauth_refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
        sa.Column("used_by", sa.LargeBinary()),
        sa.Column("successor", sa.Text()),
        _belongs("oauth_refresh_tokens", "grant_id", "oauth_grants"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_refresh_tokens")),
        schema="auth",
    )
    _index("oauth_refresh_tokens", "grant_id")
    _index("oauth_refresh_tokens", "expires_at")


def downgrade() -> None:
    for table in (
        "oauth_refresh_tokens",
        "oauth_codes",
        "oauth_grants",
        "oauth_apps",
        "api_key_secrets",
        "api_keys",
    ):
        op.drop_table(table, schema="auth")


def _belongs(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"auth.{to}.id"], name=name, ondelete="CASCADE")


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], schema="auth")
