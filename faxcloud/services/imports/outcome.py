"""Import outcome in the catalogue: stored once, with its audit note and its event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faxcloud.domain.metrics import compliance_rate
from faxcloud.services.journal import Event, Journal, Note, failure, failure_event
from faxcloud.store.catalogue.connection import Connection
from faxcloud.store.records import reports

ACTION = "report.import"

_COUNTS = ("records", "imported", "rejected", "blank", "duplicate", "pages", "valid", "invalid")


def finish_report(conn: Connection, journal: Journal, report_id: str, seconds: float | None = None) -> None:
    """Mark a report as `ready` and publish the event, unless that was done before.

    Args:
        seconds: Duration of the whole import; None where recovery finishes it, which cannot know.

    Raises:
        ReportBusy, ReportNotFound: as the store's.
    """
    if not reports.finish_report(conn, report_id, seconds):
        return
    report = reports.get_report(conn, report_id)
    facts: Mapping[str, Any] = {}
    if report.facts is not None:
        rate = compliance_rate(report.facts.valid, report.facts.imported)
        facts = {name: getattr(report.facts, name) for name in _COUNTS} | {"compliance_rate": rate}
    told = {**facts, "is_sample": report.is_sample}
    ruleset = report.facts.ruleset if report.facts else ""
    journal.record(
        conn,
        Note(ACTION, f"report:{report_id}", details={**told, "ruleset": ruleset, "sha256": report.sha256}),
        Event("upload_complete", {"report_id": report_id, **told}, report_id),
    )


def record_failure(conn: Connection, journal: Journal, report_id: str, error: BaseException | str) -> None:
    """Publish a failed import; call it where the report is failed or removed."""
    journal.record(
        conn, failure(ACTION, f"report:{report_id}", error), failure_event(ACTION, error, report_id)
    )


def write_refusal(journal: Journal, error: BaseException) -> None:
    """Publish a refused file that got no report id."""
    journal.write(failure(ACTION, "", error), failure_event(ACTION, error))
