"""Erased rows: no personal data is left, and the verdict is unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.erasing import Subject, anonymous_number
from faxcloud.domain.numbers import digits_of, normalised
from faxcloud.errors import FilterInvalid
from tests.domain import oracle

NUMBER = Subject.of(number="0145221134")
PERSON = Subject.of(person="Jean-Luc Dupont")

called_texts = st.text(
    alphabet=st.sampled_from("0123456789") | st.sampled_from(" \u00a0+-./()eE,xÀé\ufffd\x07٣"), max_size=16
)


@given(called_texts, st.booleans())
def test_a_called_number_keeps_its_verdict(called_text: str, mobile_is_refused: bool):
    anonymous = anonymous_number(called_text)
    assert len(anonymous) == len(called_text)
    # Stored rows are judged by the stored number, which is made anonymous by itself.
    number = anonymous_number(normalised(called_text))
    assert len(number) == len(normalised(called_text))
    assert number[:3] == normalised(called_text)[:3]
    before = oracle.number_violation(called_text, mobile_is_refused)
    after = oracle.number_violation(anonymous, mobile_is_refused)
    if before in ("number.empty", "number.unreadable"):
        assert after == before


@given(called_texts)
def test_at_most_three_digits_and_no_letter_of_a_number_are_kept(called_text: str):
    anonymous = anonymous_number(called_text)
    assert set(digits_of(anonymous)[3:]) <= {"0"}
    kept = {char for char in anonymous if char.isalpha()}
    assert kept <= {"x", "e", "E"}


@pytest.mark.parametrize(
    "text",
    [
        "33145221134", "01 45 22 11 34", "+33 (0)1.45.22.11.34", "0033 1 45 22 11 34", "33-145-221-134",
        "Fax: 0145221134 (nuit)", "1;SF;33145221134;2",
    ],
)  # fmt: skip
def test_a_number_is_found_amid_other_words(text: str):
    assert NUMBER.is_quoted_in(text)
    assert NUMBER.is_meant_by(text)


@pytest.mark.parametrize("text", ["", "331452211345", "90145221134", "0145221135", "145221134"])
def test_another_number_is_not_taken_for_it(text: str):
    assert not NUMBER.is_meant_by(text)


def test_a_person_is_the_whole_name_in_a_column_and_any_mention_in_a_record():
    assert PERSON.is_meant_by(" jean-luc\u00a0DUPONT")
    assert not PERSON.is_meant_by("Jean-Luc Dupont (externe)")
    assert PERSON.is_quoted_in('7;"Jean-Luc Dupont";SF')
    assert not PERSON.is_quoted_in("Jean-Luc Dupontel")


def test_a_subject_does_not_show_itself():
    assert "0145221134" not in repr(NUMBER)
    assert "145221134" not in repr(NUMBER)
    assert "dupont" not in repr(PERSON).lower()


@pytest.mark.parametrize("number", ["", "112", "3631", "33100000000", "Dupont"])
def test_what_is_nobodys_number_is_refused(number: str):
    with pytest.raises(FilterInvalid):
        Subject.of(number=number)
