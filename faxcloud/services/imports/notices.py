"""Reading of a file for its report: what was understood, and what the user should know about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from faxcloud.i18n import N_, Translator, translator

if TYPE_CHECKING:
    from faxcloud.store.reading import Export

_TEXTS: Mapping[str, str] = {
    "header.line": N_("The header stands in line {count}; the lines above it are no records."),
    "dates.assumed": N_(
        "No date of the file shows which number is the day ({examples}): all {count} were read as {order}."
    ),
    "dates.month_first": N_("{count} dates have the month first, and were read so."),
    "dates.swapped": N_("A spreadsheet had exchanged day and month of {count} dates: they are put right."),
    "dates.serial": N_("{count} dates are day numbers of a spreadsheet, and were read as such."),
    "durations.part_of_a_day": N_("{count} durations are parts of a day, as a spreadsheet keeps them."),
    "numbers.scientific": N_(
        "{count} numbers have lost digits: a spreadsheet wrote them as 3.9E+11. Export the file again, and "
        "import it without opening it in a spreadsheet."
    ),
    "numbers.lost_zero": N_(
        "{count} numbers have nine digits: a spreadsheet has probably taken the leading zero. Export the "
        "file again, and import it without opening it in a spreadsheet."
    ),
    "numbers.float": N_("{count} numbers end in .0, which a program has added; it was left out."),
    "accents.lost": N_("{count} texts have lost letters: they show � where an accent was."),
    "accents.repaired": N_("{count} texts were encoded twice (Ã© for é), and were put right."),
    "sheets.hidden": N_("{count} hidden sheets were left out: {names}."),
    "sheets.without_table": N_("{count} sheets hold no faxes: {names}."),
    "rows.hidden": N_("{count} rows are hidden by a filter; they were imported too."),
    "formulas.without_value": N_(
        "{count} cells hold a formula without a value, and count as blank. Open the file in Excel or "
        "LibreOffice, save it, and import it again."
    ),
    "columns.unknown": N_("{count} columns are not known: {names}."),
}
"""Texts by code; a notice keeps the values that its text names."""

_SHOWN_NAMES = 10
_ORDERS = {"dmy": N_("day/month"), "mdy": N_("month/day")}


def notice_text(t: Translator, notice: Mapping[str, Any]) -> str:
    """Text of a notice in the reader's language; its stored English one for a code of another version."""
    text = _TEXTS.get(notice["code"])
    if text is None:
        return str(notice.get("message", notice["code"]))
    values = dict(notice)
    if "order" in values:
        values["order"] = t(_ORDERS.get(values["order"], values["order"]))
    return t(text).format_map(values)


def reading_of(export: Export) -> dict[str, Any]:
    """How a file was read, as `reading` of JSON: source, header line, sheets and formats of columns."""
    layout = export.layout
    headers = layout.headers
    columns = export.profiles.describe()
    return {
        "source": layout.source.name,
        "source_reason": layout.reason,
        "header_line": layout.header_line,
        "encoding": export.encoding,
        "delimiter": export.delimiter,
        "repairs": list(export.repairs),
        "sheets": [
            {"name": sheet.name, "state": str(sheet.state), "records": sheet.records}
            for sheet in getattr(export, "sheets", ())
        ],
        "columns": [
            {
                "column": name,
                "header": headers[at].strip() if at < len(headers) else "",
                **columns.get(name, {}),
            }
            for name, at in layout.match.columns.items()
        ],
    }


def notices_of(export: Export, replaced_values: int, repaired_values: int) -> list[dict[str, Any]]:
    """What the user should know, with its count and its English text."""
    english = translator("en")
    found = _notices(export, replaced_values, repaired_values)
    notices = [{"code": code, **values} for code, values in found if values["count"]]
    return [notice | {"message": notice_text(english, notice)} for notice in notices]


def _notices(export: Export, replaced: int, repaired: int) -> Iterator[tuple[str, dict[str, Any]]]:
    layout, profiles = export.layout, export.profiles
    dates, numbers = profiles.shapes("sent_at"), profiles.shapes("called_text")
    if layout.header_line > 1:
        yield "header.line", {"count": layout.header_line}
    if profiles.is_order_assumed:
        examples = ", ".join(profiles.columns["sent_at"].examples)
        values = {"count": dates["either order"], "order": profiles.plan.order, "examples": examples}
        yield "dates.assumed", values
    elif profiles.plan.order == "mdy":
        yield "dates.month_first", {"count": dates["month first"] + dates["either order"]}
    if profiles.plan.swaps_date_cells:
        yield "dates.swapped", {"count": profiles.date_cells}
    yield "dates.serial", {"count": dates["serial"]}
    yield "durations.part_of_a_day", {"count": profiles.shapes("duration_s")["part of a day"]}
    yield "numbers.scientific", {"count": numbers["scientific"]}
    # A few numbers of nine digits are slips of their own; half of a column is a spreadsheet's work.
    is_common = 2 * numbers["lost zero"] >= profiles.filled("called_text")
    yield "numbers.lost_zero", {"count": numbers["lost zero"] if is_common else 0}
    yield "numbers.float", {"count": numbers["float"]}
    yield "accents.lost", {"count": replaced}
    yield "accents.repaired", {"count": repaired}
    sheets = getattr(export, "sheets", ())
    for state in ("hidden", "without_table"):
        names = [sheet.name for sheet in sheets if str(sheet.state) == state]
        yield f"sheets.{state}", {"count": len(names), "names": ", ".join(names[:_SHOWN_NAMES])}
    yield "rows.hidden", {"count": sum(sheet.hidden_rows for sheet in sheets)}
    yield "formulas.without_value", {"count": sum(sheet.formulas_without_value for sheet in sheets)}
    unknown = layout.match.unknown
    yield "columns.unknown", {"count": len(unknown), "names": ", ".join(unknown[:_SHOWN_NAMES])}
