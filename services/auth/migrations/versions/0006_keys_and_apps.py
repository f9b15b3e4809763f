"""API keys, apps of others and what they were granted."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None: ...


def downgrade() -> None: ...
