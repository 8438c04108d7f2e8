"""The catalogue's tables. A change here needs a migration; a test compares the two."""

import sqlalchemy as sa

from faxcloud.store.instants import Instant

metadata = sa.MetaData()


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger) for name in names]


def _json(*names: str) -> list[sa.Column[object]]:
    # JSON, not JSONB: PostgreSQL's JSONB refuses U+0000, which a file may hold.
    return [sa.Column(name, sa.JSON(none_as_null=True)) for name in names]


reports = sa.Table(
    "reports",
    metadata,
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
    sa.Column("heartbeat_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("error_code", sa.Text),
    sa.Column("error_message", sa.Text),
    # From here on what `reports.ReportFacts` describes: null until the file was read to its end.
    sa.Column("encoding", sa.Text),
    sa.Column("delimiter", sa.Text),
    sa.Column("ruleset", sa.Text),
    *_counts("records", "imported", "rejected", "blank", "sent", "received", "unknown_mode"),
    *_counts("pages", "pages_sent", "pages_received", "valid", "invalid"),
    *_json("violations", "warnings", "unknown_columns"),
    sa.Column("replaced_values", sa.BigInteger),
    sa.Column("seconds", sa.Float),
    sa.Column("first_at", sa.DateTime),
    sa.Column("last_at", sa.DateTime),
    sa.Index("reports_sha256", "sha256"),
    sa.Index("reports_state", "state"),
)

rejects = sa.Table(
    "rejects",
    metadata,
    sa.Column("report_id", sa.Text, sa.ForeignKey("reports.report_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)

validation_runs = sa.Table(
    "validation_runs",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("ruleset", sa.Text, nullable=False),
    # No foreign key: the history of runs outlives a deleted report.
    sa.Column("report_id", sa.Text),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("heartbeat_at", Instant, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    *_json("rulesets_before", "violations_before", "violations_after"),
    *_counts("scanned", "changed", "newly_invalid", "newly_valid"),
    *_counts("files_total", "files_done", "files_rewritten"),
    *_counts("lake_version_before", "lake_version_after"),
    sa.Column("seconds", sa.Float),
    sa.Column("error", sa.Text),
    sa.Index("validation_runs_state", "state"),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("heartbeat_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.JSON),
)

data_versions = sa.Table(
    "data_versions",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)
