"""Audit log commands."""

import csv
import getpass
import json
from pathlib import Path

from tests.cli.conftest import HEADER, Faxcloud


def import_one(faxcloud: Faxcloud, folder: Path) -> str:
    path = folder / "one.csv"
    path.write_text(f"{HEADER}\n1;SF;0145221134;1;02/01/2026 08:05;Nom\n", "utf-8")
    report_id: str = faxcloud("import", path, "--json").document["report_id"]
    return report_id


def test_the_log_says_what_this_account_did(faxcloud: Faxcloud, environment: Path) -> None:
    report_id = import_one(faxcloud, environment)
    page = faxcloud("audit", "log", "--json").document
    assert (page["total"], page["page"], page["per_page"], page["pages"]) == (1, 1, 50, 1)
    (event,) = page["results"]
    assert event["actor"] == f"cli:{getpass.getuser()}"
    assert event["resource"] == f"report:{report_id}"
    shown = faxcloud("audit", "log")
    assert shown.code == 0
    assert report_id in shown.out
    assert "report.import" in shown.out


def test_the_log_is_searched_and_limited(faxcloud: Faxcloud, environment: Path) -> None:
    report_id = import_one(faxcloud, environment)
    faxcloud("reports", "delete", report_id)

    def found(*options: str) -> list[str]:
        return [event["action"] for event in faxcloud("audit", "log", "--json", *options).document["results"]]

    assert found() == ["report.delete", "report.import"]
    assert found("--limit", "1") == ["report.delete"]
    assert found("--action", "report.import") == ["report.import"]
    assert found("-q", "IMPORT") == ["report.import"]
    assert found("--outcome", "failed") == []
    assert found("--start-date", "2020-01-01", "--end-date", "2020-12-31") == []


def test_a_search_that_means_nothing_is_wrong_usage(faxcloud: Faxcloud) -> None:
    for options in (("--limit", "0"), ("--outcome", "x"), ("--start-date", "soon")):
        ran = faxcloud("audit", "log", *options)
        assert (ran.code, ran.out) == (2, "")


def test_a_log_that_is_what_was_written_verifies(faxcloud: Faxcloud, environment: Path) -> None:
    import_one(faxcloud, environment)
    ran = faxcloud("audit", "verify", "--json")
    assert (ran.code, ran.document["ok"], ran.document["events"]) == (0, True, 1)
    shown = faxcloud("audit", "verify")
    assert (shown.code, shown.err) == (0, "")
    assert ran.document["head"] in shown.out


def test_a_log_that_somebody_changed_fails_with_what_is_wrong(faxcloud: Faxcloud, environment: Path) -> None:
    import_one(faxcloud, environment)
    log = environment / "store" / "logs" / "audit.log"
    log.write_text(log.read_text("utf-8").replace('"imported": 1', '"imported": 2'), "utf-8")
    ran = faxcloud("audit", "verify")
    assert (ran.code, ran.out) == (1, "Event 1 is another in audit.log than in the catalogue.\n")
    assert faxcloud("audit", "verify", "--json").document["ok"] is False


def test_the_log_is_exported_as_csv_and_as_json(faxcloud: Faxcloud, environment: Path) -> None:
    import_one(faxcloud, environment)
    target = environment / "audit.csv"
    assert faxcloud("audit", "export", "-o", target).code == 0
    with target.open(encoding="utf-8", newline="") as file:
        began, row = csv.DictReader(file)
    assert began["action"] == "audit.export_begin"
    assert (row["sequence"], row["action"]) == ("1", "report.import")
    assert json.loads(row["details"])["imported"] == 1
    array = json.loads(faxcloud("audit", "export", "--json").out)
    assert [event["action"] for event in array] == [
        "audit.export_begin", "audit.export", "audit.export_begin", "report.import",
    ]  # fmt: skip


def test_restoring_a_backup_is_in_the_log(faxcloud: Faxcloud, environment: Path) -> None:
    import_one(faxcloud, environment)
    faxcloud("database", "backup", environment / "backup")
    faxcloud("database", "restore", environment / "backup")
    page = faxcloud("audit", "log", "--json").document
    assert [event["action"] for event in page["results"]] == [
        "backup.restore", "backup.create", "report.import",
    ]  # fmt: skip
    assert {event["actor"] for event in page["results"]} == {f"cli:{getpass.getuser()}"}
    assert faxcloud("audit", "verify").code == 0
