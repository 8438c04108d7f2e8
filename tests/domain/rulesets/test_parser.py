import pickle

import duckdb
import pytest
import sqlglot

from faxcloud.domain.rulesets.conditions import compile_ruleset, violation_ids
from faxcloud.domain.rulesets.parser import builtin_ruleset, builtin_rulesets, load_rulesets, parse_ruleset
from faxcloud.errors import ConditionRefused, RulesetInvalid, RulesetNotFound
from tests.domain.judging import ORDINARY, judge


def words(key):
    return f'{key} = {{ en = "E", fr = "F" }}\n'


LABEL = words("label")


def rule(rule_id, when="pages > 100", field="pages", severity="error", rest=LABEL):
    head = f'[[rules]]\nid = "{rule_id}"\nfield = "{field}"\nseverity = "{severity}"\nwhen = """{when}"""\n'
    return head + words("explanation") + words("remedy") + rest


def ruleset(*rules, head=""):
    return 'id = "mine"\n' + words("title") + words("description") + head + "".join(rules)


def test_the_built_in_rulesets_differ_by_the_mobile_rule_alone():
    three, one = (builtin_rulesets()[name] for name in ("faxcloud-3", "faxcloud-1"))
    assert [rule.id for rule in three.rules] == [
        "mode.missing", "mode.unknown", "number.empty", "number.unreadable", "number.extension",
        "number.length", "number.prefix", "number.mobile", "pages.missing", "pages.unreadable", "pages.zero",
        "date.missing", "date.unlikely", "date.unreadable", "duration.unlikely", "duration.unreadable",
        "billed.unreadable",
    ]  # fmt: skip
    assert one.rules == tuple(rule for rule in three.rules if rule.id != "number.mobile")
    assert one.key != three.key
    assert three.key == f"faxcloud-3@{three.hash}"


def test_every_built_in_rule_has_its_words_in_both_languages():
    for rule in builtin_ruleset("faxcloud-3").rules:
        for text in (rule.label, rule.explanation, rule.remedy):
            assert text.text("fr") != text.text("en")
            assert text.text("fr-CA") == text.fr


def test_the_key_moves_with_what_decides_and_not_with_words():
    first = parse_ruleset(ruleset(rule("a.b")), "mine.toml")
    reworded = parse_ruleset(ruleset(rule("a.b", rest='label = { en = "X", fr = "Y" }')), "mine.toml")
    stricter = parse_ruleset(ruleset(rule("a.b", when="pages > 99")), "mine.toml")
    milder = parse_ruleset(ruleset(rule("a.b", severity="warning")), "mine.toml")
    assert first.key == reworded.key
    assert len({first.key, stricter.key, milder.key}) == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id = ", "no TOML"),
        ("", "lacks id"),
        ('id = "a@b"', "the id 'a@b'"),
        (ruleset(), "no rules"),
        (ruleset(rule("a"), rule("a")), "the rule a is there twice"),
        (ruleset(rule("a|b")), "'a|b'"),
        (ruleset(rule("a", severity="fatal")), "severity of the rule a is 'fatal'"),
        (ruleset(rule("a", field="colour")), "field of the rule a is 'colour'"),
        (ruleset(rule("a", rest="")), "label of the rule a is missing"),
        (ruleset(rule("a", rest='label = { en = "E" }')), "label of the rule a lacks fr"),
        (ruleset(rule("a", rest='label = { en = "E", fr = " " }')), "label of the rule a lacks fr"),
        (ruleset(rule("a", rest=LABEL + "colour = 1")), "the rule a has unknown keys: colour"),
        (ruleset(rule("a"), head="colour = 1\n"), "unknown keys: colour"),
        (ruleset(rule("a"), head='without = ["x"]\n'), "without needs extends"),
        (ruleset(rule("a"), head='extends = "mine"\n'), "extends has to name another"),
        (ruleset(head='extends = "faxcloud-3"\nwithout = ["x"]\n'), "without names 'x'"),
        (ruleset(rule("mode.missing"), head='extends = "faxcloud-3"\n'), "mode.missing is there twice"),
        (ruleset(rule("a"), head="[derived]\nmode = 'TRUE'\n"), "the derived name mode is a column's"),
        (ruleset(rule("a"), head="[derived]\nMode = 'TRUE'\n"), "'Mode' is not made of"),
        (ruleset(head="rules = 3\n"), "rules has to be a list"),
        (ruleset(head="rules = [3]\n"), "rule 1 is missing, or is not a table"),
    ],
)
def test_a_faulty_ruleset_is_refused_with_the_rule_and_the_fault(text, reason):
    with pytest.raises(RulesetInvalid) as refused:
        parse_ruleset(text, "mine.toml")
    assert reason in refused.value.message


@pytest.mark.parametrize(
    "derived",
    ["first = 'second'\nsecond = 'is_internal'", "first = 'first'", "first = \"read_text('x') = ''\""],
)
def test_a_derived_expression_uses_only_those_before_it(derived):
    with pytest.raises(ConditionRefused, match="first"):
        parse_ruleset(ruleset(rule("a"), head=f"[derived]\n{derived}\n"), "mine.toml")


def test_an_unknown_ruleset_is_refused_naming_the_known_ones():
    with pytest.raises(RulesetNotFound, match="faxcloud-3, faxcloud-1"):
        builtin_ruleset("../secrets")


def test_user_rulesets_extend_each_other_in_any_order_and_broken_ones_are_reported():
    child = ruleset(rule("x.y"), head='extends = "parent"\n').replace('"mine"', '"child"')
    parent = ruleset(rule("a.b")).replace('"mine"', '"parent"')
    circles = [
        ruleset(rule("a"), head=f'extends = "{b}"\n').replace('"mine"', f'"{a}"') for a, b in ("pq", "qp")
    ]
    taken = ruleset(rule("a")).replace('"mine"', '"faxcloud-3"')
    sources = {"1": child, "2": parent, "3": circles[0], "4": circles[1], "5": taken, "6": "?"}
    loaded, broken = load_rulesets(sources)
    assert sorted(loaded) == ["child", "faxcloud-1", "faxcloud-3", "parent"]
    assert [rule.id for rule in loaded["child"].rules] == ["a.b", "x.y"]
    assert {name: type(error) for name, error in broken.items()} == {
        "3": RulesetNotFound, "4": RulesetNotFound, "5": RulesetInvalid, "6": RulesetInvalid,
    }  # fmt: skip


def test_within_a_field_the_first_violated_rule_counts_even_when_its_rules_stand_apart():
    mine = parse_ruleset(
        ruleset(
            rule("p.one", "pages > 1"),
            rule("m.one", "mode = 'SF'", field="mode"),
            rule("p.two", "pages > 0"),
            rule("w.one", "pages > 0", severity="warning"),
            rule("p.null", "duration_s > 1"),
        ),
        "mine.toml",
    )
    judged = judge([{**ORDINARY, "pages": pages} for pages in ("2", "1", "0")], mine)
    assert [row["violations"] for row in judged] == ["p.one|m.one", "m.one|p.two", "m.one"]
    assert [row["warnings"] for row in judged] == ["w.one", "w.one", ""]


@pytest.mark.parametrize("name", ["faxcloud-3", "faxcloud-1"])
def test_a_verdict_is_never_null_not_even_on_a_row_of_nulls(name):
    from faxcloud.domain.columns import FAXES

    compiled = compile_ruleset(builtin_ruleset(name))
    columns = ", ".join(f"NULL::{column.sql_type} AS {column.name}" for column in FAXES)
    with duckdb.connect() as connection:
        sql = f"SELECT {compiled.violations_sql}, {compiled.warnings_sql} FROM (SELECT {columns})"
        assert connection.execute(sql).fetchall() == [("pages.missing", "date.missing")]


def test_the_built_in_rulesets_are_written_for_spark_without_functions_it_lacks():
    sql = compile_ruleset(builtin_ruleset("faxcloud-3"), "spark").violations_sql
    assert sqlglot.parse_one(sql, read="spark").sql(dialect="spark") == sql
    assert "REGEXP_FULL_MATCH" not in sql
    assert r"RLIKE '\\A(?:" in sql


def test_a_ruleset_crosses_processes_and_serves_as_a_key():
    three = builtin_ruleset("faxcloud-3")
    assert {pickle.loads(pickle.dumps(three)): 1}[three] == 1


def test_ids_are_read_back_from_their_text():
    assert violation_ids("") == ()
    assert violation_ids("a.b|c.d") == ("a.b", "c.d")
