"""Workbook builder for tests: ordinary ones, and malformed sheets that no program would write."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from faxcloud.domain.columns import EXPORT_HEADER

HEADER = ("Mode", "Numéro appelé", "Nombre de page réel", "Date et heure du fax", "Durée", "Appel interne")

Value = str | float | bool | dt.datetime | dt.date | dt.timedelta | dt.time | None


def workbook(
    path: Path,
    rows: Sequence[Sequence[Value]],
    *,
    header: Sequence[str] = HEADER,
    corner: tuple[int, int] = (0, 0),
) -> Path:
    """A workbook as Excel writes it; a sheet of notes stands before the export."""
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        book.add_worksheet("Notes").write(0, 0, "Exporté par Zoë")
        sheet = book.add_worksheet("Export")
        formats = {
            dt.datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
            dt.date: book.add_format({"num_format": "dd/mm/yyyy"}),
            dt.timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
            dt.time: book.add_format({"num_format": "hh:mm:ss"}),
        }
        for down, row in enumerate([header, *rows], corner[0]):
            for right, value in enumerate(row, corner[1]):
                if value is not None:
                    sheet.write(down, right, value, formats.get(type(value)))
    return path


def with_sheet(path: Path, sheet: bytes, shared: bytes = b"", *, pack: int = zipfile.ZIP_DEFLATED) -> Path:
    """A workbook whose one sheet has this XML between `<sheetData>` tags, with these `<si>` texts."""
    workbook(path, [], header=EXPORT_HEADER)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    head, rest = parts["xl/worksheets/sheet1.xml"].split(b"<sheetData>")
    parts["xl/worksheets/sheet1.xml"] = (
        head + b"<sheetData>" + sheet + b"</sheetData>" + rest.split(b"</sheetData>")[1]
    )
    if shared:
        start = (
            b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        )
        parts["xl/sharedStrings.xml"] = start + shared + b"</sst>"
    with zipfile.ZipFile(path, "w", pack) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path
