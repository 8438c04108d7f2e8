"""Users are grouped by a normal form of their names; the names are stored as exported."""

from __future__ import annotations

import pytest

from faxcloud.domain.filters import Filters
from tests.live_store import HEADER, opened, stored_rows

NAMES = (
    *("Zoé  Martin", "Zoe\u0301 Martin", " Zoé\u00a0Martin", "Zoé Martin"),
    *("ZOÉ MARTIN", "Zoe Martin", "\u202f"),
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    path = folder / "names.csv"
    lines = [f"{at};{name};SF;02/01/2026 08:05;3365711009;1" for at, name in enumerate(NAMES)]
    path.write_text("\n".join((HEADER, *lines)) + "\n", "utf-8")
    with opened(folder / "store") as services:
        services.imports.import_file(path)
        yield services, stored_rows(folder / "store")


def test_names_are_stored_as_exported(imported):
    _, rows = imported
    assert [row["user_name"] for row in rows] == list(NAMES)
    assert [row["user_key"] for row in rows] == [*["Zoé Martin"] * 3, None, None, None, ""]


def test_spaces_and_the_encoding_of_accents_make_no_other_user(imported):
    services, _ = imported
    expected = {"Zoé Martin": 4, "ZOÉ MARTIN": 1, "Zoe Martin": 1}
    by_user = services.summaries.breakdown(Filters(), "user")
    assert {row["key"]: row["faxes"] for row in by_user if row["key"]} == expected
    assert services.summaries.summary(Filters()).values["users"] == 3
    ranked = services.people.ranking(Filters()).results
    assert {row["key"]: row["faxes"] for row in ranked if row["key"]} == expected


@pytest.mark.parametrize("name", NAMES[:4])
def test_the_filter_finds_a_user_by_any_spelling(imported, name):
    services, _ = imported
    assert services.summaries.summary(Filters(user=name)).values["faxes"] == 4


def test_the_filter_without_a_name_finds_blank_names(imported):
    services, _ = imported
    assert services.summaries.summary(Filters(user=" ")).values["faxes"] == 1
