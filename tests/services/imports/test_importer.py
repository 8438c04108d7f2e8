"""Import: a file becomes a report, complete and once, or leaves no trace."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.errors import (
    AlreadyImported,
    CatalogueUnavailable,
    ConditionRefused,
    DiskFull,
    EmptyFile,
    HeaderOnly,
    ImportCancelled,
    ImportTooSlow,
    MissingColumns,
    NoFaxes,
    NotATable,
    SourceChanged,
    SourceVanished,
)
from faxcloud.services.imports import importer
from faxcloud.services.imports.importer import Progress
from faxcloud.services.sample.export import sample_path, write_sample
from faxcloud.store.catalogue import databases
from tests.live_store import (
    HEADER,
    assert_verdicts_are_whole,
    log_entries,
    opened,
    some_rows,
    stored_rows,
    stray_files,
    write_export,
)

RUNTIME_FAILURE = """
id = "overflowing"
extends = "faxcloud-3"
title = { en = "Overflowing", fr = "Débordant" }
description = { en = "Fails on many pages.", fr = "Échoue sur beaucoup de pages." }
[[rules]]
id = "pages.huge"
field = "pages"
severity = "error"
when = "pages * 2000000000 > 5"
label = { en = "Huge", fr = "Énorme" }
explanation = { en = "Too many pages.", fr = "Trop de pages." }
remedy = { en = "Split it.", fr = "Le scinder." }
"""


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def services(home):
    with opened(home) as built:
        yield built


def traces(home: Path) -> tuple[int, list[str], int]:
    """Entries of the log, files in the lake's folder, reports in the catalogue."""
    with closing(sqlite3.connect(home / "catalogue.sqlite")) as catalogue:
        reports = catalogue.execute("SELECT count(*) FROM reports").fetchone()[0]
    folder = home / "lake"
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return len(log_entries(home)), files, reports


def test_the_sample_is_counted_as_it_was_made(services, home, tmp_path):
    made = write_sample(tmp_path / "made.csv", 5_000)
    result = services.imports.import_file(made.path)
    assert (result.records, result.imported, result.rejected, result.blank) == (5_000, 5_000, 0, 0)
    assert (result.sent, result.received, result.unknown_mode) == (made.sent, made.received, 0)
    assert (result.pages, result.pages_sent) == (made.pages, made.pages_sent)
    assert result.pages_received == made.pages_received
    assert (result.valid, result.invalid) == (made.valid, made.invalid)
    assert result.compliance_rate == pytest.approx(made.valid / made.rows)
    assert dict(result.violations) == made.violations
    assert (dict(result.warnings), result.encoding, result.delimiter) == ({}, "windows-1252", ";")
    report = services.reports.show(result.report_id)
    assert (report["first_at"], report["last_at"]) == (made.first_at, made.last_at)
    assert report["state"] == "ready"
    assert services.maintenance.check() == []
    assert len(stored_rows(home)) == 5_000


def test_the_bundled_sample_is_imported_whole(services):
    result = services.imports.import_file(sample_path(), is_sample=True)
    assert result.imported == result.records == 4_800
    assert services.reports.has_sample()
    assert services.reports.remove_sample() == 1
    assert services.status.report()["faxes"] == 0


def test_every_record_is_imported_rejected_or_blank(services, home, tmp_path):
    path = tmp_path / "mixed.csv"
    path.write_text(
        f"{HEADER}\n1;A;SF;02/01/2026 08:05;33145221134;1\n;;;;;\n2;B;SF\n3;C;RF;;33145221134;2\n"
        "4;D;SF;02/01/2026;33145221134;1;more;fields\n",
        encoding="utf-8",
    )
    result = services.imports.import_file(path)
    assert (result.records, result.imported, result.rejected, result.blank) == (5, 2, 2, 1)
    rejects = list(services.reports.rejects(result.report_id))
    assert [reject["line"] for reject in rejects] == [3, 5]
    assert [reject["text"] for reject in rejects] == ["2;B;SF", "4;D;SF;02/01/2026;33145221134;1;more;fields"]
    assert len({reject["reason"] for reject in rejects}) == 2
    assert [row["line"] for row in stored_rows(home)] == [1, 4]


def test_file_in_which_every_record_is_rejected_is_refused(services, home, tmp_path):
    path = tmp_path / "rejects.csv"
    path.write_text(f"{HEADER}\n1;A\n2;B\n", encoding="utf-8")
    with pytest.raises(NoFaxes, match=r"columns.few \(2\)"):
        services.imports.import_file(path)
    assert services.maintenance.check() == []
    assert stored_rows(home) == []
    assert services.maintenance.check() == []


def test_rows_of_every_kind_are_judged_as_plain_python_does(services, home, tmp_path):
    rows = some_rows(400, seed=5)
    result = services.imports.import_file(write_export(tmp_path / "e.csv", rows))
    stored = stored_rows(home)
    assert len(stored) == 400
    assert_verdicts_are_whole(stored, {result.report_id: rows})


def test_the_same_file_is_refused_until_it_is_forced(services, home, tmp_path):
    path = write_export(tmp_path / "e.csv", some_rows(10, seed=1))
    first = services.imports.import_file(path)
    before = traces(home)
    renamed = path.rename(tmp_path / "other name.csv")
    with pytest.raises(AlreadyImported) as refused:
        services.imports.import_file(renamed)
    assert refused.value.values["report_id"] == first.report_id
    assert traces(home) == before
    second = services.imports.import_file(renamed, force=True)
    assert second.report_id != first.report_id
    assert len(stored_rows(home)) == 20


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyFile),
        (HEADER.encode("cp1252") + b"\n", HeaderOnly),
        (HEADER.encode("cp1252") + b"\n;;;;;\n;;;;;\n", HeaderOnly),
        (b"Mode;Pages\nSF;1\n", MissingColumns),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), NotATable),
    ],
)
def test_a_refused_file_leaves_no_trace(services, home, tmp_path, content, error):
    services.imports.import_file(write_export(tmp_path / "good.csv", some_rows(5, seed=1)))
    before = traces(home)
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(error):
        services.imports.import_file(path)
    assert traces(home) == before


def test_a_cancelled_import_leaves_no_trace(services, home, tmp_path):
    services.imports.import_file(write_export(tmp_path / "good.csv", some_rows(5, seed=1)))
    before = traces(home)
    path = write_export(tmp_path / "cancelled.csv", some_rows(5, seed=2))
    for step in ("opening", "reading", "counting", "committing"):

        def cancel(progress: Progress, step: str = step) -> None:
            if progress.step == step:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            services.imports.import_file(path, progress=cancel)
        assert traces(home) == before
    assert services.imports.import_file(path).imported == 5


def test_an_import_whose_report_is_deleted_meanwhile_is_cancelled(services, home, tmp_path):
    services.imports.import_file(write_export(tmp_path / "good.csv", some_rows(5, seed=1)))
    before = traces(home)
    path = write_export(tmp_path / "cancelled.csv", some_rows(5, seed=2))

    def delete(progress: Progress) -> None:
        if progress.step == "reading":
            services.reports.delete(progress.report_id)

    with pytest.raises(ImportCancelled):
        services.imports.import_file(path, progress=delete)
    assert traces(home) == before
    assert services.imports.import_file(path).imported == 5


def test_an_import_has_a_time_limit_by_the_size_of_its_file(services, home, tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "SECONDS_FOR_ANY", 0.0)
    monkeypatch.setattr(importer, "SECONDS_PER_MB", 0.0)
    with pytest.raises(ImportTooSlow):
        services.imports.import_file(write_export(tmp_path / "slow.csv", some_rows(5, seed=1)))
    assert services.reports.list() == []
    assert stray_files(home) == []


@pytest.mark.parametrize("change", ["append", "remove"])
def test_a_file_that_changes_or_vanishes_while_it_is_read_leaves_no_trace(services, home, tmp_path, change):
    services.imports.import_file(write_export(tmp_path / "good.csv", some_rows(5, seed=1)))
    before = traces(home)
    path = write_export(tmp_path / "moving.csv", some_rows(5, seed=2))

    def disturb(progress: Progress) -> None:
        if progress.step != "reading":
            return
        if change == "append":
            with path.open("ab") as file:
                file.write(b"9;Nom;SF;;33145221134;1\n")
        else:
            path.unlink()

    with pytest.raises(SourceChanged if change == "append" else SourceVanished):
        services.imports.import_file(path, progress=disturb)
    assert traces(home) == before


def test_a_condition_that_fails_on_a_row_refuses_the_file_and_keeps_the_active_ruleset(
    services, home, tmp_path
):
    path = write_export(tmp_path / "e.csv", some_rows(20, seed=1))
    services.imports.import_file(path)
    (home / "rulesets").mkdir()
    (home / "rulesets" / "overflowing.toml").write_text(RUNTIME_FAILURE, "utf-8")
    with pytest.raises(ConditionRefused):
        services.validation.run(ruleset="overflowing", dry_run=True)
    with pytest.raises(ConditionRefused):
        services.validation.run(ruleset="overflowing")
    assert services.rulesets.active().id == "faxcloud-3"
    services.rulesets.activate("overflowing")
    before = traces(home)
    with pytest.raises(ConditionRefused):
        services.imports.import_file(write_export(tmp_path / "f.csv", some_rows(20, seed=2)))
    assert traces(home) == before


def test_an_import_into_a_locked_catalogue_fails_plainly_and_is_repaired(home, tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "BUSY_TIMEOUT_S", 0.2)
    path = write_export(tmp_path / "e.csv", some_rows(5, seed=1))
    with opened(home) as services:
        with closing(sqlite3.connect(home / "catalogue.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(CatalogueUnavailable):
                services.imports.import_file(path)
            other.execute("ROLLBACK")
        assert services.imports.import_file(path).imported == 5
        assert services.maintenance.check() == []


LIMITED = """
    import json, resource, sys
    from pathlib import Path
    from faxcloud.errors import DiskFull
    from tests.live_store import opened
    home, path, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with opened(home) as services:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        try:
            services.imports.import_file(path)
            print("imported")
        except DiskFull as error:
            print("full")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="files cannot be limited in size here")
def test_a_disk_that_is_full_is_named_and_nothing_is_left(services, home, tmp_path):
    services.imports.import_file(write_export(tmp_path / "good.csv", some_rows(5, seed=1)))
    before = traces(home)
    large = write_sample(tmp_path / "large.csv", 60_000).path
    # The write-ahead log of the catalogue stays below, the file of the lake does not.
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED), str(home), str(large), str(600_000)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.returncode) == ("full\n", 0), ended.stderr
    assert traces(home) == before
    assert services.imports.import_file(large).imported == 60_000


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk: a disk that fills up is not tried")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here: a disk that fills up is not tried")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_fills_up_is_named_and_the_store_stays_sound(small_disk, tmp_path):
    home = small_disk / "store"
    large = write_sample(tmp_path / "large.csv", 60_000).path
    with opened(home) as services:
        kept = services.imports.import_file(write_export(tmp_path / "good.csv", some_rows(5, seed=1)))
        filler = small_disk / "filler"

        def fill_up(progress: Progress) -> None:
            if progress.step == "opening":  # nothing is written yet
                return
            with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass

        with pytest.raises(DiskFull):
            services.imports.import_file(large, progress=fill_up)
        filler.unlink()
        again = services.imports.import_file(write_export(tmp_path / "other.csv", some_rows(5, seed=2)))
        services.reports.delete(again.report_id)
        assert [report["report_id"] for report in services.reports.list()] == [kept.report_id]
        assert stray_files(home) == []
        assert services.maintenance.check() == []


def test_an_export_that_cannot_be_audited_is_refused(small_disk, tmp_path):
    home = small_disk / "store"
    with opened(home) as services:
        services.imports.import_file(write_export(tmp_path / "good.csv", some_rows(5, seed=1)))
        filler = small_disk / "filler"
        with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        with pytest.raises(CatalogueUnavailable):
            next(services.exports.stream(Filters()))
        with pytest.raises(CatalogueUnavailable):
            services.exports.write(Filters(), "xlsx", tmp_path / "faxes.xlsx")
        assert not list(tmp_path.glob("*.xlsx*"))
        filler.unlink()
        assert services.exports.write(Filters(), "csv", tmp_path / "faxes.csv") == 5


def test_the_period_the_contract_and_who_imported_are_kept(services, tmp_path):
    import datetime as dt

    first, last = dt.date(2026, 1, 1), dt.date(2026, 1, 31)
    path = write_export(tmp_path / "e.csv", some_rows(3, seed=1))
    result = services.imports.import_file(
        path, name="Janvier.csv", contract="C-7", start=first, end=last, imported_by="eve"
    )
    report = services.reports.show(result.report_id)
    kept = ("file", "contract", "start", "end", "imported_by", "is_sample")
    assert [report[name] for name in kept] == ["Janvier.csv", "C-7", first, last, "eve", False]
