"""Far-off dates: with a mistyped year, 31/12/9999, every calendar computation still works."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.domain.parsing import DateLimits
from faxcloud.i18n import translator
from faxcloud.presentation.wording import period_name
from faxcloud.services.imports import importer
from faxcloud.services.papers.pdf import pdf_of
from faxcloud.services.papers.wording import period_of
from tests.live_store import HEADER, opened

LAST = dt.date(9999, 12, 31)
FILTERS = (
    Filters(),
    Filters(end_date=LAST),
    Filters(start_date=LAST, end_date=LAST),
    Filters(start_date=dt.date.min, end_date=LAST),
)


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    """A store of an earlier version, which took any date that a calendar has."""
    folder = tmp_path_factory.mktemp("far")
    good = [f"{n};Nom {n};SF;{n:02d}/0{1 + n % 3}/2026 08:05;33145221134;2" for n in range(1, 25)]
    rows = [HEADER, *good, "25;Nom 9;SF;31/12/9999 23:59:59;33145221134;2", ""]
    (folder / "far.csv").write_text("\n".join(rows), encoding="cp1252")
    with opened(folder / "store") as built:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(importer, "DateLimits", lambda *_limits: DateLimits())
            built.imports.import_file(folder / "far.csv")
        yield built


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_summary_timeline_and_usage_answer_and_count_the_last_day(services, filters):
    summary = services.summaries.summary(filters)
    assert summary.values["faxes"] == (1 if filters.start_date == LAST else 25)
    for grain in ("hour", "day", "week", "month"):
        rows = services.summaries.timeline(filters, grain)
        assert sum(row["faxes"] for row in rows) == summary.values["faxes"]
        assert period_name(translator("en"), rows[-1]["start"], grain)
    months = services.usage.months(filters)
    assert sum(row["faxes"] for row in months) == summary.values["faxes"]


@pytest.mark.parametrize("filters", FILTERS[::2], ids=str)
def test_a_report_on_paper_is_written(services, filters):
    paper = services.papers.of(filters)
    assert "9999" in period_of(paper, translator("en"))
    assert pdf_of(paper, translator("en"), ZoneInfo("Europe/Paris")).startswith(b"%PDF")
