"""User figures: search, ranking, details, numbers to correct."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faxcloud.domain.filters import Filters, Paging
from faxcloud.domain.prices import PriceList
from faxcloud.errors import FilterInvalid, NotAllowed
from faxcloud.i18n import translator
from faxcloud.services.actors import Actor, acting
from faxcloud.services.analytics.users import SORTS, People
from faxcloud.services.journal import Journal
from faxcloud.services.scoping import Scope
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.tables import audit_events
from faxcloud.store.queries.corrections import Narrowing, WrongNumbers
from faxcloud.store.queries.usage import UsageReader
from tests.small_lake import SMALL, Fax, Questions, at, fax, small_lake

VIEWER = Actor("key:v", "viewer")


@dataclass(frozen=True)
class Office:
    """A lake, and its users."""

    asked: Questions
    people: People

    def notes(self) -> list[tuple[str, Any]]:
        with self.asked.catalogue.read() as conn:
            found = conn.execute(audit_events.select().order_by(audit_events.c.sequence)).mappings()
            return [(row["action"], row["details"]) for row in found]


def office(folder: Path, rows: tuple[Fax, ...]) -> Office:
    asked = small_lake(folder / "lake", rows)
    journal = Journal(asked.catalogue, AuditTrail(folder / "keys", folder / "logs"))
    rulesets = Rulesets(folder / "rulesets", asked.catalogue, journal)
    reader, scope = UsageReader(asked.engine, asked.cache), Scope(asked.catalogue)
    return Office(asked, People(asked.summaries, asked.faxes, reader, scope, rulesets, journal))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Office]:
    opened = office(tmp_path, SMALL)
    yield opened
    opened.asked.engine.close()


def names(opened: Office, **asked: Any) -> list[str]:
    return [row["key"] for row in opened.people.ranking(Filters(), **asked).results]


def test_the_users_of_the_small_lake_are_ranked_as_by_hand(small: Office):
    assert names(small) == ["", "=1+1", "Accueil", "100%", "Dr. Hélène"]
    assert names(small, sort="-faxes") == ["Accueil", "Dr. Hélène", "", "100%", "=1+1"]
    assert names(small, sort="-pages") == ["Accueil", "=1+1", "Dr. Hélène", "100%", ""]
    assert names(small, sort="name") == ["", "100%", "=1+1", "Accueil", "Dr. Hélène"]
    assert names(small, sort="compliance_rate") == ["", "=1+1", "Accueil", "100%", "Dr. Hélène"]
    with pytest.raises(FilterInvalid):
        small.people.ranking(Filters(), sort="number")


@pytest.mark.parametrize(
    ("search", "found"),
    [("helene", ["Dr. Hélène"]), ("DR. H", ["Dr. Hélène"]), ("%", ["100%"]), (" ", 5), ("nobody", [])],
)
def test_a_user_is_found_by_a_part_of_the_name(small: Office, search: str, found: list[str] | int):
    ranking = small.people.ranking(Filters(), search=search)
    assert ranking.total == (found if isinstance(found, int) else len(found))
    if not isinstance(found, int):
        assert [row["key"] for row in ranking.results] == found


def test_the_place_is_that_among_all_whatever_is_searched_for(small: Office):
    [row] = small.people.ranking(Filters(), search="accueil").results
    assert row["place"] == 3


@pytest.mark.parametrize("sort", SORTS)
def test_pages_repeat_and_skip_nobody(small: Office, sort: str):
    pages = [small.people.ranking(Filters(), sort=sort, page=page, per_page=2) for page in (1, 2, 3, 4)]
    assert [len(page.results) for page in pages] == [2, 2, 1, 0]
    assert {page.pages for page in pages} == {3}
    assert [row["key"] for page in pages for row in page.results] == names(small, sort=sort)


def test_the_ranking_compares_with_the_period_before(small: Office):
    filters = Filters(start_date=dt.date(2026, 3, 5), end_date=dt.date(2026, 3, 5))
    [row] = small.people.ranking(filters).results
    assert (row["key"], row["faxes"], row["faxes_before"], row["invalid_before"]) == ("Accueil", 1, 2, 1)
    assert small.people.ranking(Filters()).results[0]["faxes_before"] is None


def test_one_user_has_the_numbers_of_the_same_filter(small: Office):
    person = small.people.one(Filters(), "Accueil", "day")
    assert person.summary == small.asked.summaries.summary(Filters(user="Accueil"))
    assert [row["faxes"] for row in person.timeline] == [2, 1]
    assert {row["key"]: row["violations"] for row in person.rules} == {"number.mobile": 1, "pages.zero": 1}
    assert [row["number"] for row in person.numbers] == ["33612345678"]


def test_the_faxes_without_a_name_are_a_user_too_and_nobody_has_no_data(small: Office):
    assert small.people.one(Filters(), "", "day").summary.values["faxes"] == 1
    nobody = small.people.one(Filters(), "Nobody", "day")
    assert nobody.summary.values["compliance_rate"] is None
    assert (nobody.rules, nobody.numbers) == ([], [])


def test_spellings_of_a_name_are_one_user_and_white_space_alone_names_nobody(tmp_path: Path):
    keys = {"Zoë": None, "Zoë ": "Zoë", " Zoë": "Zoë", "": None, " ": "", "\u00a0\u2028": ""}
    wrong = {"called_text": "12", "number": "12", "violations": "number.length", "sent_at": at(4)}
    rows = (fax(line, user_name=name, user_key=keys[name], **wrong) for line, name in enumerate(keys))
    opened = office(tmp_path, tuple(rows))
    asked = opened.asked
    ranked = {row["key"]: row["faxes"] for row in opened.people.ranking(Filters()).results}
    assert ranked == {"Zoë": 3, "": 3}
    for name in ("Zoë", "Zoë ", " Zoë"):
        chosen = Filters.from_params({"user": name})
        found = asked.faxes.page(asked.faxes.select(chosen), Paging())[1]
        assert sorted(row["utilisateur"] for row in found) == [" Zoë", "Zoë", "Zoë "]
    for blank in (" ", "\u00a0"):
        assert asked.summaries.summary(Filters.from_params({"user": blank})).values["faxes"] == 3
    assert opened.people.one(Filters(), "", "day").summary.values["faxes"] == 3
    assert asked.summaries.summary(Filters()).values["users"] == 1
    [wrong_number] = asked.summaries.top_numbers(Filters(), 5)
    assert wrong_number["users"] == 1
    usage = UsageReader(asked.engine, asked.cache).groups(asked.faxes.select(Filters()), PriceList(), "user")
    assert {row["key"]: row["faxes"] for row in usage} == ranked
    mended = WrongNumbers(asked.engine, asked.cache).by_user(
        asked.faxes.select(Filters()), ("number.length",), Narrowing(), 9
    )
    assert {row["user_name"]: row["faxes"] for row in mended} == ranked
    asked.engine.close()


def test_services_are_ranked_where_the_export_tells_several(tmp_path: Path, small: Office):
    assert not small.people.has_resellers(Filters())
    rows = (
        fax(1, reseller="Nord", sent_at=at(4)),
        fax(2, reseller="Sud", violations="number.length", sent_at=at(4)),
        fax(3, reseller="Nord", sent_at=at(4)),
    )
    opened = office(tmp_path / "two", rows)
    assert opened.people.has_resellers(Filters())
    ranked = opened.people.ranking(Filters(), by="reseller").results
    assert [(row["key"], row["faxes"], row["compliance_rate"]) for row in ranked] == [
        ("Sud", 1, 0.0),
        ("Nord", 2, 1.0),
    ]
    opened.asked.engine.close()


def test_nobody_is_asked_to_correct_a_right_number_of_a_fax_without_pages(tmp_path: Path):
    rows = (
        fax(1, user_name="Ann", violations="pages.missing", pages=None),
        fax(2, user_name="Ann", violations="mode.unknown|number.length", number="5", called_text="5"),
    )
    opened = office(tmp_path, rows)
    person = opened.people.one(Filters(), "Ann", "day")
    assert [row["number"] for row in person.numbers] == ["5"]
    listed = opened.people.csv(Filters(), "Ann", translator("en")).decode().splitlines()
    assert [line.split(",")[0] for line in listed[1:]] == ["5"]
    opened.asked.engine.close()


def test_the_list_for_a_user_holds_their_wrong_numbers_safely_and_is_audited_without_the_name(small: Office):
    french = small.people.csv(Filters(), "=1+1", translator("fr")).decode("utf-8-sig")
    [titles, line] = csv.reader(io.StringIO(french), delimiter=";")
    assert len(titles) == len(line) == 8
    assert line[0] == '="-""5"""'
    assert line[1] == "5"
    assert line[2] not in ("", "number.length")
    assert line[3:] == ["1", "1", "1,0", "", ""]
    assert small.notes() == [("user.export", {"format": "csv", "rows": 1, "filters": ["user"]})]
    with acting(VIEWER), pytest.raises(NotAllowed):
        small.people.csv(Filters(), "Accueil", translator("fr"))


def test_a_viewer_sees_and_finds_masked_names_alone(tmp_path: Path):
    rows = (
        fax(1, user_name="Dr. helene@chu.example", called_text="33612345678", number="33612345678",
            violations="number.mobile"),
        fax(2, user_name="a@b.example"),
        fax(3, user_name="c@d.example"),
    )  # fmt: skip
    opened = office(tmp_path, rows)
    with acting(VIEWER):
        assert names(opened) == ["Dr. ••••••", "••••••", "••••••"]
        assert names(opened, search="helene@chu") == []
        person = opened.people.one(Filters(), "Dr. ••••••", "day")
        assert person.summary.values["invalid"] == 1
        assert [row["number"] for row in person.numbers] == ["3361•••••78"]
        for name in ("••••••", "Dr. helene@chu.example"):
            with pytest.raises(FilterInvalid):
                opened.people.one(Filters(), name, "day")
    opened.asked.engine.close()


def test_an_actor_of_one_report_sees_its_users_alone(small: Office):
    with acting(Actor("key:s", "analyst", reports=("r1",))):
        assert names(small) == ["", "Accueil", "Dr. Hélène"]
        assert small.people.one(Filters(), "=1+1", "day").summary.values["faxes"] == 0
