"""Periods that the data covers in part: no change against them, and a mark on partial weeks and months."""

import datetime as dt
from collections.abc import Iterator

import pytest

from faxcloud.domain.coverage import Coverage
from faxcloud.domain.filters import Filters
from faxcloud.i18n import translator
from faxcloud.services.papers.facts import warnings_of
from faxcloud.services.papers.sections import sections_of
from faxcloud.wiring import Services
from tests.live_store import opened

HEADER = "Fax ID;Utilisateur;Mode;Date et heure du fax;Numéro appelé;Nombre de page réel"
MARCH = Filters(start_date=dt.date(2026, 3, 1), end_date=dt.date(2026, 3, 31))
APRIL = Filters(start_date=dt.date(2026, 4, 1), end_date=dt.date(2026, 4, 30))
EN = translator("en")

IMPORTS = (
    ("16/02/2026", "27/02/2026"),  # February from the middle
    ("02/03/2026", "31/03/2026"),  # all of March: the 1st is a Sunday
    ("01/04/2026", "10/04/2026"),  # April without its middle
    ("20/04/2026", "30/04/2026"),
    ("04/05/2026", "28/05/2026"),  # all of May: its first days are a holiday and a weekend; not its last one
)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("coverage")
    with opened(folder / "store") as services:
        for number, days in enumerate(IMPORTS):
            file = folder / f"{number}.csv"
            lines = [f"{number}{line};A;SF;{day} 09:00;0145221134;1" for line, day in enumerate(days)]
            file.write_text("\n".join([HEADER, *lines, ""]), "utf-8")
            services.imports.import_file(file)
        yield services


def test_partial_months_are_marked_first_middle_and_last(services: Services) -> None:
    expected = {2: False, 3: True, 4: False, 5: False}
    months = services.summaries.timeline(Filters(), "month")
    assert {row["start"].month: row["is_whole"] for row in months} == expected
    assert {row["start"].month: row["is_whole"] for row in services.usage.months(Filters())} == expected
    assert "is_whole" not in services.summaries.timeline(Filters(), "day")[0]
    [cut, *_] = services.summaries.timeline(Filters(start_date=dt.date(2026, 3, 2)), "month")
    assert not cut["is_whole"]


def test_nothing_is_compared_with_a_period_that_the_data_covers_in_part(services: Services) -> None:
    summary = services.summaries.summary(MARCH)
    assert summary.previous is not None
    assert summary.previous["faxes"] == 2
    assert summary.compared is None
    assert (summary.covered_days, summary.covered_days_before) == (31, 15)
    assert services.usage.usage(MARCH, "user").previous is None
    assert services.people.ranking(MARCH).results[0]["faxes_before"] is None
    assert not services.comparisons.of(MARCH, APRIL).is_whole
    whole = Filters(start_date=dt.date(2026, 3, 9), end_date=dt.date(2026, 3, 15))
    assert services.summaries.summary(whole).compared is not None
    assert services.people.ranking(MARCH).results[0]["faxes"] == 2


def test_a_report_on_paper_has_no_change_and_says_why(services: Services) -> None:
    paper = services.papers.of(MARCH)
    assert paper.before is None
    assert any("the data covers 15 of its 31 days" in said for said in warnings_of(paper, EN))
    tables = [section.table for section in sections_of(paper, EN) if section.table is not None]
    assert not any(column.name == "Change" for table in tables for column in table.columns)


def test_days_off_beside_covered_days_are_covered() -> None:
    coverage = Coverage.of(
        [(dt.date(2026, 3, 2), dt.date(2026, 3, 7)), (dt.date(2026, 3, 9), dt.date(2026, 3, 11))]
    )
    assert coverage.spans == ((dt.date(2026, 2, 28), dt.date(2026, 3, 11)),)
    assert Coverage().is_whole(dt.date(2026, 1, 1), dt.date(2027, 1, 1))
