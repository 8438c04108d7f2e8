"""XLSX reader: the same text as in the service's CSV; decompression bombs are refused unread."""

import datetime as dt
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from faxcloud.domain.columns import EXPORT_HEADER, SOURCE_NAMES
from faxcloud.errors import (
    EmptyFile,
    HeaderOnly,
    ImportRefused,
    MissingColumns,
    OversizedWorkbook,
    TooManyColumns,
    UnreadableArchive,
    UnreadableWorkbook,
)
from faxcloud.i18n import translator
from faxcloud.store.reading import open_export
from tests.store.reading.exports import ROWS, Reading, read
from tests.store.reading.workbooks import Value, with_sheet, workbook

ORDINARY: tuple[Value, ...] = (
    "SF",
    33493121234.0,
    3,
    dt.datetime.fromisoformat("2026-01-31T08:02"),
    69,
    False,
)


def texts(reading: Reading, *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[SOURCE_NAMES.index(name)] for name in names) for row in reading.rows]


def test_text_cells_give_the_rows_of_the_csv(tmp_path: Path) -> None:
    reading = read(workbook(tmp_path / "e.xlsx", ROWS, header=EXPORT_HEADER))
    assert reading.rows == list(ROWS)
    assert (reading.records, reading.blank, reading.lines) == (3, 0, [1, 2, 3])
    assert reading.export.source.done == (tmp_path / "e.xlsx").stat().st_size


def test_numbers_dates_durations_and_booleans_become_the_text_of_the_csv(tmp_path: Path) -> None:
    rows: list[tuple[Value, ...]] = [
        ORDINARY,
        (
            "RF",
            33100000000000.0,
            2.5,
            dt.datetime.fromisoformat("2026-02-01T23:59:58"),
            dt.timedelta(hours=25, seconds=3),
            True,
        ),
        ("RF", "0033 1", "3,0", dt.date(2026, 2, 1), 0, 1),
        ("SF", 112, 0, "01/02/2026", None, None),
    ]
    found = texts(
        read(workbook(tmp_path / "e.xlsx", rows)),
        "mode",
        "called_text",
        "pages",
        "sent_at",
        "duration_s",
        "is_internal",
    )
    assert found == [
        ("SF", "33493121234", "3", "31/01/2026 08:02", "69", "0"),
        ("RF", "33100000000000", "2.5", "01/02/2026 23:59:58", "90003", "1"),
        ("RF", "0033 1", "3,0", "01/02/2026 00:00", "0", "1"),
        ("SF", "112", "0", "01/02/2026", "", ""),
    ]


def test_a_duration_shown_as_a_time_of_day_is_in_seconds(tmp_path: Path) -> None:
    row = (*ORDINARY[:4], dt.time(0, 1, 9), False)
    assert texts(read(workbook(tmp_path / "e.xlsx", [row])), "duration_s") == [("69",)]


def test_every_minute_of_a_day_survives_its_serial_number(tmp_path: Path) -> None:
    start = dt.datetime.fromisoformat("2026-03-29")
    moments = [start + dt.timedelta(minutes=minute) for minute in range(1_440)]
    found = read(workbook(tmp_path / "e.xlsx", [(*ORDINARY[:3], moment) for moment in moments]))
    assert texts(found, "sent_at") == [(moment.strftime("%d/%m/%Y %H:%M"),) for moment in moments]


def test_empty_rows_are_blank_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    rows = [ORDINARY, (None,), (" ", "\u00a0"), ORDINARY, (None,), ORDINARY]
    reading = read(workbook(tmp_path / "e.xlsx", rows))
    assert (reading.lines, reading.blank, reading.records) == ([1, 4, 6], 3, 6)


def test_an_export_may_stand_anywhere_in_its_sheet(tmp_path: Path) -> None:
    reading = read(workbook(tmp_path / "e.xlsx", [ORDINARY, ORDINARY], corner=(4, 3)))
    assert texts(reading, "mode", "called_text") == [("SF", "33493121234")] * 2
    assert reading.lines == [1, 2]


@pytest.mark.parametrize("name", ["e.csv", "e.xls", "e.ods", "e.xlsb", "upload"])
def test_a_workbook_is_known_by_content_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    path = workbook(tmp_path / "e.xlsx", [ORDINARY]).rename(tmp_path / name)
    assert texts(read(path), "mode") == [("SF",)]


def test_a_sheet_longer_than_a_segment_keeps_its_numbers(tmp_path: Path) -> None:
    cell = b'<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>'
    rows = [
        b'<row r="%d">' % down
        + b"".join(cell % (at, down, text) for at, text in zip(b"A B C".split(), line, strict=True))
        + b"</row>"
        for down, line in enumerate(
            [(b"Mode", b"Numero appele", b"Pages"), *[(b"SF", b"33", b"1")] * 70_000], 1
        )
    ]
    reading = read(with_sheet(tmp_path / "e.xlsx", b"".join(rows)))
    assert reading.lines == list(range(1, 70_001))


def refused(path: Path, kind: type[ImportRefused]) -> str:
    with pytest.raises(ImportRefused) as caught:
        open_export(path)
    assert type(caught.value) is kind
    assert caught.value.render(translator("fr"))[0] != caught.value.message
    return caught.value.message


def test_a_workbook_without_rows_or_columns_is_refused_as_a_csv_is(tmp_path: Path) -> None:
    refused(workbook(tmp_path / "e.xlsx", [], header=["Mode", "Date"]), MissingColumns)
    refused(with_sheet(tmp_path / "e.xlsx", b"").rename(tmp_path / "f.xlsx"), HeaderOnly)
    refused(workbook(tmp_path / "g.xlsx", []), HeaderOnly)


def cells(*refs: str) -> bytes:
    return b"".join(b'<row r="1">' + b'<c r="%s"><v>1</v></c></row>' % ref.encode() for ref in refs)


IMPLICIT = b'<row r="1">' + b"<c><v>1</v></c>" * 20_000 + b'</row><row r="90000"><c><v>1</v></c></row>'
SHEETS = {
    "far cell": (cells("A1", "XFD1048576"), TooManyColumns),
    "far column": (cells("A1", "CA2"), TooManyColumns),
    "small letters": (cells("a1", "xfd1048576"), TooManyColumns),
    "other spelling": (b"<row><c s='0'\n\tr = 'XFD1048576'><v>1</v></c></row>", TooManyColumns),
    "style first": (b'<row r="1"><c s="0" r="XFD9"><v>1</v></c></row>', TooManyColumns),
    "implicit columns": (IMPLICIT, TooManyColumns),
    "wide and tall": (cells("A1", "BZ1048576"), OversizedWorkbook),
    "wide first, tall later": (
        cells("A1", "BZ1") + b"<!--" + bytes(range(65, 91)) * 100_000 + b"-->" + cells("A1048576"),
        OversizedWorkbook,
    ),
    "below the last row": (cells("A1", "A4000000000"), OversizedWorkbook),
    "row beyond the last": (b'<row r="4000000"><c r="A4000000"><v>1</v></c></row>', OversizedWorkbook),
}

MEASURE = """
import resource, sys
from pathlib import Path
from faxcloud.errors import ImportRefused
from faxcloud.store.reading import open_export, workbook
unit = 1 << 20 if sys.platform == "darwin" else 1024
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    open_export(Path(sys.argv[1]))
    print("opened", end=" ")
except ImportRefused as refusal:
    print(type(refusal).__name__, end=" ")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // unit)
"""


def outcome_and_growth_mb(path: Path) -> tuple[str, int]:
    """What opening it gives, in a process of its own, and by how many MB that grows."""
    run = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120)
    outcome, growth = done.stdout.split()
    return outcome, int(growth)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no peak memory of a process here")
@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_that_would_cost_gigabytes_is_refused_before_it_does(tmp_path: Path, name: str) -> None:
    sheet, kind = SHEETS[name]
    outcome, growth_mb = outcome_and_growth_mb(with_sheet(tmp_path / "e.xlsx", sheet))
    assert outcome == kind.__name__
    assert growth_mb < 60


@pytest.mark.skipif(sys.platform == "win32", reason="there is no peak memory of a process here")
@pytest.mark.parametrize("name", ["ratio", "texts", "lie"])
def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, name: str) -> None:
    path = tmp_path / "e.xlsx"
    if name == "texts":
        row = b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>'
        sheet = b"".join(row % (down, down) for down in range(1, 50_001))
        with_sheet(path, sheet, b"<si><t>" + b"x" * 1_000_000 + b"</t></si>")
    else:
        with_sheet(
            path, b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b" " * (100 << 20) + b"</t></is></c></row>"
        )
    if name == "lie":
        content = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            true_size = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
        path.write_bytes(content.replace(true_size, (5_000).to_bytes(4, "little")))
    outcome, growth_mb = outcome_and_growth_mb(path)
    assert outcome == (UnreadableWorkbook if name == "lie" else OversizedWorkbook).__name__
    assert growth_mb < 60


def test_a_declared_size_is_believed_at_once(tmp_path: Path) -> None:
    path = workbook(tmp_path / "e.xlsx", [ORDINARY])
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\1\2")
    content[directory + 24 : directory + 28] = (3 << 30).to_bytes(4, "little")
    path.write_bytes(content)
    assert "GB" in refused(path, OversizedWorkbook)


def test_the_limit_that_is_named_is_the_one_that_was_passed(tmp_path: Path) -> None:
    text = b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b" " * (70 << 20) + b"</t></is></c></row>"
    said = refused(with_sheet(tmp_path / "e.xlsx", text), OversizedWorkbook)
    assert "73.4" in said
    assert "more than the 67.1" in said


def test_no_damage_is_worse_than_a_refusal(tmp_path: Path) -> None:
    good = workbook(tmp_path / "good.xlsx", [ORDINARY] * 50).read_bytes()
    chosen = random.Random(3)
    kinds = set()
    for number in range(150):
        bad = bytearray(good)
        if number % 3:
            for _ in range(1 << number % 5):
                bad[chosen.randrange(len(bad))] = chosen.randrange(256)
        else:
            del bad[chosen.randrange(4, len(bad)) :]
        path = tmp_path / "bad.xlsx"
        path.write_bytes(bad)
        try:
            assert read(path).records >= 1
        except ImportRefused as refusal:
            kinds.add(type(refusal))
    assert UnreadableWorkbook in kinds
    assert UnreadableArchive not in kinds


def test_damaged_parts_are_no_worse(tmp_path: Path) -> None:
    good = workbook(tmp_path / "good.xlsx", [ORDINARY] * 5)
    with zipfile.ZipFile(good) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    chosen = random.Random(4)
    outcomes = set()
    for _ in range(150):
        name = chosen.choice([name for name in parts if "xl/" in name])
        part = bytearray(parts[name])
        at = chosen.randrange(len(part))
        part[at : at + chosen.choice([1, 1, 5, 200])] = chosen.choice([b"", b"9", b"<", b'"', b"99999999"])
        path = tmp_path / "bad.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            for other, content in parts.items():
                archive.writestr(other, bytes(part) if other == name else content)
        try:
            outcomes.add(read(path).records >= 1)
        except ImportRefused as refusal:
            outcomes.add(type(refusal))
    assert {True, UnreadableWorkbook} <= outcomes <= {
        True, UnreadableWorkbook, MissingColumns, EmptyFile, HeaderOnly, TooManyColumns, OversizedWorkbook,
    }  # fmt: skip
