"""Alert measurement: values over a rule's window, and over the same weekdays of the weeks before.

Windows are days of the data: the last of them is the newest day that has faxes and is not in the future. If
data is imported once a month, the window ends on the month's last day, and a mistyped date in 2062 moves no
window. A count that must not be too low is not measured over today, which is not over: every morning would
raise an alert.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from faxcloud.domain.alert_verdicts import Measured
from faxcloud.domain.alerts import DAYS_SINCE_IMPORT, WEEKS, AlertRule
from faxcloud.domain.filters import Filters
from faxcloud.services.analytics.summaries import Summaries
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.records.reports import list_reports

NOTHING = Measured(None, 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """Measured values and the selection that shows them.

    Attributes:
        filters: Measured selection; None where there was nothing to select.
        weeks: Number of earlier weeks with faxes; for a change alone.
    """

    measured: Measured
    filters: Filters | None
    weeks: int = 0

    def evidence(self) -> dict[str, Any]:
        """Evidence as JSON data. Two measurements of the same data give the same."""
        measured, filters = self.measured, self.filters
        return {
            "value": measured.value,
            "faxes": measured.faxes,
            "baseline": measured.baseline,
            "change_percent": measured.change_percent,
            "weeks": self.weeks,
            "filters": {} if filters is None else filters.to_params(),
        }


class Measuring:
    """Measures rules over all data, without the scope of an actor."""

    def __init__(self, catalogue: Catalogue, summaries: Summaries, zone: dt.tzinfo) -> None:
        self._catalogue = catalogue
        self._summaries = summaries
        self._zone = zone

    def mark(self) -> Hashable:
        """Version of the data; measured values change only with it and with the calendar."""
        return self._summaries.mark()

    def find(self, rule: AlertRule, now: dt.datetime) -> Finding:
        """Measure a rule's window at an instant."""
        today = now.astimezone(self._zone).date()
        if rule.metric == DAYS_SINCE_IMPORT:
            return self._days_since_import(rule, today)
        wider = self._scoped(rule)
        if wider is None:
            return Finding(NOTHING, None)
        window = self._window(rule, wider, today)
        if window is None:
            return Finding(NOTHING, None)
        value, faxes = self._value(rule, window)
        if not faxes and rule.scope == "report":
            return Finding(NOTHING, None)  # gone: an import without faxes is none
        if not rule.is_change:
            return Finding(Measured(value, faxes), window)
        before = self._before(rule, window)
        return Finding(Measured(value, faxes, before), window, len(before))

    def _scoped(self, rule: AlertRule) -> Filters | None:
        """The selection without its days; None for a contract or window without any report."""
        if rule.scope == "report":
            return Filters(report=rule.scope_value)
        filters = Filters(user=rule.scope_value) if rule.scope == "user" else Filters()
        contract = rule.scope_value if rule.scope == "contract" else None
        if rule.window == "days" and contract is None:
            return filters
        found = self._reports(contract)
        if not found:
            return None
        if rule.window == "report" or len(found) == 1:
            return replace(filters, report=found[0][0])
        return replace(filters, reports=tuple(sorted(report_id for report_id, _ in found)))

    def _window(self, rule: AlertRule, scoped: Filters, today: dt.date) -> Filters | None:
        if rule.window == "report":
            return scoped
        # A user's own newest day would make every day without a fax of theirs invisible.
        # The question that the dashboard asks too: mostly its answer is known already.
        rows = self._summaries.timeline(replace(scoped, user=None), "day")
        days = (row["start"].date() for row in rows if row["faxes"])
        last = today - dt.timedelta(days=1) if rule.needs_whole_days else today
        newest = max((day for day in days if day <= last), default=None)
        if newest is None:
            return None
        first = dt.date.fromordinal(max(newest.toordinal() - rule.window_days + 1, 1))
        return replace(scoped, start_date=first, end_date=newest)

    def _before(self, rule: AlertRule, window: Filters) -> tuple[float, ...]:
        found = []
        for week in range(1, WEEKS + 1):
            step = dt.timedelta(weeks=week)
            if (
                window.start_date is None
                or window.end_date is None
                or window.start_date <= dt.date.min + step
            ):
                break
            earlier = replace(window, start_date=window.start_date - step, end_date=window.end_date - step)
            value, faxes = self._value(rule, earlier)
            if faxes and value is not None:
                found.append(value)
        return tuple(found)

    def _value(self, rule: AlertRule, window: Filters) -> tuple[float | None, int]:
        values = self._summaries.summary(window).values
        return values[rule.metric], int(values["faxes"] or 0)

    def _days_since_import(self, rule: AlertRule, today: dt.date) -> Finding:
        found = self._reports(rule.scope_value or None)
        if not found:
            return Finding(NOTHING, None)
        report_id, at = found[0]
        days = max((today - at.astimezone(self._zone).date()).days, 0)
        return Finding(Measured(days, 0), Filters(report=report_id))

    def _reports(self, contract: str | None) -> list[tuple[str, dt.datetime]]:
        """Ids and instants of the imports that are done, newest first; of one contract or of all."""
        with self._catalogue.read() as conn:
            listed = list_reports(conn)
        return [
            (report.report_id, report.finished_at or report.created_at)
            for report in listed
            if report.state == "ready" and (contract is None or report.contract == contract)
        ]
