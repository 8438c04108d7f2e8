"""Values that cannot be true stay out of figures and periods; their text is kept."""

from __future__ import annotations

from decimal import Decimal

import pytest

from faxcloud.domain.filters import Filters
from tests.live_store import HEADER, opened, stored_rows

RECORDS = (
    "1;A;SF;05/10/2062 08:00;33465711000;-3;-40;-1.00",
    "2;A;SF;05/10/1962 08:00;33465711000;1,000;999999999;abc",
    "3;A;SF;05/10/2026 08:00;33465711000;2,0;62;1,50",
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unlikely")
    path = folder / "unlikely.csv"
    path.write_text("\n".join((HEADER + ";Durée;Pages facturées", *RECORDS)) + "\n", "utf-8")
    with opened(folder / "store") as services:
        yield services, services.imports.import_file(path), stored_rows(folder / "store")


def test_dates_in_the_future_or_of_another_age_are_in_no_period(imported):
    services, result, rows = imported
    report = services.reports.show(result.report_id)
    assert report["first_at"] == report["last_at"] == rows[2]["sent_at"]
    assert [row["raw_sent_at"] for row in rows] == ["05/10/2062 08:00", "05/10/1962 08:00", None]


def test_negative_and_ambiguous_pages_are_invalid_and_in_no_sum(imported):
    _, result, rows = imported
    assert (result.pages, result.invalid) == (2, 2)
    assert [(row["pages"], row["raw_pages"]) for row in rows] == [(0, "-3"), (None, "1,000"), (2, "2,0")]
    assert dict(result.violations) == {"pages.zero": 1, "pages.unreadable": 1}


def test_durations_and_billed_pages_that_cannot_be_true_are_in_no_sum(imported):
    services, result, rows = imported
    totals = services.summaries.summary(Filters()).values
    assert (totals["duration_s"], totals["billed_pages"]) == (62, Decimal("1.50"))
    assert [row["raw_duration_s"] for row in rows] == ["-40", "999999999", None]
    assert dict(result.warnings) == {"date.unlikely": 2, "duration.unlikely": 2, "billed.unreadable": 2}
    assert [row["raw_billed_pages"] for row in rows] == ["-1.00", "abc", None]
