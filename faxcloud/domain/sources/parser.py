"""Source parser: TOML in, `SourceFormat` out.

A file holds `name`, `[title]`, `[columns]` or `[positions]`, and for what exports do not show by themselves
`delimiter`, `encoding`, `[dates]`, `[amounts]`, `[values.COLUMN]` and `[records]`; see docs/sources.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from faxcloud.domain.columns import SOURCE_NAMES
from faxcloud.domain.sources.format import SourceFormat
from faxcloud.domain.sources.header import EXTRA_NAMES, header_key
from faxcloud.errors import SourceFormatInvalid, SourceFormatNotFound
from faxcloud.languages import LANGUAGES

DEFAULT_SOURCE = "cloud-fax-fr"
BUILTIN_SOURCES = (DEFAULT_SOURCE, "hylafax", "asterisk")
"""Tried in this order; of two that fit a file equally well, the first is used."""

LONGEST_FILE = 200_000
MOST_NAMES = 200
MOST_COLUMNS = 1_000

DELIMITERS = (";", ",", "\t", "|")
ENCODINGS = ("utf-8", "windows-1252", "cp850", "mac-roman", "iso-8859-15")

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_ZONE = re.compile(r"[A-Za-z]+(?:/[A-Za-z_+-]+)*(?:[+-][0-9]{1,2})?", re.ASCII)
_COLUMNS = (*SOURCE_NAMES, *EXTRA_NAMES)
_KEYS = frozenset(
    (
        "name",
        "title",
        "columns",
        "positions",
        "delimiter",
        "encoding",
        "required",
        "dates",
        "amounts",
        "values",
        "records",
        "headers",
    )
)


def parse_source(text: str, origin: str) -> SourceFormat:
    """Parse and check one source.

    Args:
        origin: File name, to name the source by while its own name is unknown.

    Raises:
        SourceFormatInvalid: says which entry is wrong, and why.
    """
    if len(text) > LONGEST_FILE:
        raise SourceFormatInvalid(source=origin, reason=f"it has more than {LONGEST_FILE} characters")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SourceFormatInvalid(source=origin, reason=f"it is no TOML: {error}") from error
    return _Reader(origin).source(document)


@cache
def builtin_source(name: str) -> SourceFormat:
    """Built-in source by name.

    Raises:
        SourceFormatNotFound: there is none with that name.
    """
    file = files("faxcloud.domain").joinpath("sources", f"{name}.toml")
    if not _NAME.fullmatch(name) or not file.is_file():
        raise SourceFormatNotFound(source=name, known=", ".join(BUILTIN_SOURCES))
    return parse_source(file.read_text("utf-8"), f"{name}.toml")


@cache
def builtin_sources() -> tuple[SourceFormat, ...]:
    """Built-in sources, in the order in which they are tried."""
    return tuple(builtin_source(name) for name in BUILTIN_SOURCES)


class _Reader:
    def __init__(self, origin: str) -> None:
        self._source = origin

    def source(self, document: Mapping[str, Any]) -> SourceFormat:
        self._only(document, _KEYS, "")
        name = self._text(document, "name")
        if not _NAME.fullmatch(name):
            raise self._wrong("name", "use small letters, digits, dots and hyphens, at most 64")
        self._source = name
        dates, amounts, records = (
            self._table(document, "dates", ("order", "zone")),
            self._table(document, "amounts", ("decimal",)),
            self._table(document, "records", ("faxes", "widths")),
        )
        columns, positions = self._columns(document), self._positions(document)
        if not columns and not positions:
            raise self._wrong("columns", "name at least one column, or its position")
        return SourceFormat(
            name=name,
            title=self._title(document),
            columns=columns,
            positions=positions,
            widths=tuple(self._integers(records, "records.widths")),
            required=self._required(document),
            delimiter=self._one_of(document, "delimiter", ("", *DELIMITERS), ""),
            encoding=self._one_of(document, "encoding", ("", *ENCODINGS), ""),
            date_order="mdy" if self._one_of(dates, "order", ("dmy", "mdy"), "dmy") == "mdy" else "dmy",
            decimal=self._one_of(amounts, "decimal", (",", "."), ","),
            zone=self._zone(dates),
            values=self._values(document),
            fax_kinds=frozenset(
                kind.upper() for kind in self._texts(records.get("faxes", []), "records.faxes")
            ),
            headers=tuple(self._texts(document.get("headers", []), "headers", MOST_COLUMNS)),
        )

    def _wrong(self, entry: str, reason: str) -> SourceFormatInvalid:
        return SourceFormatInvalid(source=self._source, reason=f"{entry}: {reason}")

    def _only(self, table: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
        for key in table:
            if key not in allowed:
                raise self._wrong(f"{where}{key}", "there is no such entry")

    def _table(self, document: Mapping[str, Any], name: str, keys: tuple[str, ...] = ()) -> Mapping[str, Any]:
        table = document.get(name, {})
        if not isinstance(table, dict):
            raise self._wrong(name, "it has to be a table")
        if keys:
            self._only(table, frozenset(keys), f"{name}.")
        return table

    def _text(self, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or not value or len(value) > MOST_NAMES:
            raise self._wrong(key, "it has to be a text")
        return value

    def _texts(self, value: Any, where: str, most: int = MOST_NAMES) -> list[str]:
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(text, str) for text in value)
        ):
            raise self._wrong(where, f"it has to be a list of at most {most} texts")
        return value

    def _integers(self, table: Mapping[str, Any], where: str) -> list[int]:
        value = table.get(where.rpartition(".")[2], [])
        if not isinstance(value, list) or not all(
            type(number) is int and 0 < number <= MOST_COLUMNS for number in value
        ):
            raise self._wrong(where, "it has to be a list of numbers from 1")
        return value

    def _one_of(self, table: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str) -> str:
        value = table.get(key, default)
        if value not in allowed:
            known = ", ".join(repr(name) for name in allowed if name)
            raise self._wrong(key, f"it has to be one of {known}")
        return str(value)

    def _title(self, document: Mapping[str, Any]) -> Mapping[str, str]:
        title = document.get("title", document["name"])
        if isinstance(title, str):
            return dict.fromkeys(LANGUAGES, title)
        table = self._table(document, "title")
        if not table or not all(isinstance(text, str) and text for text in table.values()):
            raise self._wrong("title", "it has to be a text, or one text for each language")
        return {"en": next(iter(table.values())), **table}

    def _columns(self, document: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
        table = self._table(document, "columns")
        self._only(table, frozenset(_COLUMNS), "columns.")
        return {name: tuple(self._texts(table[name], f"columns.{name}")) for name in table}

    def _positions(self, document: Mapping[str, Any]) -> Mapping[str, int]:
        """Positions count from 1 in the file, as people count columns."""
        table = self._table(document, "positions")
        self._only(table, frozenset(_COLUMNS), "positions.")
        for name, position in table.items():
            if type(position) is not int or not 0 < position <= MOST_COLUMNS:
                raise self._wrong(f"positions.{name}", "it has to be a number from 1")
        return {name: position - 1 for name, position in table.items()}

    def _required(self, document: Mapping[str, Any]) -> tuple[str, ...]:
        names = self._texts(document.get("required", ["mode", "called_text", "pages"]), "required")
        for name in names:
            if name not in SOURCE_NAMES:
                raise self._wrong("required", f"there is no column {name}")
        if "called_text" not in names:
            raise self._wrong("required", "the called number, called_text, is always required")
        return tuple(names)

    def _zone(self, dates: Mapping[str, Any]) -> str:
        zone = dates.get("zone", "")
        if zone and (not isinstance(zone, str) or not _ZONE.fullmatch(zone)):
            raise self._wrong("dates.zone", "it has to be a time zone such as Europe/Paris")
        return str(zone)

    def _values(self, document: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
        tables = self._table(document, "values")
        self._only(tables, frozenset(SOURCE_NAMES), "values.")
        translations: dict[str, Mapping[str, str]] = {}
        for name, table in tables.items():
            if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
                raise self._wrong(f"values.{name}", 'it has to hold lines such as "Sent" = "SF"')
            translations[name] = {header_key(key): text for key, text in table.items()}
        return translations
