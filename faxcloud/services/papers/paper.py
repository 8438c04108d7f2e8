"""Report service: collects one import or one period for paper, workbook and page.

It is collected once, by the same functions as the pages, so that all of them show the same numbers. The
layout is elsewhere: `paper_pdf`, `paper_workbooks`, and the page behind a shared link.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import islice
from typing import Any, Literal, get_args

from faxcloud.domain import masking
from faxcloud.domain.calendar import Grain, days_after, last_day
from faxcloud.domain.filters import Filters
from faxcloud.domain.masking import SIGN, Names, mask_name, mask_names
from faxcloud.domain.metrics import TARGET_RATE
from faxcloud.domain.rulesets.ruleset import Ruleset
from faxcloud.errors import FaxCloudError, FilterInvalid
from faxcloud.i18n import Translator
from faxcloud.presentation.grains import natural_grain
from faxcloud.services.actors import current_actor
from faxcloud.services.analytics.summaries import Number, Row, Summaries, Summary
from faxcloud.services.imports.reports import Reports
from faxcloud.services.journal import Journal, Note
from faxcloud.services.papers.contents import MOST_NUMBERS
from faxcloud.services.papers.contents import Paper as Paper  # noqa: PLC0414 - given out here
from faxcloud.services.scoping import IN_FULL
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records.reports import iter_rejects

Format = Literal["pdf", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)

MOST_REJECTS = 200


class Papers:
    """Collects reports, within what the actor may see."""

    def __init__(
        self,
        summaries: Summaries,
        reports: Reports,
        rulesets: Rulesets,
        catalogue: Catalogue,
        journal: Journal,
        target_rate: Callable[[], float] = lambda: TARGET_RATE,
        viewer_names: Names = "shown",
    ) -> None:
        self._summaries = summaries
        self._reports = reports
        self._rulesets = rulesets
        self._catalogue = catalogue
        self._journal = journal
        self._target_rate = target_rate
        self._viewer_names = viewer_names

    def of(
        self, filters: Filters, *, masked: bool = False, names: Names | None = None, title: str = ""
    ) -> Paper:
        """Collect the report of a selection: of one import where `filters.report` is given, else of a period.

        Args:
            masked: Show only what a viewer would see, also where the actor may see more.
            names: Masking level of user names; None for that of a viewer or the actor.

        Raises:
            ReportNotFound: there is no such import, or the actor may not see it.
            NotAllowed: the actor sees numbers masked and searches for one.
        """
        actor = current_actor()
        actor.require("aggregates.read")
        report = None if filters.report is None else self._reports.show(filters.report)
        period = _period(filters, report, self._summaries.timeline(filters, "day"))
        grain = grain_of(period)
        found = self._summaries.dashboard(filters, grain)
        before, before_report = self._before(filters, report, found.summary)
        in_full = actor.may(IN_FULL)
        if not in_full:
            names = actor.names
        elif names is None:
            names = self._viewer_names if masked else "shown"
        may_read_rejects = not masked and names == "shown" and actor.may("rejects.read")
        paper = Paper(
            title=title or (report["file"] if report else ""),
            report=report,
            filters=filters,
            period=period,
            contract=report["contract"] if report else None,
            summary=found.summary,
            before=before,
            before_report=before_report,
            grain=grain,
            timeline=found.timeline,
            rules=[row for row in found.rules if row["violations"]],
            users=found.users,
            numbers=self._summaries.top_numbers(filters, MOST_NUMBERS),
            heatmap=[row for row in found.heatmap if row["faxes"]],
            rejects=self._rejects(report["report_id"]) if report and may_read_rejects else [],
            rejected=report["rejected"] if report else None,
            ruleset=self._active_ruleset(),
            rules_by_id=self._rulesets.rules(),
            target_rate=self._target_rate(),
            has_sample=self._has_sample(filters),
            masked=masked or not in_full,
            names=names,
            made_at=utc_now(),
            data_version=found.summary.version,
        )
        # Whoever sees numbers and names masked was given them so: masking twice would leave nothing of them.
        if in_full and paper.masked:
            paper = replace(paper, numbers=[masking.masked(row, names) for row in paper.numbers])
        if in_full and (paper.masked or names != "shown"):
            users = mask_names([row["key"] or "" for row in paper.users], names)
            paper = replace(
                paper, users=[{**row, "key": user} for row, user in zip(paper.users, users, strict=True)]
            )
        return _masked(paper) if paper.masked else paper

    def write(self, paper: Paper, format: Format, t: Translator, zone: dt.tzinfo) -> bytes:  # noqa: A002
        """Write the report as a PDF or a workbook, in the language of `t`; audited.

        Args:
            zone: Reader's time zone, for the time of creation.

        Raises:
            FilterInvalid: an unknown format.
        """
        if format == "pdf":
            from faxcloud.services.papers.pdf import pdf_of

            document = pdf_of(paper, t, zone)
        elif format == "xlsx":
            from faxcloud.services.papers.workbook import workbook_of

            document = workbook_of(paper, t, zone)
        else:
            raise FilterInvalid(name="format", value=str(format), expected=", ".join(FORMATS))
        details = {
            "format": format,
            "language": t.language,
            "masked": paper.masked,
            "names": paper.names,
            "filters": paper.filters.shareable_params(),
        }
        resource = f"report:{paper.report['report_id']}" if paper.report else ""
        self._journal.write(Note("paper.export", resource, details=details))
        return document

    def _before(
        self, filters: Filters, report: dict[str, Any] | None, summary: Summary
    ) -> tuple[dict[str, Number] | None, dict[str, Any] | None]:
        """The period before where days are filtered; of an import, the one before under its contract."""
        if report is None or filters.start_date is not None or filters.end_date is not None:
            return summary.compared, None
        earlier = [other for other in self._reports.list() if _precedes(other, report)]
        if not earlier:
            return None, None
        newest = max(earlier, key=lambda other: other["first_at"])
        values = self._summaries.summary(replace(filters, report=newest["report_id"])).values
        return values, newest

    def _has_sample(self, filters: Filters) -> bool:
        samples = (each["report_id"] for each in self._reports.list() if each["is_sample"])
        return any(
            self._summaries.summary(replace(filters, report=report_id)).values["faxes"]
            for report_id in samples
            if filters.report in (None, report_id)
        )

    def _rejects(self, report_id: str) -> list[Row]:
        with self._catalogue.read() as conn:
            return [asdict(reject) for reject in islice(iter_rejects(conn, report_id), MOST_REJECTS)]

    def _active_ruleset(self) -> Ruleset | None:
        try:
            return self._rulesets.active()
        except FaxCloudError:  # its file is broken: the numbers stand all the same, and the paper says so
            return None


def grain_of(period: tuple[dt.date, dt.date] | None) -> Grain:
    """Grain that gives a readable number of bars."""
    return natural_grain(1 if period is None else (period[1] - period[0]).days)


def _period(
    filters: Filters, report: dict[str, Any] | None, days: Sequence[Row]
) -> tuple[dt.date, dt.date] | None:
    first, last = filters.start_date, filters.end_date
    if report is not None:
        first, last = first or report["start"], last or report["end"]
        # An import without a period of its own is as long as its faxes; another filter makes it no shorter.
        first = first or _date(report["first_at"])
        last = last or _date(report["last_at"])
    if first is None or last is None:
        spread = _days(days)
        if spread is None:
            return None
        first, last = first or spread[0], last or last_day(spread[1])
    return (first, days_after(last)) if last >= first else None


def _date(instant: dt.datetime | None) -> dt.date | None:
    return None if instant is None else instant.date()


def _days(days: Sequence[Row]) -> tuple[dt.date, dt.date] | None:
    """From the first day with faxes to the day after the last one."""
    starts = [row["start"].date() for row in days if row["faxes"]]
    return (starts[0], days_after(starts[-1])) if starts else None


def _precedes(other: Mapping[str, Any], report: Mapping[str, Any]) -> bool:
    """Whether a report has earlier faxes of the same contract; without a contract they are not comparable."""
    return (
        other["state"] == "ready"
        and report["contract"] is not None
        and other["contract"] == report["contract"]
        and other["is_sample"] == report["is_sample"]
        and other["first_at"] is not None
        and report["first_at"] is not None
        and other["first_at"] < report["first_at"]
    )


def _masked(paper: Paper) -> Paper:
    """Masked contents: without what filters and rejects would reveal."""
    user, search = paper.filters.user, paper.filters.q
    hidden = replace(
        paper.filters,
        user=None if user is None else mask_name(user, paper.names),
        q=None if search is None else SIGN * len(search),
    )
    return replace(
        paper,
        filters=hidden,
        rejects=[],
    )
