"""Passwords and addresses that change, settings, the first steps."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None: ...


def downgrade() -> None: ...
