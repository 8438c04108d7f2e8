"""Number normalisation: Python, SQL and the published cases agree."""

import csv
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.numbers import normalised, spellings
from tests.domain import oracle

CASES = Path(__file__).parents[1] / "conformance" / "numbers.csv"


def test_every_published_case_is_normalised_as_published():
    with CASES.open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    assert len(cases) > 20
    assert {row["called_text"]: normalised(row["called_text"]) for row in cases} == {
        row["called_text"]: row["number"] for row in cases
    }


@given(st.text(alphabet="0123456789 +()./-eE٣", max_size=16))
def test_any_text_is_normalised_as_the_oracle_says(text: str):
    assert normalised(text) == oracle.number(text)


@given(st.from_regex("33[1-9][0-9]{8}", fullmatch=True))
def test_the_usual_spellings_of_a_french_number_normalise_to_it(number: str):
    usual = {number, "00" + number, "0" + number[2:]}
    assert usual <= set(spellings(number))
    assert {normalised(way) for way in usual} == {number}
