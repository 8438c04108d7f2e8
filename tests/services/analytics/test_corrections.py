"""Corrections of wrong numbers: grouping, ranking, causes, export; each fax is counted once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faxcloud.domain.corrections import Suggestion
from faxcloud.domain.filters import Filters
from faxcloud.errors import NotAllowed
from faxcloud.i18n import translator
from faxcloud.services.actors import Actor, acting
from faxcloud.services.analytics.corrections import Corrections
from faxcloud.services.journal import Journal
from faxcloud.services.scoping import Scope
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.queries.corrections import WrongNumbers
from tests.domain.judging import judge
from tests.small_lake import Questions, at, fax, small_lake

ENGLISH, FRENCH = translator("en"), translator("fr")
CALLS = (
    # user, called number, day; of report r1 unless said otherwise
    ("Ann", "145221134", 4), ("Ann", "1 45 22 11 34", 5), ("Bob", "145221134", 6), ("", "145221134", 9),
    ("Ann", "33612345678", 4), ("Bob", "0612345678", 5),
    ("=Cmd", "3,90957E+11", 6), ("Bob", "abc", 4), ("Bob", "🔥", 4),
    ("Ann", "33327936", 4), ("Ann", "O612345678", 4),
    ("Ann", "33327936943", 4), ("Bob", "33145221134", 4),
)  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """Faxes whose verdicts are those of the real rules; the last two are right."""
    judged = judge([{"mode": "SF", "pages": "1", "called_text": text} for _, text, _ in CALLS])
    made = [
        fax(line, user_name=user, user_email=f"{user}@x.example" if user else "", sent_at=at(day),
            called_text=text, number=verdict["number"], violations=verdict["violations"])
        for line, ((user, text, day), verdict) in enumerate(zip(CALLS, judged, strict=True), 1)
    ]  # fmt: skip
    return [
        *made,
        fax(50, user_name="Bob", violations="pages.zero", pages=0),
        fax(51, user_name="Bob", sent_at=None, violations="mode.unknown|number.mobile|pages.zero",
            called_text="33612345678", number="33612345678"),
        fax(1, "r2", user_name="Eve", sent_at=at(7), called_text="118218", number="118218",
            violations="number.length"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Questions]:
    asked = small_lake(tmp_path_factory.mktemp("corrections") / "lake", rows())
    yield asked
    asked.engine.close()


@pytest.fixture
def corrections(lake: Questions, tmp_path: Path) -> Corrections:
    return over(lake, tmp_path)


def over(lake: Questions, folder: Path) -> Corrections:
    journal = Journal(lake.catalogue, AuditTrail(folder / "keys", folder / "logs"))
    rulesets = Rulesets(folder / "rulesets", lake.catalogue, journal)
    wrong = WrongNumbers(lake.engine, lake.cache)
    return Corrections(lake.faxes, wrong, lake.engine, rulesets, journal, Scope(lake.catalogue))


def lines(made: bytes, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(made.decode("utf-8-sig")), delimiter=separator))


def test_the_whole_is_what_one_counts_by_hand(corrections: Corrections):
    found = corrections.overview(Filters())
    assert (found.numbers, found.faxes, found.users) == (8, 13, 4)
    assert [(row["rule"], row["numbers"], row["faxes"], row["users"]) for row in found.causes] == [
        ("number.length", 4, 7, 3), ("number.mobile", 1, 3, 2), ("number.unreadable", 3, 3, 2),
    ]  # fmt: skip
    assert sum(row["faxes"] for row in found.causes) == found.faxes


def test_one_correction_covers_every_spelling_of_a_number_for_all_users(corrections: Corrections):
    first, second = corrections.page(Filters()).results[:2]
    assert (first["faxes"], first["users"], first["named"]) == (4, 2, ["Ann", "Bob"])
    assert (first["called_text"], first["first_at"], first["last_at"]) == ("145221134", at(4), at(9))
    assert first["suggestion"] == Suggestion("missing_zero", "33145221134")
    assert (second["rule"], second["number"], second["faxes"]) == ("number.mobile", "33612345678", 3)
    assert second["suggestion"] is None


def test_texts_without_a_digit_are_not_one_number(corrections: Corrections):
    unreadable = corrections.page(Filters(), rule="number.unreadable").results
    assert {row["called_text"] for row in unreadable} == {"3,90957E+11", "abc", "🔥"}


def test_a_suggestion_that_the_active_rules_refuse_is_not_made(corrections: Corrections):
    suggestions = {row["called_text"]: row["suggestion"] for row in corrections.page(Filters()).results}
    assert suggestions["O612345678"] is None  # it would be a mobile number
    corrections._rulesets.activate("faxcloud-1")
    try:
        allowed = {row["called_text"]: row["suggestion"] for row in corrections.page(Filters()).results}
    finally:
        corrections._rulesets.activate("faxcloud-3")
    assert allowed["O612345678"] == Suggestion("letter", "33612345678")


def test_a_number_that_is_cut_off_is_completed_by_the_one_right_number_that_begins_so(
    corrections: Corrections, tmp_path: Path
):
    by_text = {row["called_text"]: row["suggestion"] for row in corrections.page(Filters()).results}
    assert by_text["33327936"] == Suggestion("cut_off", "33327936943")
    two = [*rows(), fax(60, called_text="33327936111", number="33327936111")]
    other = small_lake(tmp_path / "two", two)
    again = {row["called_text"]: row["suggestion"] for row in over(other, tmp_path).page(Filters()).results}
    assert again["33327936"] is None
    other.engine.close()


def test_the_cumulative_share_of_corrections_grows_and_ends_at_one(corrections: Corrections):
    curve = corrections.curve(Filters())
    assert [row["rank"] for row in curve] == list(range(1, 9))
    assert [round(row["mended"] * 13) for row in curve] == [4, 7, 8, 9, 10, 11, 12, 13]
    alone = corrections.curve(Filters(), user="Eve")
    assert [(row["rank"], row["faxes"], row["mended"]) for row in alone] == [(1, 1, 1.0)]


def test_pages_neither_repeat_nor_skip_a_correction(corrections: Corrections):
    whole = corrections.page(Filters())
    pages = [corrections.page(Filters(), page=number, per_page=3) for number in (1, 2, 3, 4)]
    assert [row for page in pages for row in page.results] == whole.results
    assert (whole.total, pages[0].pages, pages[3].results) == (8, 3, [])


def test_each_address_book_has_its_own_list(corrections: Corrections):
    users = corrections.users(Filters())
    assert [(row["user_name"], row["numbers"], row["faxes"]) for row in users] == [
        ("Ann", 4, 5), ("Bob", 4, 5), ("", 1, 1), ("=Cmd", 1, 1), ("Eve", 1, 1),
    ]  # fmt: skip
    assert users[-1]["mended"] == 1.0
    for row in users:
        own = corrections.overview(Filters(), user=row["user_name"])
        assert (own.numbers, own.faxes) == (row["numbers"], row["faxes"])


def test_filters_narrow_everything(corrections: Corrections):
    assert corrections.overview(Filters(report="r2")).faxes == 1
    assert corrections.overview(Filters(status="valid")).faxes == 0
    nothing = corrections.page(Filters(report="none"))
    assert (nothing.total, nothing.pages, nothing.results) == (0, 0, [])
    assert corrections.curve(Filters(report="none")) == []


def test_the_list_for_address_books_is_safe_in_a_spreadsheet(corrections: Corrections):
    title, *body = lines(corrections.csv(Filters(), ENGLISH))
    assert title[0] == "User"
    assert len(body) == sum(row["numbers"] for row in corrections.users(Filters()))
    assert sum(int(line[6]) for line in body) == 13
    assert not [cell for line in body for cell in line if cell[:1] in "+-@\t" and cell]
    assert ['="=Cmd"', '="=Cmd@x.example"', "3,90957E+11"] in [line[:3] for line in body]
    assert ["Ann", "Ann@x.example", "145221134", "01 45 22 11 34"] in [line[:4] for line in body]


def test_one_persons_list_for_excel_in_french(corrections: Corrections):
    made = corrections.csv(Filters(), FRENCH, user="Eve", dialect=FRENCH.locale.csv)
    assert made.startswith(b"\xef\xbb\xbf")
    _, (user, _, called, suggested, why, what, faxes, first, last) = lines(made, ";")
    assert (user, called, suggested, faxes) == ("Eve", "118218", "", "1")
    assert why == "Numéro\u202f: pas 11 chiffres"
    assert what.startswith("Compléter ou corriger")
    assert first == last == "2026-03-07 09:00:00"


def test_a_correction_list_download_is_audited_without_a_name_or_a_number(
    corrections: Corrections, lake: Questions
):
    corrections.csv(Filters(report="r1"), ENGLISH, user="Ann", rule="number.length")
    with lake.catalogue.read() as conn:
        noted = conn.exec_driver_sql(
            "SELECT action, resource, details FROM audit_events ORDER BY sequence DESC LIMIT 1"
        ).one()
    assert tuple(noted)[:2] == ("corrections.export", "report:unknown")  # r1 has not the form of an id
    assert '"one_user": true' in noted[2]
    assert "Ann" not in noted[2]


def test_a_viewer_sees_masked_numbers_and_takes_nothing_away(corrections: Corrections):
    with acting(Actor("key:v", "viewer")):
        row = corrections.page(Filters()).results[0]
        assert row["suggestion"].number == "3314•••••34"
        said = repr((corrections.page(Filters()), corrections.users(Filters()), corrections.curve(Filters())))
        with pytest.raises(NotAllowed):
            corrections.csv(Filters(), ENGLISH)
    assert [text for text in ("145221134", "33612345678", "118218", "@x.example") if text in said] == []
    assert "Ann" in said


def test_a_limited_key_sees_and_completes_from_its_own_reports_alone(corrections: Corrections):
    with acting(Actor("key:r", "analyst", reports=("r2",))):
        assert corrections.overview(Filters()).faxes == 1
        assert [row["user_name"] for row in corrections.users(Filters())] == ["Eve"]
        assert len(lines(corrections.csv(Filters(), ENGLISH))) == 2
        assert corrections.overview(Filters(report="r1")).faxes == 0
