"""Re-validation commands."""

import csv
import io
from pathlib import Path

import pytest

from faxcloud.config import load_settings
from faxcloud.services.validation.revalidation import REWRITE_LEASE
from faxcloud.store.catalogue.connection import open_catalogue
from faxcloud.store.catalogue.leases import HeldLease
from tests.cli.conftest import Faxcloud, small_export

KEYS = {
    *("run_id", "ruleset", "scanned", "changed", "newly_invalid", "newly_valid", "files_rewritten"),
    *("violations", "seconds", "dry_run"),
}


@pytest.fixture
def imported(faxcloud: Faxcloud, tmp_path: Path) -> Faxcloud:
    assert faxcloud("import", small_export(tmp_path)).code == 0
    return faxcloud


def test_a_run_prints_one_line_with_the_keys_of_the_contract(imported: Faxcloud):
    ran = imported("validate", "all", "--ruleset", "faxcloud-1", "--json")
    assert ran.code == 0
    assert len(ran.out.splitlines()) == 1
    result = ran.document
    assert result.keys() >= KEYS
    assert (result["scanned"], result["changed"], result["newly_valid"]) == (6, 1, 1)
    assert (result["newly_invalid"], result["files_rewritten"], result["dry_run"]) == (0, 1, False)
    assert result["violations"] == {"pages.zero": 1}
    assert imported("status", "--json").document["invalid"] == 1


def test_a_dry_run_reports_the_same_and_changes_nothing(imported: Faxcloud):
    dry = imported("validate", "all", "--ruleset", "faxcloud-1", "--dry-run", "--json").document
    assert (dry["changed"], dry["newly_valid"], dry["files_rewritten"], dry["dry_run"]) == (1, 1, 0, True)
    assert imported("status", "--json").document["invalid"] == 2
    assert (dry["warnings_changed"], dry["compliance_before"], dry["compliance_after"]) == (0, 4 / 6, 5 / 6)
    said = imported("validate", "all", "--ruleset", "faxcloud-1", "--dry-run").out
    assert "Verdicts that would change" in said
    assert "66.7%" in said
    assert "83.3%" in said


def test_a_run_over_one_report(imported: Faxcloud, tmp_path: Path):
    other = imported("import", "--force", small_export(tmp_path, "other.csv"), "--json").document["report_id"]
    run = imported("validate", "all", "--report", other, "--ruleset", "faxcloud-1", "--json").document
    assert run["changed"] == 1
    assert imported("entries", "stats", other, "--json").document["invalid"] == 1
    assert imported("status", "--json").document["invalid"] == 3


def test_a_run_over_an_empty_store_is_done_at_once(faxcloud: Faxcloud):
    run = faxcloud("validate", "all", "--json").document
    assert (run["scanned"], run["changed"]) == (0, 0)


def test_the_history_shows_each_run(imported: Faxcloud):
    run = imported("validate", "all", "--ruleset", "faxcloud-1", "--json").document
    [listed] = imported("validate", "runs", "--json").document
    assert (listed["run_id"], listed["changed"], listed["state"]) == (run["run_id"], 1, "done")
    assert run["run_id"] in imported("validate", "runs").out


def test_what_a_run_changed_is_csv_on_stdout_or_in_a_file(imported: Faxcloud, tmp_path: Path):
    run = imported("validate", "all", "--ruleset", "faxcloud-1", "--json").document["run_id"]
    text = imported("validate", "changes", run).out
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["fax_id"], row["violations_before"], row["violations_after"]) == ("4", "number.mobile", "")
    target = tmp_path / "changes.csv"
    ran = imported("validate", "changes", run, "-o", target, "--json")
    assert ran.document["rows"] == 1
    assert target.read_text("utf-8") == text
    [document] = imported("validate", "changes", run, "--json").document
    assert document["fax_id"] == "4"


def test_a_run_that_changed_nothing_has_no_changes(imported: Faxcloud):
    run = imported("validate", "all", "--json").document["run_id"]
    assert imported("validate", "changes", run).out == ""
    assert imported("validate", "changes", run, "--json").document == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("validate all --engine spark", "validation.engine_unavailable"),
        ("validate all --ruleset nobody", "rules.ruleset_not_found"),
        ("validate all --report nothing", "store.report_not_found"),
        ("validate changes never", "validation.run_not_found"),
    ],
)
def test_what_cannot_be_run_is_refused(words: str, code: str, faxcloud: Faxcloud):
    ran = faxcloud(*words.split(), "--json")
    assert ran.code == 1
    assert ran.document["error"]["code"] == code


def test_changes_that_cannot_be_written_leave_nothing(imported: Faxcloud, tmp_path: Path):
    run = imported("validate", "all", "--ruleset", "faxcloud-1", "--json").document["run_id"]
    ran = imported("validate", "changes", run, "-o", tmp_path / "nowhere" / "changes.csv", "--json")
    assert ran.code == 1
    assert ran.document["error"]["code"] == "export.failed"


def test_a_second_run_is_refused_while_one_is_at_work(imported: Faxcloud):
    catalogue = open_catalogue(load_settings().catalogue_url)
    try:
        with HeldLease(catalogue, REWRITE_LEASE, 60.0, AssertionError):
            ran = imported("validate", "all", "--json")
    finally:
        catalogue.close()
    assert ran.code == 1
    assert ran.document["error"]["code"] == "validation.running"
    assert imported("validate", "all").code == 0
