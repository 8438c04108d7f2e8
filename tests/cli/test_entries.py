"""Fax search and export commands: the same numbers and rows as elsewhere for the same filters."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from faxcloud.domain.entries import ENTRY_NAMES
from faxcloud.domain.filters import FILTER_NAMES
from faxcloud.domain.metrics import METRICS
from faxcloud.services.exports.formats import FORMATS
from tests.cli.conftest import Faxcloud

FILTERS = [
    ("--q 612345678", {"4"}),
    ("--mode rf", {"2", "3", "6"}),
    ("--status invalid", {"4", "5"}),
    ("--rule pages.zero", {"5"}),
    ("--user Accueil", {"1", "2"}),
    ("--start-date 2026-10-07", {"5", "6"}),
    ("--end-date 2026-10-05", {"1", "2"}),
    ("--start-date 2026-10-06 --end-date 2026-10-06", {"3", "4"}),
    ("--pages-min 3", {"2", "6"}),
    ("--pages-max 1 --status valid", {"3"}),
    ("--mode SF --status valid", {"1"}),
    ("--q nothing-like-it", set()),
]


def test_the_published_numbers_of_a_report(loaded: Faxcloud, report_id: str):
    stats = loaded("entries", "stats", report_id, "--json").document
    assert stats.keys() >= {metric.key for metric in METRICS}
    assert stats["report_id"] == report_id
    assert (stats["faxes"], stats["valid"], stats["invalid"], stats["violations"]) == (6, 4, 2, 2)
    assert (stats["pages"], stats["sent"], stats["received"], stats["users"]) == (11, 3, 3, 4)
    assert stats["by_rule"] == {"number.mobile": 1, "pages.zero": 1}
    words = loaded("entries", "stats", report_id).out
    assert all(metric.label in words for metric in METRICS)


def test_a_selection_without_faxes_has_no_compliance(loaded: Faxcloud):
    stats = loaded("entries", "stats", "--q", "nothing-like-it", "--json").document
    assert (stats["faxes"], stats["compliance_rate"], stats["by_rule"]) == (0, None, {})


@pytest.mark.parametrize(("options", "expected"), FILTERS)
def test_a_filter_selects_the_same_faxes_for_search_stats_and_export(
    options: str, expected: set[str], loaded: Faxcloud, report_id: str
):
    words = (report_id, *options.split())
    page = loaded("entries", "search", *words, "--json").document
    assert {row["fax_id"] for row in page["results"]} == expected
    assert page["total"] == len(expected)
    assert loaded("entries", "stats", *words, "--json").document["faxes"] == len(expected)
    exported = loaded("entries", "export", *words, "--json").document
    assert {row["fax_id"] for row in exported} == expected


def test_every_filter_of_the_pages_is_an_option(loaded: Faxcloud):
    out = loaded("entries", "search", "--help").out
    for name in FILTER_NAMES:
        if name != "report":
            assert f"--{name.replace('_', '-')} " in out


def test_pages_of_a_search_follow_each_other(loaded: Faxcloud):
    seen = []
    for number in (1, 2, 3):
        words = ("--sort", "line", "--page", number, "--per-page", 2, "--json")
        page = loaded("entries", "search", *words).document
        assert (page["total"], page["page"], page["per_page"], page["pages"]) == (6, number, 2, 3)
        seen += [row["fax_id"] for row in page["results"]]
    assert seen == ["1", "2", "3", "4", "5", "6"]


def test_a_search_is_a_table_with_its_place_below(loaded: Faxcloud, report_id: str):
    out = loaded("entries", "search", "--sort", "line", "--per-page", "4").out.splitlines()
    assert len(out) == 6
    assert out[1].split()[:5] == [report_id, "1", "1", "2026-10-05", "08:30:00"]
    assert out[-1] == "Page 1 of 2, 6 faxes."


@pytest.mark.parametrize(
    "options", ["--status ok", "--start-date 2026-02-30", "--pages-min many", "--sort email", "--per-page 0"]
)
def test_a_value_that_no_filter_has_is_wrong_usage(options: str, loaded: Faxcloud):
    ran = loaded("entries", "search", *options.split(), "--json")
    assert ran.code == 2
    assert ran.document["error"]["code"] == "query.filter_invalid"


def test_a_personal_value_is_not_repeated_in_an_error(loaded: Faxcloud):
    ran = loaded("entries", "search", "--q", "33612345678" * 30)
    assert ran.code == 2
    assert "33612345678" not in ran.err


def test_csv_goes_to_stdout_and_has_the_columns_of_the_contract(loaded: Faxcloud, report_id: str):
    ran = loaded("entries", "export", report_id)
    assert ran.code == 0
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert list(rows[0]) == list(ENTRY_NAMES)
    assert [row["valide"] for row in rows] == ["1", "1", "1", "0", "0", "1"]
    assert rows[3]["erreurs"] == "number.mobile"


def test_csv_for_excel_in_french(loaded: Faxcloud, tmp_path: Path):
    target = tmp_path / "invalid.csv"
    words = ("--status", "invalid", "--separator", ";", "--bom", "--decimal-comma", "-o", target)
    ran = loaded("entries", "export", *words)
    assert ran.code == 0
    assert ran.out == ""
    raw = target.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbffax_id;mode;")
    assert len(raw.decode("utf-8-sig").splitlines()) == 3


def test_a_formula_is_quoted_unless_raw_is_asked_for(loaded: Faxcloud):
    quoted = list(csv.DictReader(io.StringIO(loaded("entries", "export", "--rule", "pages.zero").out)))
    raw = list(csv.DictReader(io.StringIO(loaded("entries", "export", "--rule", "pages.zero", "--raw").out)))
    assert quoted[0]["utilisateur"] == '="=HYPERLINK(1)"'
    assert raw[0]["utilisateur"] == "=HYPERLINK(1)"


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_format_goes_to_a_file_and_says_how_many(file_format: str, loaded: Faxcloud, tmp_path: Path):
    target = tmp_path / f"faxes.{file_format}"
    ran = loaded("entries", "export", "--format", file_format, "-o", target, "--json")
    assert ran.code == 0
    told = ran.document
    assert (told["file"], told["format"], told["rows"]) == (str(target), file_format, 6)
    assert told["bytes"] == target.stat().st_size
    if file_format == "json":
        assert [row["fax_id"] for row in json.loads(target.read_text("utf-8"))] == list("123456")
    elif file_format in ("xlsx", "ods"):
        assert zipfile.is_zipfile(target)
    elif file_format == "parquet":
        assert target.read_bytes()[:4] == b"PAR1"


def test_an_export_that_cannot_be_written_leaves_nothing(loaded: Faxcloud, tmp_path: Path):
    ran = loaded("entries", "export", "-o", tmp_path / "nowhere" / "faxes.csv")
    assert ran.code == 1
    assert "error: " in ran.err
    assert not (tmp_path / "nowhere").exists()


def test_a_separator_that_is_none_is_wrong_usage(loaded: Faxcloud):
    assert loaded("entries", "export", "--separator", "ab").code == 2
