import csv
from pathlib import Path

import pytest

from tests.domain import oracle
from tests.domain.judging import judge

CASES = Path(__file__).parents[1] / "conformance"


def read(name):
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("ruleset", ["faxcloud-3", "faxcloud-1"])
def test_every_worked_number_is_normalised_and_judged_as_stated(ruleset):
    cases = read("numbers.csv")
    assert len(cases) == 50
    judged = judge(
        [{"called_text": case["called_text"], "mode": "SF", "pages": "1"} for case in cases], ruleset
    )
    stated = [(case["number"], case["violation_" + ruleset.replace("-", "_")]) for case in cases]
    assert [(row["number"], row["violations"]) for row in judged] == stated


def test_every_worked_row_is_judged_as_stated():
    cases = read("rows.csv")
    assert len(cases) == 60
    assert [row["violations"] for row in judge(cases)] == [case["violations_faxcloud_3"] for case in cases]


def test_the_oracle_agrees_with_the_worked_cases():
    for case in read("numbers.csv"):
        assert oracle.number(case["called_text"]) == case["number"]
        assert (oracle.number_violation(case["called_text"], True) or "") == case["violation_faxcloud_3"]
    for case in read("rows.csv"):
        assert oracle.verdict({**case, "sent_at": ""}, "faxcloud-3")[0] == case["violations_faxcloud_3"]
