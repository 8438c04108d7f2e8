"""Pseudonyms are stable, keyed, and reveal nothing."""

from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.blanks import trim
from faxcloud.domain.columns import COLUMN_NAMES
from faxcloud.domain.pseudonyms import LEFT_OUT, PSEUDONYMISED, pseudonym

KEY, OTHER_KEY = b"a" * 32, b"b" * 32


@given(st.text().filter(trim))
def test_the_same_text_has_the_same_pseudonym_and_another_with_another_key(text: str):
    assert pseudonym(KEY, "u", text) == pseudonym(KEY, "u", text)
    assert pseudonym(KEY, "u", text) != pseudonym(OTHER_KEY, "u", text)
    assert pseudonym(KEY, "u", text) != pseudonym(KEY, "e", text)


@given(st.sets(st.text().filter(trim), min_size=2, max_size=50))
def test_other_texts_have_other_pseudonyms(texts: set[str]):
    assert len({pseudonym(KEY, "u", text) for text in texts}) == len(texts)


def test_a_number_has_one_pseudonym_however_it_is_written_and_keeps_no_digit():
    ways = ("01 45 22 11 34", "+33145221134", "0033-145221134")
    [one] = {pseudonym(KEY, "n", way) for way in ways}
    assert one.startswith("n_")
    assert len(one) == 26
    assert pseudonym(KEY, "n", "anonyme") != pseudonym(KEY, "n", "masqué")


def test_the_columns_are_those_of_a_fax():
    assert {*PSEUDONYMISED, *LEFT_OUT} <= set(COLUMN_NAMES)
