"""Catalogue schema. A change here needs a migration; a test compares the two."""

import sqlalchemy as sa

from faxcloud.store.catalogue.instants import Instant

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
    sa.Column("duplicate", sa.BigInteger, nullable=False, server_default="0"),
    *_json("duplicates_of", "reading", "notices"),
    # Imported rows removed since, by retention and as duplicates: the lake holds
    # `imported - expired - deduplicated` of this report.
    sa.Column("expired", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("deduplicated", sa.BigInteger, nullable=False, server_default="0"),
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

_Sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts up INTEGER keys alone

events = sa.Table(
    "events",
    metadata,
    sa.Column("sequence", _Sequence, primary_key=True, autoincrement=True),
    sa.Column("event_id", sa.Text, nullable=False, unique=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    # The report it is about, for readers who may see some reports only.
    sa.Column("report_id", sa.Text),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("events_created_at", "created_at"),
    sqlite_autoincrement=True,
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("webhook_id", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("disabled_at", Instant),
    sa.Column("disabled_reason", sa.Text),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("delivery_id", sa.Text, primary_key=True),
    sa.Column(
        "webhook_id", sa.Text, sa.ForeignKey("webhooks.webhook_id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("next_attempt_at", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("owner", sa.Text),
    sa.Column("leased_until", Instant),
    # With the webhook, so that what waits for a busy one is passed over without being read.
    sa.Index("deliveries_due", "state", "next_attempt_at", "webhook_id"),
    sa.Index("deliveries_webhook", "webhook_id", "created_at"),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column(
        "delivery_id", sa.Text, sa.ForeignKey("deliveries.delivery_id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("seconds", sa.Float),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.Text),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Column("last_used_at", Instant),
    *_json("reports", "contracts"),
)

audit_events = sa.Table(
    "audit_events",
    metadata,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Index("audit_events_at", "at"),
    sa.Index("audit_events_action", "action"),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("client", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    # Of the request, so that the same key with another request is refused.
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    # Null while the first request is being answered.
    sa.Column("status", sa.Integer),
    sa.Column("answer", sa.JSON),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Index("idempotency_keys_created_at", "created_at"),
)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("erasure_id", sa.Text, primary_key=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("certificate", sa.JSON, nullable=False),
)

# A person's own choices: tiles, start page, sound. `owner` is the actor's name, `local` without keys.
preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
)

saved_views = sa.Table(
    "saved_views",
    metadata,
    sa.Column("view_id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("page", sa.Text, nullable=False),
    sa.Column("is_shared", sa.Boolean, nullable=False),
    sa.Column("params", sa.JSON, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Index("saved_views_owner", "owner"),
)

shares = sa.Table(
    "shares",
    metadata,
    sa.Column("share_id", sa.Text, primary_key=True),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    # What is shown: filters, title, language, whether numbers are masked.
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("last_opened_at", Instant),
    sa.Column("opened", sa.BigInteger, nullable=False),
)

alert_rules = sa.Table(
    "alert_rules",
    metadata,
    sa.Column("rule_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    # The newest evaluation: when, of which data, what it gave.
    sa.Column("evaluated_at", Instant),
    sa.Column("evaluation", sa.JSON(none_as_null=True)),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("alert_id", sa.Text, primary_key=True),
    # No foreign key: the history outlives a deleted rule, and keeps what the rule was.
    sa.Column("rule_id", sa.Text, nullable=False),
    sa.Column("rule", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("acknowledged_at", Instant),
    sa.Column("acknowledged_by", sa.Text),
    sa.Column("resolved_at", Instant),
    sa.Column("resolved_by", sa.Text),
    # What was measured when it opened, and the selection that shows it.
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Index("alerts_state", "state"),
    sa.Index("alerts_rule", "rule_id", "opened_at"),
)

channels = sa.Table(
    "channels",
    metadata,
    sa.Column("channel_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # As Apprise reads it: it may hold a password.
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("notice_id", sa.Text, primary_key=True),
    sa.Column("alert_id", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    # Subject of the message: opened, resolved, test.
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("next_attempt_at", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("error", sa.Text),
    sa.Column("owner", sa.Text),
    sa.Column("leased_until", Instant),
    sa.Index("notices_due", "state", "next_attempt_at"),
    sa.Index("notices_alert", "alert_id"),
)

mailings = sa.Table(
    "mailings",
    metadata,
    sa.Column("mailing_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # Frequency and hour, recipients with language and zone, attachments, filters.
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("next_due_at", Instant),
)

mails = sa.Table(
    "mails",
    metadata,
    sa.Column("mail_id", sa.Text, primary_key=True),
    sa.Column("mailing_id", sa.Text, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("period_end", sa.Date, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("next_attempt_at", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("error", sa.Text),
    sa.Column("owner", sa.Text),
    sa.Column("leased_until", Instant),
    # One mail a recipient and date, whichever server finds it due.
    sa.UniqueConstraint("mailing_id", "due_at", "recipient", name="mails_once"),
    sa.Index("mails_due", "state", "next_attempt_at"),
)
