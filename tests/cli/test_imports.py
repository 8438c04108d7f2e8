"""Import command: reports, refusals, files with hostile names."""

import os
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import HEADER, Faxcloud, small_export

KEYS = {
    *("report_id", "file", "records", "imported", "rejected", "blank", "sent", "received", "unknown_mode"),
    *(
        "pages",
        "pages_sent",
        "pages_received",
        "valid",
        "invalid",
        "compliance_rate",
        "violations",
        "warnings",
    ),
    *("encoding", "delimiter", "ruleset", "seconds"),
}


def test_one_file_gives_one_object_with_the_keys_of_the_contract(faxcloud: Faxcloud, tmp_path: Path):
    ran = faxcloud("import", small_export(tmp_path), "--json")
    assert ran.code == 0
    assert ran.err == ""
    result = ran.document
    assert result.keys() >= KEYS
    assert (result["file"], result["records"], result["imported"]) == ("octobre.csv", 6, 6)
    assert (result["sent"], result["received"], result["unknown_mode"]) == (3, 3, 0)
    assert (result["pages"], result["pages_sent"], result["pages_received"]) == (11, 3, 8)
    assert (result["valid"], result["invalid"]) == (4, 2)
    assert result["compliance_rate"] == pytest.approx(4 / 6)
    assert result["violations"] == {"number.mobile": 1, "pages.zero": 1}
    assert (result["encoding"], result["delimiter"]) == ("windows-1252", ";")
    assert result["ruleset"].startswith("faxcloud-3@")


def test_the_duration_counts_from_the_start_of_the_process(faxcloud: Faxcloud, tmp_path: Path):
    age_s = time.time() - psutil.Process().create_time()
    again = tmp_path / "again.csv"
    again.write_bytes(small_export(tmp_path).read_bytes().replace(b"octobre", b"again") + b"\n")
    first, second = faxcloud("import", small_export(tmp_path), again, "--force", "--json").document
    assert first["seconds"] >= round(age_s, 3) - 0.1  # the system counts starts in hundredths
    assert second["seconds"] < first["seconds"]


def test_several_files_give_an_array_and_a_refused_one_does_not_stop_the_others(
    faxcloud: Faxcloud, tmp_path: Path
):
    (tmp_path / "empty.csv").touch()
    ran = faxcloud("import", tmp_path / "empty.csv", small_export(tmp_path), "--json")
    assert ran.code == 1
    refused, imported = ran.document
    assert refused["file"] == "empty.csv"
    assert refused["error"]["code"] == "import.empty_file"
    assert imported["records"] == 6
    assert len(faxcloud("reports", "list", "--json").document) == 1


def test_a_report_is_shown_in_words(faxcloud: Faxcloud, tmp_path: Path):
    ran = faxcloud("import", small_export(tmp_path))
    assert ran.code == 0
    facts = dict(line.split(maxsplit=1) for line in ran.out.splitlines()[:10] if line)
    assert facts["Records"] == "6"
    assert "number.mobile  Mobile number      1" in ran.out


def test_contract_and_period_are_kept_for_the_record(faxcloud: Faxcloud, tmp_path: Path):
    period = ("--start", "2026-10-01", "--end", "2026-10-31")
    assert faxcloud("import", small_export(tmp_path), "--contract", "C-7", *period).code == 0
    [report] = faxcloud("reports", "list", "--json").document
    assert (report["contract"], report["start"], report["end"]) == ("C-7", "2026-10-01", "2026-10-31")


@pytest.mark.parametrize(
    "period", [("--start", "01/10/2026"), ("--start", "2026-10-02", "--end", "2026-10-01")]
)
def test_a_period_that_is_none_is_wrong_usage_and_imports_nothing(
    period: tuple[str, ...], faxcloud: Faxcloud, tmp_path: Path
):
    ran = faxcloud("import", small_export(tmp_path), *period, "--json")
    assert ran.code == 2
    assert ran.document["error"]["code"] == "query.filter_invalid"
    assert faxcloud("reports", "list", "--json").document == []


def test_the_same_file_is_refused_by_any_name_unless_forced(faxcloud: Faxcloud, tmp_path: Path):
    first = faxcloud("import", small_export(tmp_path), "--json").document["report_id"]
    copy = small_export(tmp_path, "copy.csv")
    ran = faxcloud("import", copy)
    assert ran.code == 1
    assert ran.out == ""
    assert f"as import {first}" in ran.err
    assert faxcloud("import", copy, "--force").code == 0
    assert len(faxcloud("reports", "list", "--json").document) == 2


def write_empty(path: Path) -> None:
    path.touch()


def write_header(path: Path) -> None:
    path.write_text(HEADER + "\n", "utf-8")


def write_other_columns(path: Path) -> None:
    path.write_text("Name;City\nA;B\n", "utf-8")


def write_too_many_columns(path: Path) -> None:
    path.write_text(";".join(f"c{number}" for number in range(20_000)) + "\n1;2\n", "utf-8")


def write_picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))


def write_encrypted_workbook(path: Path) -> None:
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le")
    )


def write_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(200):
                sheet.write(bytes(1 << 20))


def write_damaged_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "nothing")


def write_empty_archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("empty/", b"")


def write_nothing(path: Path) -> None:
    assert not path.exists()


REFUSALS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "import.empty_file": ("a.csv", write_empty, "a.csv is empty."),
    "import.header_only": ("a.csv", write_header, "a.csv has a header and no record under it."),
    "import.missing_columns": ("a.csv", write_other_columns, "Found: Name, City."),
    "import.too_many_columns": ("a.csv", write_too_many_columns, "20,000 columns"),
    "import.not_a_table": ("a.csv", write_picture, "a.csv is not a table: it looks like a PNG"),
    "import.encrypted_workbook": ("a.xlsx", write_encrypted_workbook, "protected by a password"),
    "import.oversized_workbook": ("a.xlsx", write_bomb, "a.xlsx unpacks to"),
    "import.unreadable_workbook": ("a.xlsx", write_damaged_workbook, "not a workbook that can be read"),
    "import.unreadable_archive": ("a.zip", write_empty_archive, "exactly one file"),
    "import.source_vanished": ("a.csv", write_nothing, "a.csv is not there"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_file_that_cannot_be_imported_is_refused_in_one_line_and_leaves_nothing(
    code: str, faxcloud: Faxcloud, tmp_path: Path
):
    name, write, said = REFUSALS[code]
    write(tmp_path / name)
    ran = faxcloud("import", tmp_path / name)
    assert ran.code == 1
    assert ran.out == ""
    first, second = ran.err.splitlines()
    assert first.startswith("error: ")
    assert said in first
    assert second.startswith("hint: ")
    again = faxcloud("import", tmp_path / name, "--json").document
    assert (again["file"], again["error"]["code"]) == (name, code)
    assert faxcloud("status", "--json").document["faxes"] == 0


def test_a_folder_is_no_file(faxcloud: Faxcloud, tmp_path: Path):
    (tmp_path / "folder.csv").mkdir()
    ran = faxcloud("import", tmp_path / "folder.csv")
    assert ran.code == 1
    assert "folder.csv" in ran.err
    assert "Traceback" not in ran.err


def test_refusals_are_french_on_a_french_terminal(faxcloud: Faxcloud, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "")
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    write_empty(tmp_path / "vide.csv")
    ran = faxcloud("import", tmp_path / "vide.csv")
    first, second = ran.err.splitlines()
    assert first == "erreur\u202f: vide.csv est vide."
    assert second.startswith("conseil\u202f: ")


HOSTILE = [
    "--json.csv",
    "-o.csv",
    "a b;c,d.csv",
    "<img src=x>.csv",
    "$(reboot).csv",
    "'; DROP TABLE reports;--.csv",
]
ON_POSIX = [
    "\x1b[31mred.csv",
    "two\nlines.csv",
    "\u202egpj.csv",
    "\udcff.csv",
    "{report_id}.csv",
    '"quoted".csv',
]


@pytest.mark.parametrize("name", HOSTILE + (ON_POSIX if os.name == "posix" else []), ids=ascii)
def test_a_file_may_have_any_name(name: str, faxcloud: Faxcloud, tmp_path: Path):
    try:
        path = small_export(tmp_path, name)
    except (OSError, UnicodeEncodeError):
        pytest.skip(f"{sys.platform} has no such file names")
    ran = faxcloud("import", "--json", "--", path)
    assert ran.code == 0, ran.out + ran.err
    [report] = faxcloud("reports", "list", "--json").document
    shown = faxcloud("reports", "list")
    assert shown.code == 0
    assert len(shown.out.splitlines()) == 2
    assert not {"\x1b", "\u202e"} & set(shown.out)
    assert faxcloud("import", path).code == 1
    assert faxcloud("reports", "delete", report["report_id"]).code == 0


def test_a_zip_of_several_files_gives_an_array_and_exit_1_if_one_is_refused(
    faxcloud: Faxcloud, tmp_path: Path
):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.csv", small_export(tmp_path).read_bytes())
        archive.writestr("empty.csv", b"")
    ran = faxcloud("import", tmp_path / "a.zip", "--json")
    assert ran.code == 1
    imported, refused = ran.document
    assert (imported["file"], refused["file"]) == ("a.zip/one.csv", "a.zip/empty.csv")
    assert refused["error"]["code"] == "import.empty_file"
    words = faxcloud("import", "--force", tmp_path / "a.zip")
    assert words.code == 1
    assert "a.zip/one.csv" in words.out
    assert "a.zip/empty.csv is empty" in words.err


def test_a_dash_reads_standard_input(faxcloud: Faxcloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    export = small_export(tmp_path)
    with export.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        ran = faxcloud("import", "-", "--name", "octobre.csv", "--json")
    assert (ran.code, ran.document["file"]) == (0, "octobre.csv")
    with export.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        again = faxcloud("import", "-", "--json")
    assert (again.code, again.document["error"]["code"]) == (1, "import.already_imported")


def test_a_name_is_for_standard_input_alone(faxcloud: Faxcloud, tmp_path: Path):
    assert faxcloud("import", small_export(tmp_path), "--name", "x.csv").code == 2
