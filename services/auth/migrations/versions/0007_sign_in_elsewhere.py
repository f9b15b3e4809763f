"""Sign-ins at the operator's identity provider, and whose account each identity opens."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_INSTANT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "oidc_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
        sa.ForeignKeyConstraint(
            ["user_id"], ["auth.users.id"], name=op.f("fk_oidc_attempts_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_attempts")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_oidc_attempts_state_hash")),
        schema="auth",
    )
    op.create_index(op.f("ix_oidc_attempts_expires_at"), "oidc_attempts", ["expires_at"], schema="auth")
    op.create_table(
        "external_identities",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["auth.users.id"], name=op.f("fk_external_identities_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_external_identities")),
        schema="auth",
    )
    op.create_index(op.f("ix_external_identities_user_id"), "external_identities", ["user_id"], schema="auth")


def downgrade() -> None:
    op.drop_table("external_identities", schema="auth")
    op.drop_table("oidc_attempts", schema="auth")
