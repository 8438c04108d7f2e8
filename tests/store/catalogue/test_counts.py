"""Catalogue counts for metrics and health, in both databases."""

from __future__ import annotations

import datetime as dt

from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.counts import levels, ready_reports
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import audit_events, deliveries, validation_runs, webhooks
from faxcloud.store.probes import write_heartbeat


def test_an_empty_catalogue_has_nothing_of_anything(catalogue: Catalogue) -> None:
    with catalogue.read() as conn:
        found = levels(conn)
        assert ready_reports(conn) == 0
    assert (found.reports, found.runs, found.deliveries, found.events) == ({}, {}, {}, 0)
    assert (found.overdue_s, found.abandoned, found.stuck) == (0.0, [], [])
    assert (found.last_event_at, found.last_backup_at) == (None, None)


def test_what_is_there_is_counted_by_state(catalogue: Catalogue) -> None:
    now = utc_now()
    audited = {"actor": "local", "address": "", "resource": "", "details": {}, "hash": ""}
    ran = {"ruleset": "r", "dry_run": False, "owner": "x|1|1.0", "heartbeat_at": now, "started_at": now}
    due = {"event_type": "alert", "body": "", "attempts": 0, "created_at": now, "webhook_id": "w"}
    with catalogue.write() as conn:
        conn.execute(validation_runs.insert().values(run_id="v1", state="done", **ran))
        conn.execute(validation_runs.insert().values(run_id="v2", state="done", **ran))
        conn.execute(
            webhooks.insert().values(
                webhook_id="w", url="u", event="alert", secret="s", created_at=now, created_by="local"
            )
        )
        late = now - dt.timedelta(minutes=3)
        conn.execute(
            deliveries.insert().values(delivery_id="d", state="pending", next_attempt_at=late, **due)
        )
        for sequence, (action, outcome, hours) in enumerate(
            [("backup.create", "done", 5), ("backup.create", "failed", 2), ("report.import", "done", 1)]
        ):
            at = now - dt.timedelta(hours=hours)
            values = {"sequence": sequence, "at": at, "action": action, "outcome": outcome}
            conn.execute(audit_events.insert().values(**values, **audited))
    with catalogue.read() as conn:
        found = levels(conn)
    assert (found.runs, found.deliveries) == ({"done": 2}, {"pending": 1})
    assert 180 <= found.overdue_s < 240
    assert found.last_backup_at == now - dt.timedelta(hours=5)
    assert found.last_event_at == now - dt.timedelta(hours=1)


def test_a_heartbeat_tells_of_the_one_before(catalogue: Catalogue) -> None:
    first, second = write_heartbeat(catalogue), write_heartbeat(catalogue)
    assert first.before is None
    assert second.before == first.at <= second.at
    if catalogue.file is None:
        assert second.server_at is not None
        assert abs(second.server_at - second.at) < dt.timedelta(seconds=30)
    else:
        assert second.server_at is None
