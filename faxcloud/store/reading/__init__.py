"""Exports become text columns: CSV of any encoding and dialect, workbooks, packed files; no record is lost.

`source` opens and watches the file, `dialect` finds how it is written, `pieces` cuts it and counts records,
`segments` parses CSV and `workbook` XLSX, XLS and ODS, `records` reads exactly what the fast parser leaves.
"""

from __future__ import annotations

from pathlib import Path

from faxcloud.store.reading.rejects import Reject
from faxcloud.store.reading.segments import CsvExport, Export, Segment
from faxcloud.store.reading.source import Source
from faxcloud.store.reading.streams import UNPACKING, Unpacking

__all__ = ["Export", "Reject", "Segment", "Unpacking", "open_export"]


def open_export(path: Path, name: str | None = None, unpacking: Unpacking = UNPACKING) -> Export:
    """Open an export of any type, detected by its content.

    Args:
        name: Name given by the user, when the file is a temporary one.
        unpacking: Limit for the unpacked size of a packed CSV.

    Raises:
        ImportRefused: one of its subclasses, when the file is not an export.
    """
    source = Source(path, name, unpacking)
    try:
        if source.kind != "csv":
            from faxcloud.store.reading.workbook import WorkbookExport

            return WorkbookExport(source)
        return CsvExport(source)
    except BaseException:
        source.close()
        raise
