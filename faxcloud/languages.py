"""Languages: what each writes its own way. A new one is an entry of `LOCALES` and a folder in `locale/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
SOURCE: Language = "en"
"""Language of the sentences in the code; it needs no folder."""

_NARROW = "\N{NARROW NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """CSV as a spreadsheet in one language opens it."""

    separator: str = ","
    decimal_sign: str = "."
    bom: bool = False


@dataclass(frozen=True, slots=True)
class Locale:
    """Notation of one language.

    Attributes:
        name: The language's name in itself.
        is_plural: Whether a count takes the plural.
        percent: Percent sign, with the space in front of it.
        day: Unit of a day in a duration.
        byte_units: From bytes to petabytes.
        date: Babel pattern. Day before month; in English with the month's name: 04/05 is read in two ways.
        day_month: Babel pattern of a date without its year.
        sheet_date: The same date as a number format of a workbook.
        ticks: Formats of Plotly's time axis: of hours, days, months, years. The year stands under each first
            tick and wherever it changes. Numeric but in English, whose months alone Streamlit's Plotly names.
        separators: Decimal and thousands separators, as Plotly takes them.
        csv: For the spreadsheet of a reader of that language.
    """

    name: str
    is_plural: Callable[[int], bool]
    percent: str
    day: str
    byte_units: tuple[str, ...]
    date: str
    day_month: str
    sheet_date: str
    ticks: tuple[str, str, str, str]
    separators: str
    csv: CsvDialect


LOCALES: Mapping[Language, Locale] = MappingProxyType(
    {
        "en": Locale(
            name="English",
            is_plural=lambda count: count != 1,
            percent="%",
            day="d",
            byte_units=("B", "kB", "MB", "GB", "TB", "PB"),
            date="dd MMM yyyy",
            day_month="d MMM",
            sheet_date="dd mmm yyyy",
            ticks=("%H:%M\n%d %b %Y", "%d %b\n%Y", "%b\n%Y", "%Y"),
            separators=".,",
            csv=CsvDialect(bom=True),
        ),
        "fr": Locale(
            name="Français",
            is_plural=lambda count: count > 1,
            percent=f"{_NARROW}%",
            day="j",
            byte_units=("o", "ko", "Mo", "Go", "To", "Po"),
            date="dd/MM/yyyy",
            day_month="dd/MM",
            sheet_date="dd/mm/yyyy",
            ticks=("%H:%M\n%d/%m/%Y", "%d/%m\n%Y", "%m/%Y", "%Y"),
            separators=f",{_NARROW}",
            csv=CsvDialect(";", ",", bom=True),
        ),
    }
)
