"""Report contents: the same numbers as on the pages, for those who may see them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.errors import FilterInvalid, NotAllowed, ReportNotFound
from faxcloud.i18n import translator
from faxcloud.presentation.wording import value_text
from faxcloud.services.actors import Actor, acting
from faxcloud.services.papers.facts import sample_says, warnings_of
from faxcloud.services.papers.paper import MOST_REJECTS, grain_of
from faxcloud.wiring import Services
from tests.live_store import opened

HEADER = (
    "Fax ID;Utilisateur;Adresse de messagerie;Mode;Date et heure du fax;Numéro appelé;Nombre de page réel"
)
PARIS = ZoneInfo("Europe/Paris")
FEBRUARY = (
    "1;Dr. Hélène;helene@chu.example;SF;02/02/2026 08:05;0145221134;3",
    "2;Accueil;accueil@chu.example;SF;03/02/2026 18:40;0612345678;1",
)
MARCH = (
    "3;Dr. Hélène;helene@chu.example;SF;02/03/2026 09:10;0145221134;2",
    "4;helene@chu.example;;RF;04/03/2026 09:20;33145221134;5",
    "5;Accueil;;SF;04/03/2026 10:00;0612345678;1",
    "6;Accueil;;SF;05/03/2026 11:00;0145221134;4",
)
REJECTED = tuple(f"{number};Mallory 0145999999" for number in range(250))


@dataclass(frozen=True)
class Store:
    """February and March of one contract, March with records that are none; and April of no contract."""

    services: Services
    february: str
    march: str
    april: str


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("papers")
    months = (
        ("C1", FEBRUARY),
        ("C1", (*MARCH, *REJECTED)),
        (None, ("7;A;;SF;01/04/2026 08:00;0145221134;1",)),
    )
    with opened(folder / "store") as services:
        ids = []
        for number, (contract, lines) in enumerate(months):
            file = folder / f"{number}.csv"
            file.write_text("\n".join([HEADER, *lines, ""]), "utf-8")
            ids.append(services.imports.import_file(file, contract=contract).report_id)
        yield Store(services, *ids)


def test_an_import_is_told_in_the_numbers_of_the_pages(store: Store) -> None:
    filters = Filters(report=store.march)
    paper = store.services.papers.of(filters)
    summaries = store.services.summaries
    assert paper.summary == summaries.summary(filters)
    assert paper.timeline == summaries.timeline(filters, paper.grain)
    assert paper.rules == summaries.breakdown(filters, "rule")
    assert paper.users == summaries.breakdown(filters, "user")
    assert paper.numbers == summaries.top_numbers(filters, 50)
    assert (paper.contract, paper.title) == ("C1", "1.csv")
    assert paper.period == (dt.date(2026, 3, 2), dt.date(2026, 3, 6))
    assert paper.basis.keys() == paper.summary.values.keys()


def test_a_period_is_compared_with_as_many_days_before(store: Store) -> None:
    filters = Filters(start_date=dt.date(2026, 2, 3), end_date=dt.date(2026, 2, 3))
    paper = store.services.papers.of(filters)
    assert paper.report is None
    assert paper.rejected is None
    assert paper.period == (dt.date(2026, 2, 3), dt.date(2026, 2, 4))
    assert paper.before == store.services.summaries.summary(filters).previous
    assert paper.before is not None
    assert paper.before["faxes"] == 1


def test_an_import_is_compared_with_the_one_before_under_its_contract(store: Store) -> None:
    march = store.services.papers.of(Filters(report=store.march))
    assert march.before_report is not None
    assert march.before_report["report_id"] == store.february
    assert march.before == store.services.summaries.summary(Filters(report=store.february)).values
    for first_or_without_contract in (store.february, store.april):
        paper = store.services.papers.of(Filters(report=first_or_without_contract))
        assert (paper.before, paper.before_report) == (None, None)


def test_the_first_rejects_are_shown_and_all_are_counted(store: Store) -> None:
    paper = store.services.papers.of(Filters(report=store.march))
    assert paper.rejected == 250
    assert len(paper.rejects) == MOST_REJECTS
    assert paper.rejects[0]["text"] == REJECTED[0]


@pytest.mark.parametrize("as_viewer", [False, True])
def test_a_masked_report_has_no_whole_number_no_address_and_no_reject(store: Store, as_viewer: bool) -> None:
    papers, filters = store.services.papers, Filters(report=store.march)
    if as_viewer:
        with acting(Actor("key:v", "viewer")):
            paper = papers.of(filters)
    else:
        paper = papers.of(filters, masked=True)
    assert paper.masked
    said = f"{paper.users}{paper.numbers}{paper.rejects}{paper.filters}"
    assert ("Accueil" in said) is as_viewer  # this actor was given no other choice than names in full
    assert paper.names == ("shown" if as_viewer else "initials")
    assert "3361•••••78" in said  # masked once: it can be recognised by whoever knows it
    for secret in ("0612345678", "33612345678", "@chu", "Mallory"):
        assert secret not in said
    assert (paper.rejects, paper.rejected) == ([], 250)
    assert paper.summary == store.services.summaries.summary(filters)


def test_what_was_searched_for_is_masked_too(store: Store) -> None:
    paper = store.services.papers.of(Filters(q="0612345678"), masked=True)
    assert paper.summary.values["faxes"] == 2
    assert paper.filters.q == "•" * 10
    with acting(Actor("key:v", "viewer")), pytest.raises(NotAllowed):
        store.services.papers.of(Filters(q="0612345678"))


def test_whoever_may_not_see_an_import_gets_no_report_of_it(store: Store) -> None:
    with acting(Actor("key:c", "analyst", contracts=("C2",))):
        with pytest.raises(ReportNotFound):
            store.services.papers.of(Filters(report=store.march))
        assert store.services.papers.of(Filters()).is_empty


def test_a_period_without_faxes_is_empty_and_has_no_rate(store: Store) -> None:
    paper = store.services.papers.of(Filters(start_date=dt.date(2020, 1, 1), end_date=dt.date(2020, 1, 31)))
    assert paper.is_empty
    assert paper.summary.values["compliance_rate"] is None
    assert [row["compliance_rate"] for row in paper.timeline] == [None] * 31


def test_an_export_is_in_the_audit_log_without_a_name(store: Store) -> None:
    services = store.services
    paper = services.papers.of(Filters(report=store.march, user="Dr. Hélène"))
    services.papers.write(paper, "xlsx", translator("fr"), PARIS)
    entry = services.audit.log(limit=1).results[0]
    assert (entry["action"], entry["resource"]) == ("paper.export", f"report:{store.march}")
    assert entry["details"]["format"] == "xlsx"
    assert "Hélène" not in str(entry)


def test_a_period_with_sample_data_is_marked_as_such(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    file.write_text(f"{HEADER}\n9;A;;SF;15/04/2026 08:00;0145221134;1\n", "utf-8")
    report_id = store.services.imports.import_file(file, is_sample=True).report_id
    mark = {}
    for name, filters in (
        ("sample", Filters(report=report_id)),
        ("with sample", Filters(start_date=dt.date(2026, 2, 1))),
        ("without", Filters(end_date=dt.date(2026, 3, 31))),
        ("an import", Filters(report=store.march)),
    ):
        paper = store.services.papers.of(filters)
        mark[name] = sample_says(paper, translator("en"))
        assert (mark[name] in warnings_of(paper, translator("en"))) == bool(mark[name])
    store.services.reports.delete(report_id)
    assert mark == {
        "sample": "These faxes are invented sample data.",
        "with sample": "Some or all of these faxes are invented sample data.",
        "without": "",
        "an import": "",
    }


def test_an_unknown_format_is_refused(store: Store) -> None:
    paper = store.services.papers.of(Filters())
    with pytest.raises(FilterInvalid):
        store.services.papers.write(paper, "docx", translator("en"), PARIS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "grain"),
    [(1, "hour"), (3, "hour"), (4, "day"), (120, "day"), (121, "week"), (800, "week"), (801, "month")],
)
def test_the_grain_follows_the_length_of_the_period(days: int, grain: str) -> None:
    first = dt.date(2026, 1, 1)
    assert grain_of((first, first + dt.timedelta(days=days))) == grain
    assert grain_of(None) == "hour"


def test_a_number_has_one_form_beside_its_target_and_with_its_decimals() -> None:
    english, french = translator("en"), translator("fr")
    assert value_text(english, "compliance_rate", 0.9496, 0.95) == "94.96%"
    assert value_text(english, "compliance_rate", 0.9496, 0.9) == "95.0%"
    assert value_text(english, "billed_pages", 1234.75) == "1,234.75"
    assert value_text(english, "billed_pages", 5.0) == "5.00"
    assert value_text(french, "billed_pages", 1234.75) == "1\u202f234,75"
    assert value_text(english, "billed_pages", None) == "–"
