"""Table of export formats: pages, download links, API, CLI and documentation read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, Literal

from faxcloud.i18n import N_
from faxcloud.services.exports.ods import MEDIA_TYPE as ODS
from faxcloud.services.exports.ods import write_ods
from faxcloud.services.exports.parquet import write_parquet
from faxcloud.services.exports.workbooks import write_workbook

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["csv", "xlsx", "ods", "parquet", "json"]
"""Name of a format: its file suffix, its part of the API address, its value of `--format`."""

PseudonymisedFormat = Literal["csv", "parquet"]
"""Formats of exports under pseudonyms."""

Write = Callable[[BinaryIO, Iterator["pa.RecordBatch"]], None]
"""Writes the rows of `domain.entries.ENTRY` into a file that can be rewound."""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One export format.

    Attributes:
        label: In English; marked for translation.
        write: None where the file is text, whose pieces `Exports.stream` sends while they are made.
    """

    name: Format
    label: str
    media_type: str
    write: Write | None = None

    @property
    def is_streamed(self) -> bool:
        """Whether it can be written piece by piece to a target that cannot be rewound."""
        return self.write is None


FORMATS: Mapping[Format, ExportFormat] = MappingProxyType(
    {
        format_.name: format_
        for format_ in (
            ExportFormat("csv", N_("CSV"), "text/csv; charset=utf-8"),
            ExportFormat(
                "xlsx",
                N_("Excel workbook (XLSX)"),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                write_workbook,
            ),
            ExportFormat("ods", N_("LibreOffice workbook (ODS)"), ODS, write_ods),
            ExportFormat("parquet", N_("Parquet"), "application/vnd.apache.parquet", write_parquet),
            ExportFormat("json", N_("JSON"), "application/json"),
        )
    }
)
"""In the order of the download menu."""
