"""Judging: the import, the re-validation and plain Python agree on any row."""

from __future__ import annotations

import csv
import traceback
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxcloud.domain.columns import JUDGED_COLUMNS
from faxcloud.domain.rulesets.conditions import CompiledRuleset, compile_ruleset
from faxcloud.domain.rulesets.parser import builtin_ruleset
from faxcloud.domain.rulesets.ruleset import LocalisedText, Rule, Ruleset
from faxcloud.errors import ConditionRefused
from faxcloud.store.changes.judging import Judge, check_conditions
from faxcloud.store.reading.columns import SOURCE_SCHEMA
from tests.domain import oracle
from tests.live_store import HEADER, opened, stored_rows

CASES = Path(__file__).parents[2] / "conformance" / "rows.csv"

texts = st.text(alphabet="0123456789 +-.,()/\u00a0\u202f\tEeXé", max_size=14)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["SF", "RF", " rf", "XX", ""]),
            "called_text": st.one_of(texts, st.sampled_from(["33145221134", "0612345678", "3,9E+11"])),
            "pages": st.one_of(st.integers(-3, 12).map(str), st.sampled_from(["", "2.0", "2,5", "x"])),
            "sent_at": st.sampled_from(["02/01/2026 08:05", "2026-01-02", "31/02/2026", ""]),
        }
    ),
    min_size=1,
    max_size=20,
)


def source(given_rows):
    columns = {
        field.name: pa.array(
            range(1, len(given_rows) + 1)
            if field.name == "line"
            else [row.get(field.name, "") for row in given_rows],
            pa.int64() if field.name == "line" else pa.string(),
        )
        for field in SOURCE_SCHEMA
    }
    return pa.table(columns).cast(SOURCE_SCHEMA)


@pytest.fixture(scope="module", params=["faxcloud-1", "faxcloud-3"])
def judge(request):
    made = Judge(compile_ruleset(builtin_ruleset(request.param)))
    yield made
    made.close()


@given(rows)
@settings(deadline=None, max_examples=30)
def test_the_verdict_of_the_import_is_that_of_the_revalidation_and_of_plain_python(judge, given_rows):
    imported = judge.judge(source(given_rows), "r")
    again = judge.judge_again(imported.select(list(JUDGED_COLUMNS)))
    ruleset = judge.ruleset.key.partition("@")[0]
    expected = [oracle.verdict(row, ruleset) for row in given_rows]
    for judged in (imported, again):
        found = zip(judged["violations"].to_pylist(), judged["warnings"].to_pylist(), strict=True)
        assert list(found) == expected
        assert judged["is_valid"].to_pylist() == [violations == "" for violations, _ in expected]


def test_the_worked_rows_go_through_a_whole_import_as_stated(tmp_path):
    with CASES.open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    path = tmp_path / "cases.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER.split(";"))
        for case in cases:
            row = ["1", "Nom", case["mode"], "02/01/2026 08:05", case["called_text"], case["pages"]]
            writer.writerow(row)
    with opened(tmp_path / "store") as services:
        result = services.imports.import_file(path)
        assert (result.imported, result.records) == (60, 60)
        assert services.validation.run().changed == 0
    stated = [case["violations_faxcloud_3"] for case in cases]
    assert [row["violations"] for row in stored_rows(tmp_path / "store")] == stated


def test_rows_come_back_in_the_order_in_which_they_went_in(judge):
    many = source([{"mode": "SF", "called_text": str(line), "pages": "1"} for line in range(5_000)])
    judged = judge.judge(many, "r")
    assert judged["line"].to_pylist() == list(range(1, 5_001))
    assert judged["called_text"].to_pylist() == [str(line) for line in range(5_000)]


NAME = "Zoë Durand"


def ruleset_of(when):
    words = LocalisedText("a", "a")
    rule = Rule("my.rule", "mode", "error", when, words, words, words)
    return Ruleset("mine", words, words, (), (rule,), "0")


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("user_name", "it gives VARCHAR and not BOOLEAN"),
        ("pages", "it gives INTEGER and not BOOLEAN"),
        ("NULL", "not BOOLEAN"),
        ("NOT user_name", "some value is not of the type that it is compared with"),
        ("is_internal OR user_name", "some value is not of the type that it is compared with"),
        ("CASE WHEN user_name THEN TRUE END", "some value is not of the type that it is compared with"),
        ("user_name > 5", "Cannot compare values of type VARCHAR"),
        ("pages + mode = 1", "VARCHAR"),
        ("regexp_matches(mode, '(')", "DuckDB reports InvalidInputException"),
    ],
)
def test_a_condition_that_is_not_true_or_false_of_every_fax_is_refused(when, reason):
    with pytest.raises(ConditionRefused, match=r"my\.rule") as refused:
        check_conditions(ruleset_of(when))
    assert reason in refused.value.values["reason"]


def test_a_condition_that_fails_on_a_fax_quotes_nothing_of_it():
    sql = "CASE WHEN user_name <> 'x' AND user_name THEN '|a' ELSE '' END"
    made = Judge(CompiledRuleset(key="mine@0", violations_sql=sql, warnings_sql="''"))
    with pytest.raises(ConditionRefused) as refused:
        made.judge(source([{"user_name": NAME, "mode": "SF"}]), "r")
    made.close()
    shown = "".join(traceback.format_exception(refused.value)) + repr(refused.value.values)
    assert NAME not in shown
    assert "not of the type" in shown
