"""Tables for events, webhooks and deliveries, keys, audit, idempotency, erasures and retention."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("reports", sa.Column("expired", sa.BigInteger, nullable=False, server_default="0"))
    _create_events_and_webhooks()
    _create_keys_and_audit()


def _create_events_and_webhooks() -> None:
    sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "events",
        sa.Column("sequence", sequence, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.Text, nullable=False, unique=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("report_id", sa.Text),
        sa.Column("data", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("events_created_at", "events", ["created_at"])
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("url", "event", "secret")),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("disabled_at", _INSTANT),
        sa.Column("disabled_reason", sa.Text),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.Text, primary_key=True),
        sa.Column(
            "webhook_id", sa.Text, sa.ForeignKey("webhooks.webhook_id", ondelete="CASCADE"), nullable=False
        ),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("event_type", "body", "state")),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("next_attempt_at", _INSTANT),
        sa.Column("finished_at", _INSTANT),
        sa.Column("owner", sa.Text),
        sa.Column("leased_until", _INSTANT),
    )
    op.create_index("deliveries_due", "deliveries", ["state", "next_attempt_at", "webhook_id"])
    op.create_index("deliveries_webhook", "deliveries", ["webhook_id", "created_at"])
    op.create_table(
        "delivery_attempts",
        sa.Column(
            "delivery_id",
            sa.Text,
            sa.ForeignKey("deliveries.delivery_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text),
    )


def _create_keys_and_audit() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "role", "hash")),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        *(sa.Column(name, _INSTANT) for name in ("expires_at", "revoked_at", "last_used_at")),
        *(sa.Column(name, sa.JSON) for name in ("reports", "contracts")),
    )
    op.create_table(
        "audit_events",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", _INSTANT, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("actor", "address", "action", "resource", "outcome")
        ),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_index("audit_events_at", "audit_events", ["at"])
    op.create_index("audit_events_action", "audit_events", ["action"])
    op.create_table(
        "idempotency_keys",
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.JSON),
        sa.Column("owner", sa.Text, nullable=False),
    )
    op.create_index("idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.Text, primary_key=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("certificate", sa.JSON, nullable=False),
    )
