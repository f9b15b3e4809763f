"""What instruments are, when their markets are open, and whose lists they are on."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
