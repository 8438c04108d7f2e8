"""How an import ends in the catalogue: each end once, with its note in the audit log and its event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faxcloud.domain.metrics import compliance_rate
from faxcloud.services.journal import Event, Journal, Note, failure, failure_event
from faxcloud.store.catalogue.connection import Connection
from faxcloud.store.records import reports

ACTION = "report.import"

_COUNTS = ("records", "imported", "rejected", "blank", "pages", "valid", "invalid")


def finish_report(conn: Connection, journal: Journal, report_id: str, seconds: float | None = None) -> None:
    """Let a report be `ready` and tell of it, unless it was before.

    Args:
        seconds: What the whole import took; None where recovery finishes it, which cannot know.

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
    """Tell of a file that did not become a report; call it where the report is failed or removed."""
    journal.record(
        conn, failure(ACTION, f"report:{report_id}", error), failure_event(ACTION, error, report_id)
    )


def write_refusal(journal: Journal, error: BaseException) -> None:
    """Tell of a file that was refused before it got a report's id."""
    journal.write(failure(ACTION, "", error), failure_event(ACTION, error))
