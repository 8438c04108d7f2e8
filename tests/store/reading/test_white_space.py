"""White space trimming: before judging, in every reading mode."""

from __future__ import annotations

import csv
import io

import pytest

from faxcloud.domain.rulesets.conditions import compile_ruleset
from faxcloud.domain.rulesets.parser import builtin_ruleset
from faxcloud.store.changes.judging import Judge
from faxcloud.store.reading import open_export
from tests.store.reading.exports import write
from tests.store.reading.workbooks import workbook

HEADER = ("Mode", "Numéro appelé", "Nombre de page réel", "Date et heure du fax", "Utilisateur")
IN_ORDER = ("SF", "0145221134", "4", "02/01/2026 08:05", "A")
ON_ONE_LINE = ("\t", "\v", "\x85", "\u00a0", "\u2003", "\u2028", "\u2029", "\u3000", "\ufeff")
LINE_BREAKS = ("\n", "\r", "\r\n")
INSIDE = (
    ("SF", "0145\x0b221134", "4", "02/01/2026 08:05", "number.unreadable"),
    ("SF", "0145\x1c221134", "4", "02/01/2026 08:05", "number.unreadable"),
    ("SF", "\x000145221134", "4", "02/01/2026 08:05", "number.unreadable"),
    ("S\u2028F", "0145221134", "4", "02/01/2026 08:05", "mode.unknown"),
    ("SF", "0145221134", "4\u20284", "02/01/2026 08:05", "pages.unreadable"),
)


@pytest.fixture(scope="module")
def judge():
    made = Judge(compile_ruleset(builtin_ruleset("faxcloud-3")))
    yield made
    made.close()


def judged(path, judge):
    export = open_export(path)
    try:
        segments = [export.parse(raw) for raw in export.raw_segments()]
    finally:
        export.source.close()
    rows = [row for segment in segments for row in judge.judge(segment.table, "r").to_pylist()]
    found = [(row["violations"], row["warnings"], row["number"], row["pages"], row["mode"]) for row in rows]
    return found, sum(segment.blank for segment in segments)


def written(path, rows, way):
    """A file that is read by the fast CSV reader, by the exact one, or as a workbook."""
    if way == "workbook":
        return workbook(path.with_suffix(".xlsx"), rows, header=HEADER)
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if way == "exact" else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=";", quoting=quoting).writerows([HEADER, *rows])
    stray = 'SF;014"5221134;4;02/01/2026 08:05;A\r\n' if way == "exact" else ""
    return write(path, text.getvalue() + stray, "utf-8")


@pytest.mark.parametrize("way", ["fast", "exact", "workbook"])
def test_white_space_around_a_value_is_no_part_of_it_on_any_path(way, judge, tmp_path):
    around = ON_ONE_LINE if way == "fast" else ON_ONE_LINE + LINE_BREAKS
    rows = [(*(blank + value + blank for value in IN_ORDER[:4]), "A") for blank in around]
    found, _ = judged(written(tmp_path / "fax.csv", rows, way), judge)
    assert found[: len(rows)] == [("", "", "33145221134", 4, "SF")] * len(rows)


@pytest.mark.parametrize("way", ["fast", "exact", "workbook"])
def test_control_characters_and_line_breaks_inside_a_value_are_unreadable(way, judge, tmp_path):
    # No workbook can hold these two controls.
    rows = [row for row in INSIDE if way != "workbook" or not {"\x00", "\x1c", "\x0b"} & set(row[1])]
    if way != "fast":
        rows += [("SF", f"0145{end}221134", "4", "", "number.unreadable") for end in LINE_BREAKS]
    found, _ = judged(written(tmp_path / "fax.csv", [(*row[:4], "A") for row in rows], way), judge)
    assert [violations for violations, *_ in found[: len(rows)]] == [row[4] for row in rows]


@pytest.mark.parametrize("way", ["fast", "exact", "workbook"])
def test_a_record_of_white_space_alone_is_blank_on_every_path(way, judge, tmp_path):
    around = ON_ONE_LINE if way == "fast" else ON_ONE_LINE + LINE_BREAKS
    rows = [IN_ORDER, *((blank,) * len(HEADER) for blank in around), IN_ORDER]
    _, blank = judged(written(tmp_path / "fax.csv", rows, way), judge)
    assert blank == len(around)


def test_a_carriage_return_after_a_quoted_number_is_white_space_on_both_csv_paths(judge, tmp_path):
    header = "Mode;Nombre de page réel;Numéro appelé\r\n"
    both = [
        header + 'SF;1;"0145221134"\r\r\n' + 'SF;1;"0145221134\r"\r\n',
        header + 'SF;1;"0145221134\r\n"\r\n' + "SF;1;0145221134\r\r\n",
    ]
    for at, content in enumerate(both):
        found, _ = judged(write(tmp_path / f"{at}.csv", content, "utf-8"), judge)
        assert [(violations, number) for violations, _, number, *_ in found] == [("", "33145221134")] * 2
