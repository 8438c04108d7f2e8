"""Report commands."""

import csv
import io
from pathlib import Path

from tests.cli.conftest import Faxcloud, small_export


def test_no_reports_are_an_empty_array(faxcloud: Faxcloud):
    assert faxcloud("reports", "list", "--json").document == []
    assert faxcloud("reports", "list").code == 0


def test_the_list_shows_ids_whole(loaded: Faxcloud, report_id: str):
    ran = loaded("reports", "list")
    assert report_id in ran.out
    assert "octobre.csv" in ran.out
    assert "66.7%" in ran.out


def test_a_report_in_full(loaded: Faxcloud, report_id: str):
    report = loaded("reports", "show", report_id, "--json").document
    assert (report["file"], report["state"], report["contract"]) == ("octobre.csv", "ready", "C-7")
    assert (report["records"], report["imported"], report["rejected"], report["blank"]) == (6, 6, 0, 0)
    assert report["violations"] == {"number.mobile": 1, "pages.zero": 1}
    words = loaded("reports", "show", report_id).out
    assert "windows-1252" in words
    assert "No page" in words


def test_instants_are_shown_in_the_time_zone_of_the_service(loaded: Faxcloud, report_id: str, monkeypatch):
    shown = set()
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 25 hours apart
        monkeypatch.setenv("FAXCLOUD_TIMEZONE", zone)
        [line] = [
            line for line in loaded("reports", "show", report_id).out.splitlines() if "imported_at" in line
        ]
        shown.add(line)
    assert len(shown) == 2


def test_deleting_a_report_deletes_its_faxes(faxcloud: Faxcloud, tmp_path: Path):
    report = faxcloud("import", small_export(tmp_path), "--json").document["report_id"]
    ran = faxcloud("reports", "delete", report)
    assert ran.code == 0
    assert report in ran.out
    assert faxcloud("status", "--json").document["faxes"] == 0
    assert faxcloud("import", small_export(tmp_path)).code == 0


def test_records_that_could_not_be_imported_are_kept_with_line_and_reason(faxcloud: Faxcloud, tmp_path: Path):
    file = small_export(tmp_path)
    with file.open("ab") as export:
        export.write("7;SF\r\n".encode("cp1252"))
    result = faxcloud("import", file, "--json").document
    assert (result["records"], result["imported"], result["rejected"]) == (7, 6, 1)
    report = result["report_id"]
    [reject] = faxcloud("reports", "rejects", report, "--json").document
    assert (reject["line"], reject["text"].strip()) == (7, "7;SF")
    [row] = csv.DictReader(io.StringIO(faxcloud("reports", "rejects", report).out))
    assert row["reason"] == reject["reason"]
    told = faxcloud("reports", "rejects", report, "-o", tmp_path / "rejects.csv", "--json").document
    assert told["rows"] == 1
    assert (tmp_path / "rejects.csv").read_text("utf-8").startswith("line,reason,text\n7,")


def test_a_file_without_rejects_has_none(loaded: Faxcloud, report_id: str):
    assert loaded("reports", "rejects", report_id).out == ""
    assert loaded("reports", "rejects", report_id, "--json").document == []


def test_a_report_that_is_not_there_is_refused_everywhere(loaded: Faxcloud):
    for words in (
        "reports show",
        "reports rejects",
        "reports delete",
        "entries stats",
        "entries search",
        "entries export",
    ):
        ran = loaded(*words.split(), "no-such-report", "--json")
        assert ran.code == 1, words
        assert ran.document["error"]["code"] == "store.report_not_found"


def test_a_report_is_put_under_another_contract_and_period(faxcloud: Faxcloud, tmp_path: Path):
    report = faxcloud("import", small_export(tmp_path), "--contract", "C-7", "--json").document["report_id"]
    edited = faxcloud("reports", "edit", report, "--start", "2026-10-01", "--end", "2026-10-31", "--json")
    document = edited.document
    assert (document["contract"], document["start"], document["end"]) == ("C-7", "2026-10-01", "2026-10-31")
    ran = faxcloud("reports", "edit", report, "--contract", "", "--end", "")
    assert ran.code == 0
    assert "01 Oct 2026" in ran.out
    kept = faxcloud("reports", "show", report, "--json").document
    assert (kept["contract"], kept["start"], kept["end"]) == (None, "2026-10-01", None)
    assert faxcloud("reports", "edit", report, "--end", "2026-09-30").code == 1
