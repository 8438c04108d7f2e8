"""Proposed corrections of wrong numbers, and numbers without one."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.corrections import SLIPS, Slip, Suggestion, is_cut_off, suggest
from faxcloud.domain.numbers import normalised

RIGHT = "33145221134"


@pytest.mark.parametrize(
    ("called_text", "slip", "number"),
    [
        ("O145221134", "letter", RIGHT),
        ("o1 45 22 ll 34", "letter", RIGHT),
        ("33145221134.0", "decimal", RIGHT),
        ("33145221134,00", "decimal", RIGHT),
        ("145221134.0", "decimal", None),
        ("01452211340145221134", "twice", RIGHT),
        ("33145221134 33145221134", "twice", RIGHT),
        ("3333145221134", "country_twice", RIGHT),
        ("0033 33 1 45 22 11 34", "country_twice", RIGHT),
        ("33 0145221134", "trunk_zero", RIGHT),
        ("+33 (0)1 45 22 11 34", "trunk_zero", RIGHT),
        ("00330145221134", "trunk_zero", RIGHT),
        ("262 262 12 34 56", "overseas", "33262123456"),
        ("00590 590 12 34 56", "overseas", "33590123456"),
        ("145221134", "missing_zero", RIGHT),
        ("1 45 22 11 34", "missing_zero", RIGHT),
        ("01 45 22 11 34 12", "trailing", RIGHT),
        ("0145221134-1234", "trailing", RIGHT),
        ("33145221134 poste 12", "trailing", RIGHT),
        ("0145221134#123", "trailing", RIGHT),
    ],
)
def test_a_slip_is_explained_and_undone(called_text: str, slip: Slip, number: str | None):
    found = suggest(called_text, normalised(called_text))
    assert found == (Suggestion(slip, number) if number else None)


@pytest.mark.parametrize(
    "called_text",
    [
        "3,90957E+11", "3.3E+10", "331452211", "3314522113", "33145221", "118218", "3631", "", "   ", "abc",
        "🔥", "442079460958", "0044 20 7946 0958", "37799123456", "+1 (212) 555-1234", "00145221134",
        "014522113", "045221134", "331452211345", "33145221134123456", "fax 01 45 22 11 34", "١٤٥٢٢١١٣٤",
        "01 45 22 11 34 12345", "3300000000000", "000000000",
    ],
)  # fmt: skip
def test_what_is_lost_foreign_or_ambiguous_is_not_guessed(called_text: str):
    assert suggest(called_text, normalised(called_text)) is None


def test_a_right_number_has_no_correction():
    for written in ("0145221134", "+33 1 45 22 11 34", "0033145221134", RIGHT):
        assert suggest(written, normalised(written)) is None


@given(st.text(alphabet="0123456789 .-()+Ol,E", max_size=24))
def test_a_suggestion_is_a_french_number_other_than_the_wrong_one(called_text: str):
    found = suggest(called_text, normalised(called_text))
    if found is not None:
        assert re.fullmatch("33[1-9][0-9]{8}", found.number)
        assert found.number != normalised(called_text)
        # What an address book is given reads as that number.
        assert normalised(found.written) == found.number


@given(st.from_regex(r"0[1-589][0-9]{8}", fullmatch=True))
def test_a_number_without_its_zero_gets_it_back_unless_it_may_be_cut_off(national: str):
    found = suggest(national[1:], normalised(national[1:]))
    may_be_cut = national.startswith("033")
    assert found == (None if may_be_cut else Suggestion("missing_zero", "33" + national[1:]))


@pytest.mark.parametrize(
    ("called_text", "is_cut"),
    [
        ("33145221", True), ("3314522113", True), ("33 14 52 21", True), ("3314522", False),
        ("33145221134", False), ("330145221", False), ("45221134", False), ("3314522E", False),
    ],
)  # fmt: skip
def test_eight_to_ten_digits_from_33_on_are_a_number_that_is_cut_off(called_text: str, is_cut: bool):
    assert is_cut_off(called_text, normalised(called_text)) == is_cut


def test_every_slip_has_its_sentence():
    assert set(SLIPS) == set(get_args(Slip))
