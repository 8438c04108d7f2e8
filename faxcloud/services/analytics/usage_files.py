"""Spreadsheet files of usage tables: CSV in the language's dialect, and a workbook with typed numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from faxcloud.domain.prices import PLACES, PriceList
from faxcloud.i18n import N_, Translator
from faxcloud.presentation.csv_files import csv_file
from faxcloud.store.queries.usage import UsageKey

if TYPE_CHECKING:
    import xlsxwriter  # type: ignore[import-untyped]

Kind = Literal["text", "whole", "rate", "pages", "money"]
Line = list[Any]
"""A value for each column; None is a blank cell."""

_FORMATS: dict[Kind, str] = {
    "text": "@",
    "whole": "#,##0",
    "rate": "0.00%",
    "pages": "#,##0.00",
    "money": "#,##0.0000",
}
_WIDTHS: dict[Kind, int] = {"text": 34, "whole": 14, "rate": 14, "pages": 14, "money": 16}
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


@dataclass(frozen=True, slots=True)
class Column:
    """Column of the file: its title in the reader's language, and its content."""

    title: str
    kind: Kind = "text"


KEY_TITLES: dict[UsageKey, str] = {
    "user": N_("User"),
    "reseller": N_("Service or reseller"),
    "month": N_("Month"),
    "billing_type": N_("Billing type"),
    "destination": N_("Destination"),
    "report": N_("Import"),
}


def destination_text(t: Translator, destination: str) -> str:
    """Display name of a destination; a prefix stays as it is."""
    names = {
        "internal": t("Internal"),
        "national": t("National"),
        "international": t("International"),
    }
    return names.get(destination, destination)


def key_text(t: Translator, by: UsageKey, key: Any) -> str:
    """Display name of a key other than a report; `2026-03` for a month, which sorts."""
    if by == "month":
        return t("(no date)") if key is None else f"{key:%Y-%m}"
    if by == "destination":
        return destination_text(t, key)
    return str(key) if key else t("(not specified)")


def columns_of(t: Translator, by: UsageKey, currency: str) -> list[Column]:
    """Columns of a table for accounting."""
    return [
        Column(t(KEY_TITLES[by]), "text"),
        Column(t("Faxes"), "whole"),
        Column(t("Pages"), "whole"),
        Column(t("Billed pages"), "pages"),
        Column(t("Duration, seconds"), "whole"),
        Column(t("Internal calls"), "whole"),
        Column(t("International calls"), "whole"),
        Column(t("Cost, {currency}", currency=currency), "money"),
        Column(t("Faxes without price"), "whole"),
        Column(t("Faxes without billed pages or duration"), "whole"),
    ]


def amounts_of(row: Mapping[str, Any]) -> Line:
    """Values of a row for all columns but the first."""
    names = ("faxes", "pages", "billed_pages", "duration_s", "internal", "international", "cost")
    return [row[name] for name in (*names, "without_price", "without_amount")]


def csv_of(t: Translator, columns: Sequence[Column], lines: Sequence[Line]) -> bytes:
    """CSV file in the dialect of the reader's spreadsheet; money with all its decimals."""
    kinds = [column.kind for column in columns]
    rows = ([_rounded(value, kind) for value, kind in zip(line, kinds, strict=True)] for line in lines)
    return csv_file([column.title for column in columns], rows, t.locale.csv)


def _rounded(value: Any, kind: Kind) -> Any:
    if value is None or kind not in ("money", "pages"):
        return str(value) if value is not None and kind == "text" else value
    return Decimal(f"{value:.{PLACES if kind == 'money' else 2}f}")


def workbook_of(t: Translator, columns: Sequence[Column], lines: Sequence[Line], prices: PriceList) -> bytes:
    """Workbook of the table, with its total in bold and the price list that it was computed with."""
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        _write_sheet(book, t("Usage"), columns, lines, has_total=True)
        price_columns = [
            Column(t("Billing type")),
            Column(t("Destination")),
            Column(t("Per billed page")),
            Column(t("Per call")),
            Column(t("Per minute")),
            Column(t("Currency")),
        ]
        price_lines: list[Line] = [[*price.to_dict().values(), prices.currency] for price in prices.prices]
        _write_sheet(book, t("Price list"), price_columns, price_lines, has_total=False)
    return file.getvalue()


def _write_sheet(
    book: xlsxwriter.Workbook, name: str, columns: Sequence[Column], lines: Sequence[Line], *, has_total: bool
) -> None:
    sheet = book.add_worksheet(name)
    title = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        plain = book.add_format({"num_format": _FORMATS[column.kind]})
        total = book.add_format({"num_format": _FORMATS[column.kind], "bold": True, "top": 1})
        sheet.set_column(place, place, _WIDTHS[column.kind])
        sheet.write_string(0, place, column.title, title)
        for number, line in enumerate(lines, 1):
            look = total if has_total and number == len(lines) else plain
            value = line[place]
            if value is None:
                sheet.write_blank(number, place, None, look)
            elif column.kind == "text":
                sheet.write_string(number, place, str(value), look)
            else:
                sheet.write_number(number, place, Decimal(value), look)
