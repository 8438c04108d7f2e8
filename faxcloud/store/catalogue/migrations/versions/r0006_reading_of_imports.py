"""How the file of a report was read, and what its user should know."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("reading", "notices"):
        op.add_column("reports", sa.Column(name, sa.JSON(none_as_null=True)))
