"""Duplicate records: left out, counted and reported; imported or refused on demand."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from faxcloud.errors import AlreadyImported, DuplicatesElsewhere, DuplicatesStored
from faxcloud.services.actors import Actor, acting
from faxcloud.services.imports.importer import ImportResult, Progress
from faxcloud.wiring import Services
from tests.live_store import current_files, opened, stored_rows, stray_files
from tests.store.reading.workbooks import workbook

WILD = Path(__file__).parents[2] / "wild"
SEPTEMBER = WILD / "h01_september_october.csv"
OCTOBER = WILD / "h01_october_again.csv"

HEADER = "Fax ID;Utilisateur;Mode;Date et heure du fax;Numéro appelé;Nombre de page réel"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def services(home):
    with opened(home) as built:
        yield built


def written(path: Path, records: Sequence[str]) -> Path:
    path.write_text("\n".join([HEADER, *records, ""]), "utf-8")
    return path


def assert_ledger(result: ImportResult) -> None:
    assert result.records == result.imported + result.rejected + result.blank + result.duplicate


def contents(home: Path) -> list[tuple[str, str]]:
    return sorted((row["fax_id"], row["called_text"]) for row in stored_rows(home))


def record(number: int, day: str = "05/03/2026 10:00") -> str:
    return f"{number};Accueil;SF;{day};33145221134;1"


def test_records_of_an_overlapping_export_are_imported_once(home: Path, services: Services) -> None:
    first = services.imports.import_file(SEPTEMBER)
    second = services.imports.import_file(OCTOBER)
    assert (first.imported, first.duplicate, first.duplicates_of) == (8, 0, ())
    assert (second.records, second.imported, second.duplicate) == (8, 4, 4)
    assert second.duplicates_of == ({"report_id": first.report_id, "file": SEPTEMBER.name, "records": 4},)
    stored = sorted(row["fax_id"] for row in stored_rows(home))
    assert stored == [str(9_100_001 + number) for number in range(12)]
    shown = services.reports.show(second.report_id)
    assert (shown["duplicate"], shown["duplicates_of"]) == (4, [*second.duplicates_of])
    assert (second.pages, second.valid, second.sent) == (10, 4, 2)
    assert services.maintenance.check() == []
    assert stray_files(home) == []


def as_workbook(path: Path, table: Sequence[Sequence[str]]) -> None:
    workbook(path, table[1:], header=table[0])


def as_utf8_with_commas(path: Path, table: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(table)
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())


def as_utf16_with_tabs(path: Path, table: Sequence[Sequence[str]]) -> None:
    path.write_bytes("\n".join("\t".join(row) for row in table).encode("utf-16"))


@pytest.mark.parametrize(
    ("save", "name"),
    [(as_workbook, "again.xlsx"), (as_utf8_with_commas, "again.csv"), (as_utf16_with_tabs, "again.txt.csv")],
)
def test_a_file_saved_again_in_another_format_brings_nothing_new(tmp_path, services, save, name) -> None:
    table = [line.split(";") for line in OCTOBER.read_text("cp1252").splitlines()]
    save(tmp_path / name, table)
    services.imports.import_file(OCTOBER)
    again = services.imports.import_file(tmp_path / name)
    assert (again.records, again.imported, again.duplicate) == (8, 0, 8)
    assert_ledger(again)
    assert services.maintenance.check() == []


def test_equal_records_are_counted_as_often_as_they_occur(tmp_path, home, services) -> None:
    twice = services.imports.import_file(written(tmp_path / "twice.csv", [record(1), record(1), record(2)]))
    assert (twice.imported, twice.duplicate) == (3, 0)
    records = [record(1), record(2), record(3), record(2), record(1), record(2)]
    more = services.imports.import_file(written(tmp_path / "more.csv", records))
    assert (more.imported, more.duplicate) == (3, 3)
    assert Counter(contents(home)) == {
        ("1", "33145221134"): 2, ("2", "33145221134"): 3, ("3", "33145221134"): 1,
    }  # fmt: skip


def test_records_that_differ_in_one_column_are_different(tmp_path, services) -> None:
    services.imports.import_file(written(tmp_path / "a.csv", [record(1)]))
    fields = record(1).split(";")
    others = []
    for position, value in enumerate(("2", "Autre", "RF", "05/03/2026 10:01", "33145221135", "2")):
        others.append(";".join([*fields[:position], value, *fields[position + 1 :]]))
    result = services.imports.import_file(written(tmp_path / "b.csv", others))
    assert (result.imported, result.duplicate) == (6, 0)


def test_records_without_a_readable_date_are_compared_too(tmp_path, services) -> None:
    undated = [record(1, ""), record(2, "hier"), record(3, "demain")]
    services.imports.import_file(written(tmp_path / "a.csv", undated))
    later = [record(1, ""), record(2, "hier"), record(3, "hier"), record(4, "01/01/2027 10:00")]
    result = services.imports.import_file(written(tmp_path / "b.csv", later))
    assert (result.imported, result.duplicate) == (2, 2)


def test_files_of_other_dates_are_not_read(tmp_path, home, services) -> None:
    services.imports.import_file(written(tmp_path / "march.csv", [record(1)]))
    [march] = current_files(home)
    (home / "lake" / march).unlink()
    april = written(tmp_path / "april.csv", [record(1, "05/04/2026 10:00")])
    assert services.imports.import_file(april).imported == 1


def test_keep_imports_stored_records_again(services) -> None:
    services.imports.import_file(SEPTEMBER)
    result = services.imports.import_file(OCTOBER, duplicates="keep")
    assert (result.imported, result.duplicate) == (8, 0)


def test_a_forced_import_keeps_duplicates_unless_told_otherwise(services) -> None:
    services.imports.import_file(SEPTEMBER)
    with pytest.raises(AlreadyImported):
        services.imports.import_file(SEPTEMBER)
    assert services.imports.import_file(SEPTEMBER, force=True).imported == 8
    skipped = services.imports.import_file(SEPTEMBER, force=True, duplicates="skip")
    assert (skipped.imported, skipped.duplicate) == (0, 8)


def test_refuse_names_the_reports_that_have_the_records(home, services) -> None:
    first = services.imports.import_file(SEPTEMBER)
    before = stored_rows(home)
    named = rf"4 of its records .* {SEPTEMBER.name} \({first.report_id}: 4\)"
    with pytest.raises(DuplicatesStored, match=named):
        services.imports.import_file(OCTOBER, duplicates="refuse")
    assert stored_rows(home) == before
    assert [report["report_id"] for report in services.reports.list()] == [first.report_id]
    assert stray_files(home) == []


def test_reports_of_another_contract_are_not_named(services) -> None:
    services.imports.import_file(SEPTEMBER, contract="theirs")
    with acting(Actor("key", "analyst", contracts=("mine",))):
        with pytest.raises(DuplicatesElsewhere):
            services.imports.import_file(OCTOBER, contract="mine", duplicates="refuse")
        result = services.imports.import_file(OCTOBER, contract="mine")
        hidden = {"report_id": None, "file": None, "records": 4}
        assert result.duplicates_of == (hidden,)
        assert services.reports.show(result.report_id)["duplicates_of"] == [hidden]


def test_records_stored_by_another_import_since_the_check_are_left_out(tmp_path, home, services) -> None:
    inner: list[ImportResult] = []

    def import_the_other(progress: Progress) -> None:
        if progress.step == "committing" and not inner:
            inner.append(services.imports.import_file(OCTOBER))

    outer = services.imports.import_file(SEPTEMBER, progress=import_the_other)
    assert (inner[0].imported, outer.imported, outer.duplicate) == (8, 4, 4)
    assert outer.duplicates_of[0]["report_id"] == inner[0].report_id
    assert services.reports.show(outer.report_id)["imported"] == 4
    assert len(stored_rows(home)) == 12
    assert services.maintenance.check() == []
    assert stray_files(home) == []


def test_a_refusal_at_the_commit_leaves_nothing_behind(home, services) -> None:
    def import_the_other(progress: Progress) -> None:
        if progress.step == "committing":
            services.imports.import_file(OCTOBER)

    with pytest.raises(DuplicatesStored):
        services.imports.import_file(SEPTEMBER, duplicates="refuse", progress=import_the_other)
    assert len(stored_rows(home)) == 8
    assert len(services.reports.list()) == 1
    assert stray_files(home) == []


def test_rows_of_a_report_being_deleted_do_not_count(services) -> None:
    first = services.imports.import_file(SEPTEMBER)

    def delete_the_other(progress: Progress) -> None:
        if progress.step == "committing":
            services.reports.delete(first.report_id)

    result = services.imports.import_file(OCTOBER, progress=delete_the_other)
    assert (result.imported, result.duplicate) == (8, 0)


def test_reports_that_share_faxes_are_listed_with_their_number(tmp_path, services) -> None:
    first = services.imports.import_file(SEPTEMBER)
    assert services.maintenance.duplicates() == []
    second = services.imports.import_file(OCTOBER, duplicates="keep")
    services.imports.import_file(written(tmp_path / "twice.csv", [record(1), record(1), record(2)]))
    third = services.imports.import_file(
        written(tmp_path / "again.csv", [record(1), record(1), record(1)]), duplicates="keep"
    )
    found = services.maintenance.duplicates()
    counts = [(pair["older_file"], pair["newer_file"], pair["faxes"]) for pair in found]
    by_id = sorted((first.report_id, second.report_id))
    assert [found[0]["older"], found[0]["newer"]] == by_id
    assert [count for _, _, count in counts] == [4, 2]
    assert third.report_id in (found[1]["older"], found[1]["newer"])


def test_random_overlaps_agree_with_plain_counting(tmp_path, home, services) -> None:
    chosen = random.Random(5)
    stored: Counter[str] = Counter()
    for number in range(6):
        days = ("", "hier", *(f"{day:02d}/03/2026 10:00" for day in range(1 + number, 9 + number)))
        records = [record(chosen.randrange(40), chosen.choice(days)) for _ in range(300)]
        new = Counter(records)
        result = services.imports.import_file(written(tmp_path / f"{number}.csv", records))
        assert result.duplicate == (new & stored).total()
        assert_ledger(result)
        stored |= new
    assert len(stored_rows(home)) == stored.total()
