"""Archives with several files: a report for each, and no member stops another."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.errors import (
    AlreadyImported,
    EmptyFile,
    MissingColumns,
    OversizedArchive,
    UnreadableArchive,
)
from faxcloud.services.imports.archives import Outcome
from faxcloud.services.imports.importer import ImportResult
from faxcloud.wiring import Services, build
from tests.store.reading.test_refusals import with_password_flag, zip_of

WILD = Path(__file__).parents[2] / "data" / "wild"
HEADER = b"Mode;Num\xe9ro appel\xe9;Pages\n"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    built = build(Settings(home=tmp_path_factory.mktemp("store"), unpack_ratio=1))
    yield built
    built.close()


def export(faxes: int, number: int) -> bytes:
    """An export of its own for each number."""
    return HEADER + b"SF;33%09d;1\n" % number * faxes


def import_each(services: Services, path: Path, content: bytes | None = None) -> list[Outcome]:
    if content is not None:
        path.write_bytes(content)

    def import_one(member: Path, name: str) -> ImportResult:
        return services.imports.import_file(member, name=name, duplicates="keep")

    outcomes = list(services.archives.outcomes(path, path.name, import_one))
    assert not list(services.settings.uploads_folder.glob("*/"))
    return outcomes


def fates(outcomes: list[Outcome]) -> list[tuple[str, object]]:
    return [(one.name, one.result.imported if one.result else type(one.error)) for one in outcomes]


def test_a_zip_of_three_exports_gives_three_reports(services: Services):
    outcomes = import_each(services, WILD / "g05_zip_of_three_csv.zip")
    name = "g05_zip_of_three_csv.zip/Consommation_VALMONT_2026"
    assert fates(outcomes) == [(f"{name}{month}.csv", 4) for month in (10, 11, 12)]
    files = {report["report_id"]: report["file"] for report in services.reports.list()}
    assert [files[one.result.report_id] for one in outcomes if one.result] == [one.name for one in outcomes]
    again = import_each(services, WILD / "g05_zip_of_three_csv.zip")
    assert [type(one.error) for one in again] == [AlreadyImported] * 3


def test_a_refused_member_does_not_stop_the_others(services: Services, tmp_path: Path):
    content = zip_of(
        ("folder/", b""),
        ("folder/empty.csv", b""),
        ("other.csv", b"Name;Phone\na;b\n"),
        ("folder/one.csv", export(1, 1)),
        ("two.csv.gz", gzip.compress(export(2, 2))),
        ("week.ods", (WILD / "g02_libreoffice.ods").read_bytes()),
        ("__MACOSX/._one.csv", b"\x00\x05"),
        ("Thumbs.db", b"\xd0\xcf"),
    )
    assert fates(import_each(services, tmp_path / "a.zip", content)) == [
        ("a.zip/folder/empty.csv", EmptyFile),
        ("a.zip/other.csv", MissingColumns),
        ("a.zip/folder/one.csv", 1),
        ("a.zip/two.csv.gz", 2),
        ("a.zip/week.ods", 12),
    ]


def test_archives_are_opened_in_an_archive_once(services: Services, tmp_path: Path):
    inner = zip_of(("c.csv", export(1, 3)), ("d.csv", export(2, 4)))
    deep = zip_of(("e.zip", inner), ("f.csv", export(3, 5)))
    content = zip_of(("only.zip", inner))
    assert fates(import_each(services, tmp_path / "a.zip", content)) == [
        ("a.zip/only.zip/c.csv", 1), ("a.zip/only.zip/d.csv", 2),
    ]  # fmt: skip
    assert fates(import_each(services, tmp_path / "b.zip", zip_of(("deep.zip", deep)))) == [
        ("b.zip/deep.zip/e.zip", UnreadableArchive), ("b.zip/deep.zip/f.csv", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("pack", ["gz", "zip", "zip in zip", "gz in zip", "gz in gz"])
@pytest.mark.parametrize("name", ["f22_duration_cells.xlsx", "g01_biff.xls", "g02_libreoffice.ods"])
def test_a_workbook_may_be_packed(pack: str, name: str, tmp_path: Path, services: Services):
    content = (WILD / name).read_bytes()
    for kind in reversed(pack.split(" in ")):
        content = gzip.compress(content) if kind == "gz" else zip_of((name, content))
    # Each way of packing the same faxes is another file.
    [(_, imported)] = fates(import_each(services, tmp_path / f"{pack}.bin", content))
    assert imported == 12


def test_a_member_with_a_password_or_damage_is_refused_and_audited(services: Services, tmp_path: Path):
    locked = with_password_flag(zip_of(("a.csv", export(1, 6)), ("b.csv", export(1, 7))))
    outcomes = import_each(services, tmp_path / "a.zip", locked)
    [refused] = [one.error for one in outcomes if one.error]
    assert refused.message.endswith(": it is protected by a password.")
    assert [one.result.imported for one in outcomes if one.result] == [1]
    newest = services.audit.log(limit=4).results
    assert "import.unreadable_archive" in str(newest)


def test_members_together_may_unpack_to_what_one_file_may(services: Services, tmp_path: Path):
    blanks = b"\n" * (40 << 20)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a.csv", export(1, 8) + blanks)
        archive.writestr("b.csv", export(1, 9) + blanks)
        archive.writestr("c.csv", export(1, 10))
    assert fates(import_each(services, tmp_path / "bomb.zip", packed.getvalue())) == [
        ("bomb.zip/a.csv", 1), ("bomb.zip/b.csv", OversizedArchive), ("bomb.zip/c.csv", 1),
    ]  # fmt: skip
