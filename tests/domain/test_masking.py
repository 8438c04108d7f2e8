"""Masked rows: enough to recognise a number, too little to learn one."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.columns import COLUMN_NAMES
from faxcloud.domain.entries import ENTRY_NAMES
from faxcloud.domain.masking import (
    HIDDEN,
    MASKS,
    OF_USERS,
    SIGN,
    mask_identifier,
    mask_number,
    mask_text,
    masked,
)

NUMBERS = st.text(alphabet="0123456789 .-/()+", max_size=25)


@given(NUMBERS)
def test_a_masked_number_lacks_five_digits_or_all(number: str):
    shown = mask_number(number)
    digits = sum(char.isdigit() for char in number)
    left = sum(char.isdigit() for char in shown)
    assert len(shown) == len(number)
    assert left == max(0, min(6, digits - HIDDEN))


@given(st.text(max_size=40))
def test_of_anything_else_in_its_place_nothing_is_left(text: str):
    assert not re.search(r"[^\W\d_]", mask_number(text))


@given(st.text(max_size=20), NUMBERS, st.text(max_size=20))
def test_no_number_is_left_in_a_text(before: str, number: str, after: str):
    shown = mask_text(f"{before}|{number}|{after}")
    assert not re.search(r"\d(?:[\s.\-/()+_]{0,3}\d){6,}", shown)


@given(st.text(max_size=40))
def test_masking_a_text_twice_changes_no_more_of_it(text: str):
    once = mask_text(text)
    assert "@" not in once
    assert mask_text(once) == once


def test_a_text_of_a_megabyte_is_masked_at_once():
    began = time.process_time()
    assert mask_text("a" * 1_000_000) == "a" * 1_000_000
    assert mask_text("a" * 500_000 + "@" * 500_000) == SIGN * 6
    assert time.process_time() - began < 5


@given(st.text(min_size=1, max_size=30))
def test_an_id_keeps_two_characters_at_most(text: str):
    shown = mask_identifier(text)
    assert len(shown) == len(text)
    assert shown.count(SIGN) >= min(len(text), HIDDEN)


def test_every_column_that_can_hold_something_personal_has_a_mask():
    harmless = {
        "report_id", "line", "date_heure", "pages", "valide", "erreurs", "avertissements", "international",
        "interne", "duree_s", "pages_facturees", "type_numero", "pays", "jeu_de_regles",
        "sent_at", "is_valid", "violations", "warnings", "is_international", "is_internal", "duration_s",
        "billed_pages", "number_type", "country", "ruleset",
    }  # fmt: skip
    assert {*ENTRY_NAMES, *COLUMN_NAMES} - MASKS.keys() - OF_USERS == harmless


def test_a_row_stays_as_it_is_but_for_what_is_masked():
    row = {
        "numero_normalise": "33145221134",
        "pages": 3,
        "email": "a@b.example",
        "fax_id": None,
        "erreurs": "x",
        "utilisateur": "Ann",
    }
    masks = {"numero_normalise": "3314•••••34", "email": "", "utilisateur": "A."}
    assert masked(row, "initials") == row | masks
