"""Data protection commands over a real store."""

from __future__ import annotations

import io

import pytest

from tests.cli.conftest import small_export


@pytest.fixture
def stocked(environment, faxcloud):
    """A store of its own with the six faxes of `small_export`: these tests change it."""
    assert faxcloud("import", small_export(environment), "--json").code == 0
    return faxcloud


def test_retention_is_shown_chosen_and_taken_back(stocked):
    kept = {"faxes_days": None, "reports_days": None, "audit_days": None}
    assert stocked("privacy", "retention", "--json").document == kept
    chosen = stocked("privacy", "retention", "--faxes-days", "365", "--audit-days", "400", "--json")
    assert chosen.document == kept | {"faxes_days": 365, "audit_days": 400}
    shown = stocked("privacy", "retention").out.splitlines()
    assert [line.split("  ")[-1].strip() for line in shown] == ["365 days", "kept", "400 days"]
    assert stocked("privacy", "retention", "--faxes-days", "keep", "--json").document["faxes_days"] is None


@pytest.mark.parametrize(("days", "code"), [("29", 1), ("soon", 2), ("-5", 2)])
def test_days_that_make_no_sense_are_refused(stocked, days, code):
    assert stocked("privacy", "retention", "--faxes-days", days).code == code


def test_apply_counts_first_and_removes_then(stocked):
    stocked("privacy", "retention", "--faxes-days", "30")
    preview = stocked("privacy", "apply", "--dry-run", "--json").document
    assert preview["dry_run"] is True
    assert stocked("status", "--json").document["faxes"] == 6
    done = stocked("privacy", "apply", "--json").document
    assert done["faxes"] == preview["faxes"]
    assert stocked("status", "--json").document["faxes"] == 6 - done["faxes"]
    assert stocked("database", "check").code == 0


def test_an_erasure_is_looked_at_done_and_certified(stocked):
    found = stocked("privacy", "find", "--number", "01 45 22 11 36", "--json").document
    assert found["faxes_total"] == 1
    refused = stocked("privacy", "erase", "--number", "0145221136")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    certificate = stocked("privacy", "erase", "--number", "0145221136", "--yes", "--json").document
    assert certificate["faxes_total"] == 1
    [listed] = stocked("privacy", "certificates", "--json").document
    assert listed == certificate | {"is_genuine": True}
    assert certificate["erasure_id"] in stocked("privacy", "certificates").out
    assert stocked("privacy", "find", "--number", "0145221136", "--json").document["faxes_total"] == 0
    assert stocked("status", "--json").document["faxes"] == 6


def test_a_name_can_be_typed_where_no_history_keeps_it(stocked, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("martin émile\n"))
    erased = stocked("privacy", "erase", "--person", "-", "--yes")
    assert erased.code == 0
    assert "Not erased:" in erased.out
    assert "Martin" not in erased.out


def test_a_subject_is_one_number_or_one_person(stocked):
    assert stocked("privacy", "find").code == 2
    assert stocked("privacy", "find", "--number", "0145221136", "--person", "x").code == 2


def test_an_export_under_pseudonyms_is_a_file_without_names(stocked, environment):
    target = environment / "out.csv"
    written = stocked("privacy", "export", "--mode", "SF", "-o", target, "--json").document
    assert written == {"file": str(target), "format": "csv", "rows": 3}
    text = target.read_text("utf-8")
    assert "Martin" not in text
    assert "33145221134" not in text
    assert text.count(",u_") == 3
    assert stocked("privacy", "export", "ID-OF-NONE", "-o", target).code == 1
    assert stocked("privacy", "export", "-o", target, "--format", "parquet").code == 0
    assert target.read_bytes().startswith(b"PAR1")
