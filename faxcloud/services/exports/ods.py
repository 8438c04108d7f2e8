"""ODS writer for exports: an OpenDocument workbook for LibreOffice, written row by row in constant memory."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from faxcloud.domain.entries import ENTRY, ENTRY_NAMES, Kind
from faxcloud.services.exports.workbooks import ROWS_PER_SHEET, FirstErrorFile

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA_TYPE = "application/vnd.oasis.opendocument.spreadsheet"

_VERSION = "1.3"

_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    f' manifest:version="{_VERSION}">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="{_VERSION}"'
    f' manifest:media-type="{MEDIA_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "style": "style",
        "table": "table",
        "text": "text",
        "number": "datastyle",
        "fo": "xsl-fo-compatible",
    }.items()
)

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<office:document-content {_NAMESPACES} office:version="{_VERSION}"><office:automatic-styles>'
    '<number:date-style style:name="moment"><number:day number:style="long"/><number:text>/</number:text>'
    '<number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/>'
    '<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>'
    '<number:minutes number:style="long"/></number:date-style>'
    '<style:style style:name="instant" style:family="table-cell" style:data-style-name="moment"/>'
    '<style:style style:name="title" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="wide" style:family="table-column">'
    '<style:table-column-properties style:column-width="3.4cm"/></style:style>'
    "</office:automatic-styles><office:body><office:spreadsheet>"
)
_TAIL = "</office:spreadsheet></office:body></office:document-content>"

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that no XML document can hold."""

_WHITE_SPACE = re.compile(r"\A +| +\Z| {2,}|\r\n|[\r\n\t]")
"""White space that a paragraph would collapse; it is written as elements."""


def write_ods(
    file: BinaryIO, batches: Iterator[pa.RecordBatch], rows_per_sheet: int = ROWS_PER_SHEET
) -> None:
    """Write the rows of `domain.entries.ENTRY`, on as many sheets as they need.

    Texts are never cut. A control character that XML cannot hold becomes `�`; a last sheet, *Notes*, says in
    how many cells.

    Raises:
        OSError: the disk is full.
    """
    guarded: Any = FirstErrorFile(file)
    with zipfile.ZipFile(guarded, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        # The first entry, uncompressed: programs recognise the file by it.
        archive.writestr("mimetype", MEDIA_TYPE, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        with archive.open("content.xml", "w", force_zip64=True) as content:
            content.write(_HEAD.encode())
            _write_sheets(content, _while_writable(guarded, batches), rows_per_sheet)
            content.write(_TAIL.encode())
    if guarded.error is not None:
        raise guarded.error


def _write_sheets(content: IO[bytes], batches: Iterator[pa.RecordBatch], rows_per_sheet: int) -> None:
    sheets, rows, replaced = 1, 0, 0
    content.write(_sheet_start("Sheet1"))
    cells = [_CELLS[column.kind] for column in ENTRY]
    for batch in batches:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if rows == rows_per_sheet:
                sheets, rows = sheets + 1, 0
                content.write(b"</table:table>")
                content.write(_sheet_start(f"Sheet{sheets}"))
            rows += 1
            line = "".join(
                "<table:table-cell/>" if value is None or value == "" else cell(value)
                for cell, value in zip(cells, row, strict=True)
            )
            if _NOT_IN_XML.search(line):
                replaced += sum(isinstance(value, str) and bool(_NOT_IN_XML.search(value)) for value in row)
                line = _NOT_IN_XML.sub("\ufffd", line)
            content.write(f"<table:table-row>{line}</table:table-row>".encode())
    content.write(b"</table:table>")
    if replaced:
        content.write(_notes(replaced))


def _while_writable(guarded: FirstErrorFile, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if guarded.error is not None:
            raise guarded.error
        yield batch


def _sheet_start(name: str) -> bytes:
    wide, narrow = '<table:table-column table:style-name="wide"/>', "<table:table-column/>"
    columns = "".join(wide if column.kind == "instant" else narrow for column in ENTRY)
    titles = "".join(_text(title, "title") for title in ENTRY_NAMES)
    return (
        f'<table:table table:name="{name}">{columns}'
        f"<table:table-header-rows><table:table-row>{titles}</table:table-row></table:table-header-rows>"
    ).encode()


def _notes(replaced: int) -> bytes:
    """Sheet in both languages: an export has no reader's language."""
    english = f"Characters that ODS cannot hold are written as \ufffd in {replaced} cells; CSV has them."
    french = f"Caractères exclus d’ODS, écrits \ufffd, dans {replaced} cellules\u202f; le CSV les contient."
    sentences = (english, french)
    rows = "".join(f"<table:table-row>{_text(sentence, 'title')}</table:table-row>" for sentence in sentences)
    return f'<table:table table:name="Notes"><table:table-column/>{rows}</table:table>'.encode()


def _text(value: str, style: str = "") -> str:
    exact, shown = "", escape(value)
    if _WHITE_SPACE.search(value):
        exact, shown = f" office:string-value={quoteattr(value)}", _WHITE_SPACE.sub(_white_space, shown)
    named = f' table:style-name="{style}"' if style else ""
    return (
        f'<table:table-cell{named} office:value-type="string"{exact}>'
        f"<text:p>{shown}</text:p></table:table-cell>"
    )


def _white_space(found: re.Match[str]) -> str:
    spaces = found.group()
    if spaces == "\t":
        return "<text:tab/>"
    return f'<text:s text:c="{len(spaces)}"/>' if spaces[0] == " " else "<text:line-break/>"


def _number(value: int | Decimal | bool) -> str:
    text = f"{value:f}" if isinstance(value, Decimal) else str(int(value))
    return (
        f'<table:table-cell office:value-type="float" office:value="{text}">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def _instant(value: dt.datetime) -> str:
    return (
        '<table:table-cell table:style-name="instant" office:value-type="date"'
        f' office:date-value="{value.isoformat()}"><text:p>{value:%d/%m/%Y %H:%M}</text:p></table:table-cell>'
    )


_CELLS: dict[Kind, Callable[[Any], str]] = {
    "text": _text,
    "whole": _number,
    "amount": _number,
    "flag": _number,
    "instant": _instant,
}
