"""Initial catalogue schema: reports, rejects, validation runs, leases, settings, data versions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_reports()
    _create_validation_runs()
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table("settings", sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.JSON))
    op.create_table(
        "data_versions",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _create_reports() -> None:
    counts = (
        *("records", "imported", "rejected", "blank", "sent", "received", "unknown_mode"),
        *("pages", "pages_sent", "pages_received", "valid", "invalid"),
    )
    op.create_table(
        "reports",
        sa.Column("report_id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text),
        sa.Column("contract", sa.Text),
        sa.Column("period_start", sa.Date),
        sa.Column("period_end", sa.Date),
        sa.Column("imported_by", sa.Text, nullable=False),
        sa.Column("is_sample", sa.Boolean, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("error_code", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("encoding", sa.Text),
        sa.Column("delimiter", sa.Text),
        sa.Column("ruleset", sa.Text),
        *(sa.Column(name, sa.BigInteger) for name in counts),
        *(sa.Column(name, sa.JSON) for name in ("violations", "warnings", "unknown_columns")),
        sa.Column("replaced_values", sa.BigInteger),
        sa.Column("seconds", sa.Float),
        sa.Column("first_at", sa.DateTime),
        sa.Column("last_at", sa.DateTime),
    )
    op.create_index("reports_sha256", "reports", ["sha256"])
    op.create_index("reports_state", "reports", ["state"])
    op.create_table(
        "rejects",
        sa.Column(
            "report_id", sa.Text, sa.ForeignKey("reports.report_id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )


def _create_validation_runs() -> None:
    counts = (
        *("scanned", "changed", "newly_invalid", "newly_valid"),
        *("files_total", "files_done", "files_rewritten", "lake_version_before", "lake_version_after"),
    )
    op.create_table(
        "validation_runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ruleset", sa.Text, nullable=False),
        sa.Column("report_id", sa.Text),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        *(sa.Column(name, sa.JSON) for name in ("rulesets_before", "violations_before", "violations_after")),
        *(sa.Column(name, sa.BigInteger) for name in counts),
        sa.Column("seconds", sa.Float),
        sa.Column("error", sa.Text),
    )
    op.create_index("validation_runs_state", "validation_runs", ["state"])
