"""What staff do: approvals, acting as another."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None: ...


def downgrade() -> None: ...
