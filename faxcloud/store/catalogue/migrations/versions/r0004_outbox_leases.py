"""Lease columns of notices and mails, as deliveries have them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("notices", "mails"):
        op.add_column(table, sa.Column("owner", sa.Text))
        op.add_column(table, sa.Column("leased_until", sa.DateTime(timezone=True)))
