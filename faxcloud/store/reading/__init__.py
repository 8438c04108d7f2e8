"""Exports become text columns: CSV of any encoding and dialect, workbooks, packed files; no record is lost.

`source` opens and watches the file, `repairs` puts odd dialects right, `dialect` finds its header and source,
`pieces` cuts it and counts records, `segments` parses CSV and `workbook` XLSX, XLS and ODS, `records` reads
exactly what the fast parser leaves, `rows` tells faxes from other records, `encodings` decodes and `profiles`
settles the formats of columns.
"""

from __future__ import annotations

from pathlib import Path

from faxcloud.store.reading.profiles import Choices, ColumnProfiles
from faxcloud.store.reading.rejects import Reject
from faxcloud.store.reading.segments import CsvExport, Export, Segment
from faxcloud.store.reading.source import Source
from faxcloud.store.reading.streams import UNPACKING, Unpacking

__all__ = ["Choices", "Export", "Reject", "Segment", "Unpacking", "open_export"]

ANY_CHOICES = Choices()
"""Nothing decided: the file shows how it is written."""


def open_export(
    path: Path,
    name: str | None = None,
    unpacking: Unpacking = UNPACKING,
    choices: Choices = ANY_CHOICES,
    profiles: ColumnProfiles | None = None,
) -> Export:
    """Open an export of any type, detected by its content.

    Args:
        name: Name given by the user, when the file is a temporary one.
        unpacking: Limit for the unpacked size of a packed CSV.
        choices: What the user has decided about its format.
        profiles: Of a first reading that asks for a second one.

    Raises:
        ImportRefused: one of its subclasses, when the file is not an export.
    """
    source = Source(path, name, unpacking)
    try:
        if source.kind != "csv":
            from faxcloud.store.reading.workbook import WorkbookExport

            return WorkbookExport(source, choices, profiles)
        return CsvExport(source, choices, profiles)
    except BaseException:
        source.close()
        raise
