"""List of imports for the filter widgets, newest first, and the date range of the data."""

import datetime as dt
from typing import Any

from faxcloud.ui.screen import Screen


def ready_reports(screen: Screen) -> list[dict[str, Any]]:
    """Imports whose faxes can be queried, newest first."""
    reports = [report for report in screen.services.reports.list() if report["state"] == "ready"]
    return sorted(reports, key=lambda report: report["imported_at"], reverse=True)


def data_days(reports: list[dict[str, Any]]) -> tuple[dt.date, dt.date] | None:
    """First and last day on which an import has a fax; None where none has a readable date."""
    firsts = [report["first_at"] for report in reports if report.get("first_at")]
    lasts = [report["last_at"] for report in reports if report.get("last_at")]
    return (min(firsts).date(), max(lasts).date()) if firsts and lasts else None
