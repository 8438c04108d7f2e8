"""Counts of duplicate records in reports."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("duplicate", "deduplicated"):
        op.add_column("reports", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("reports", sa.Column("duplicates_of", sa.JSON(none_as_null=True)))
