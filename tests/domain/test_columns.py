import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.columns import COLUMN_NAMES, EXPORT_HEADER, SOURCE_NAMES
from faxcloud.domain.sources import header
from faxcloud.domain.sources.parser import builtin_source

SERVICE_HEADER = (
    "Fax ID;Nom et prénom utilisateur;Revendeur;Mode;Adresse de messagerie;Date et heure du fax;"
    "Numéro d'envoi;Numéro appelé;Appel international;Appel interne;Nombre de page réel;"
    "Durée;Pages facturées;Type facturation"
)
SOURCE = builtin_source("cloud-fax-fr")
NAMES = [(column, name) for column, names in SOURCE.columns.items() for name in names]


def match_header(headers):
    return header.match_header(headers, SOURCE)


def test_the_services_own_header_is_matched_whole():
    assert ";".join(EXPORT_HEADER) == SERVICE_HEADER
    match = match_header(SERVICE_HEADER.split(";"))
    assert match.columns == {name: position for position, name in enumerate(SOURCE_NAMES)}
    assert (match.unknown, match.missing, dict(match.duplicates)) == ((), (), {})


@pytest.mark.parametrize(("column", "name"), NAMES)
@pytest.mark.parametrize(
    "written",
    [
        str, str.upper, str.lower,
        lambda name: f'\ufeff"{name}"',
        lambda name: f"ï»¿{name}",
        lambda name: f"  {name.replace(' ', '  ')}\u00a0",
        lambda name: name.replace(" ", "\u00a0").replace("'", "’"),
        lambda name: name.replace("'", "ʼ").replace("é", "e").replace("/", "-"),
        lambda name: name.replace("'", "`").replace("é", "e\u0301") + " :",
    ],
)  # fmt: skip
def test_every_name_is_known_however_it_is_written(column, name, written):
    assert match_header([written(name)]).columns == {column: 0}


@given(st.permutations(SERVICE_HEADER.split(";")))
def test_columns_are_found_in_any_order(headers):
    match = match_header(headers)
    assert [headers[match.columns[name]] for name in SOURCE_NAMES] == list(EXPORT_HEADER)


def test_missing_required_columns_and_unknown_ones_are_named():
    match = match_header(["Durée", "Commentaire", "Numéro appelé", ""])
    assert match.missing == ("Mode", "Nombre de page réel")
    assert match.unknown == ("Commentaire",)


def test_the_own_name_beats_an_alias_and_the_loser_is_reported():
    match = match_header(["Type", "Type facturation", "Mode", "Pages", "Nombre de pages", "Pages"])
    assert match.columns == {"mode": 2, "billing_type": 1, "pages": 4}
    assert dict(match.duplicates) == {"mode": ("Type",), "pages": ("Pages", "Pages")}
    assert match.unknown == ("Type", "Pages", "Pages")


def test_of_two_equal_headers_the_first_counts():
    match = match_header(["Mode", "MODE"])
    assert (match.columns, dict(match.duplicates)) == ({"mode": 0}, {"mode": ("MODE",)})


@given(st.lists(st.text(max_size=20), max_size=20))
def test_no_header_makes_matching_fail_or_give_a_column_twice(headers):
    match = match_header(headers)
    assert len(set(match.columns.values())) == len(match.columns)


def test_every_source_column_is_a_stored_one():
    assert set(SOURCE_NAMES) <= set(COLUMN_NAMES)
