"""Column profiles: how a file writes its dates, durations, amounts and numbers, decided by whole columns.

Reading is optimistic. A file is read by the `Plan` of its source, and while it is read each segment adds what
its columns show. Where the whole file decides otherwise (`ColumnProfiles.settle`), it is read again. So an
ordinary file is read once, and a foreign one is never half right.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
import zoneinfo
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pac

from faxcloud.domain.blanks import trim
from faxcloud.domain.sources.format import DateOrder, SourceFormat
from faxcloud.domain.sources.header import MINUTES, HeaderMatch, header_key
from faxcloud.domain.sources.value_formats import (
    DAY_MONTH,
    amount_decimal,
    date_text,
    service_amount,
    service_date,
    service_duration,
)
from faxcloud.errors import ContradictoryDates, SwappedDates
from faxcloud.store.reading.columns import text_array

TOLERATED_SHARE = 0.01
"""Of dates that only the other order could read: so few are typing errors, and count as unreadable."""

DAY_S = 86_400.0
_SPACED_DIGITS = re.compile("[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+")
_PLAIN_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_FLOAT = re.compile(r"([0-9]{3,15})[.,]0+")
_SCIENTIFIC = re.compile(r"[0-9][.,][0-9]+[eE]\+?[0-9]+")
_NINE_DIGITS = re.compile(r"[1-9][0-9]{8}")
_MAY_BE_DAMAGED = r"[.,eE]|^\s*[0-9]{9}\s*$"
"""Numbers that a spreadsheet may have written; most are eleven digits and need no second look."""
_SUBSECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{1,6}")
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user has decided about a file.

    Attributes:
        source: The source to read it with; None to detect it among `sources`.
        order: Order of day and month; None for what the file shows.
        sources: The sources among which it is detected; empty for the built-in ones.
    """

    source: SourceFormat | None = None
    order: DateOrder | None = None
    sources: tuple[SourceFormat, ...] = ()
    zone: dt.tzinfo = dt.UTC


@dataclass(frozen=True, slots=True)
class Plan:
    """Formats by which the columns of a file are read."""

    order: DateOrder = "dmy"
    decimal: str = ""
    clock_is_hours: bool = False
    duration_unit_s: float = 1.0
    swaps_date_cells: bool = False


@dataclass(slots=True)
class ColumnProfile:
    """What one column shows so far; rows are counted, not distinct texts."""

    rows: int = 0
    filled: int = 0
    unreadable: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def note(self, shape: str, rows: int, example: str = "") -> None:
        """Count rows of one shape, and keep a few examples of values that are nothing personal."""
        self.shapes[shape] += rows
        if example and len(self.examples) < _EXAMPLES and example not in self.examples:
            self.examples.append(example)


class ColumnProfiles:
    """Profiles of all columns of a file, and the plan by which it is read. Safe for threads."""

    def __init__(
        self, source: SourceFormat, match: HeaderMatch, headers: tuple[str, ...], choices: Choices
    ) -> None:
        self._source, self._choices = source, choices
        self._written_in = zoneinfo.ZoneInfo(source.zone) if source.zone else None
        at = match.columns.get("duration_s")
        self._in_minutes = at is not None and at < len(headers) and bool(MINUTES.search(headers[at]))
        self._lock = threading.Lock()
        self.plan = Plan(
            order=choices.order or source.date_order, duration_unit_s=60.0 if self._in_minutes else 1.0
        )
        self.reset()

    def reset(self) -> None:
        """Forget what was seen, before the file is read again."""
        self.columns: dict[str, ColumnProfile] = {}
        self._telling: dict[str, str] = {}
        self.date_cells = self.late_date_cells = self.date_texts = 0

    def read(self, table: pa.Table) -> pa.Table:
        """Rewrite the foreign values of a segment, and add what it shows to the profiles."""
        table = table.combine_chunks()
        for name, read in self._readers.items():
            at = table.schema.get_field_index(name)
            column = table.column(at).chunk(0) if table.num_rows else None
            if column is None or not pa.types.is_dictionary(column.type):
                continue
            profile = ColumnProfile(rows=len(column))
            changed = read(self, column, profile)
            with self._lock:
                self._add(name, profile)
            if changed is not None:
                table = table.set_column(at, table.schema.field(at), changed)
        return self._ids(table)

    def _add(self, name: str, profile: ColumnProfile) -> None:
        total = self.columns.setdefault(name, ColumnProfile())
        total.rows += profile.rows
        total.filled += profile.filled
        total.unreadable += profile.unreadable
        total.shapes.update(profile.shapes)
        total.examples += [text for text in profile.examples if text not in total.examples]
        del total.examples[_EXAMPLES:]

    def add_date_cells(self, cells: int, cells_after_12: int, texts: int) -> None:
        """Add how many dates are date cells, how many of those are after the 12th, and how many are texts."""
        with self._lock:
            self.date_cells += cells
            self.late_date_cells += cells_after_12
            self.date_texts += texts

    def settle(self, name: str) -> bool:
        """Decide the plan by all that was read; whether the file has to be read again with it.

        Args:
            name: File name, for the refusals.

        Raises:
            ContradictoryDates, SwappedDates: the dates need both orders, and the user has not chosen one.
        """
        before = self.plan
        self.plan = replace(
            before,
            order=self._order(name),
            decimal=self._decimal(),
            clock_is_hours=False,
            duration_unit_s=self._duration_unit(),
            swaps_date_cells=before.swaps_date_cells or self._are_cells_swapped,
        )
        return self.plan != before

    @property
    def _are_cells_swapped(self) -> bool:
        """Whether a spreadsheet has exchanged day and month of every date that allows it."""
        shapes = self.columns.get("sent_at", ColumnProfile()).shapes
        only_days_first = shapes["day first"] > 0 and not shapes["month first"]
        if self._choices.order == "mdy":
            return False
        return self.date_cells > 0 and not self.late_date_cells and self.date_texts > 0 and only_days_first

    def _order(self, name: str) -> DateOrder:
        dates = self.columns.get("sent_at", ColumnProfile())
        day_first, month_first = dates.shapes["day first"], dates.shapes["month first"]
        if self._choices.order is not None:
            return self._choices.order
        if self._are_cells_swapped:
            raise SwappedDates(file=name, cells=self.date_cells, texts=self.date_texts)
        few = TOLERATED_SHARE * max(day_first, month_first)
        if min(day_first, month_first) > few:
            raise ContradictoryDates(
                file=name,
                day_first=self._telling.get("day first", "–"),
                month_first=self._telling.get("month first", "–"),
            )
        if day_first == month_first:
            return self._source.date_order
        return "dmy" if day_first > month_first else "mdy"

    def _decimal(self) -> str:
        """Decimal mark; it matters only where some amounts could have either."""
        shapes = self.shapes("billed_pages")
        if not shapes["either"] or shapes[","] == shapes["."]:
            return self.plan.decimal
        return "," if shapes[","] > shapes["."] else "."

    def _duration_unit(self) -> float:
        if self._in_minutes:
            return 60.0
        shapes = self.columns.get("duration_s", ColumnProfile()).shapes
        is_of_a_day = shapes["part of a day"] > 0 and not shapes["number"] and not shapes["clock"]
        return DAY_S if is_of_a_day else 1.0

    def shapes(self, name: str) -> Counter[str]:
        """Rows of each shape of a column."""
        return self.columns.get(name, ColumnProfile()).shapes

    def filled(self, name: str) -> int:
        """Rows of a column that are not blank."""
        return self.columns.get(name, ColumnProfile()).filled

    @property
    def is_order_assumed(self) -> bool:
        """Whether no date of the file shows which of its numbers is the day."""
        shapes = self.columns.get("sent_at", ColumnProfile()).shapes
        shown = shapes["day first"] or shapes["month first"]
        return self._choices.order is None and not shown and shapes["either order"] > 0

    def describe(self) -> dict[str, dict[str, Any]]:
        """Format, unreadable values and examples of each column that was profiled, for the report."""
        described: dict[str, dict[str, Any]] = {}
        for name, profile in self.columns.items():
            described[name] = {"filled": profile.filled, "unreadable": profile.unreadable}
            if profile.filled:
                described[name]["formats"] = {
                    shape: rows for shape, rows in profile.shapes.most_common() if rows
                }
        if "sent_at" in described:
            described["sent_at"] |= {
                "order": self.plan.order,
                "assumed": self.is_order_assumed,
                "examples": list(self.columns["sent_at"].examples),
            }
        return described

    # One method a column: returns the rewritten column, or None where nothing changes.

    def _dates(self, column: pa.DictionaryArray, profile: ColumnProfile) -> pa.Array | None:
        weights, values = _weights(column), column.dictionary
        telling: dict[str, str] = {}
        native = _note_native_dates(values, weights, profile, telling)
        others = np.setdiff1d(np.arange(len(values)), native, assume_unique=True)
        rewritten = range(len(values)) if self.plan.order == "mdy" else others
        texts: list[str] = values.to_pylist() if len(rewritten) else []
        for at in others:
            if trim(texts[at]):
                self._note_date(texts[at], int(weights[at]), profile, telling)
        with self._lock:
            self._telling = telling | self._telling
        changed = False
        for at in rewritten:
            service = self._rewritten_date(texts[at])
            if service != texts[at]:
                texts[at], changed = service, True
        return _encoded(texts, column) if changed else None

    def _rewritten_date(self, text: str) -> str:
        if not trim(text) or (self._written_in is None and _SUBSECOND.fullmatch(text)):
            return text  # typing reads it as it is
        service = service_date(text, self.plan.order, self._choices.zone, self._written_in)
        if service is None and self.plan.order == "mdy":
            # Typing would read it by the other order after all.
            return f"{text} ?"
        return service or text

    def _note_date(self, text: str, rows: int, profile: ColumnProfile, telling: dict[str, str]) -> None:
        profile.filled += rows
        date = date_text(text)
        if date is None:
            profile.unreadable += rows
        elif date.shape != DAY_MONTH:
            profile.note(date.shape, rows)
        elif date.first > 12 or date.second > 12:
            shape = "day first" if date.first > 12 else "month first"
            profile.note(shape, rows)
            telling.setdefault(shape, trim(text))
        else:
            profile.note("either order", rows, trim(text))

    def _durations(self, column: pa.DictionaryArray, profile: ColumnProfile) -> pa.Array | None:
        unit = self.plan.duration_unit_s

        def read(text: str, rows: int) -> str | None:
            if text.isdigit() and text.isascii():
                profile.note("number", rows if int(text) else 0)
                return str(round(int(text) * unit)) if unit != 1 else text
            plain = trim(text)
            if "," in plain or "." in plain:
                number = plain.replace(",", ".")
                is_part = (
                    number.startswith(("0.", ".")) and float(number) > 0
                    if _PLAIN_AMOUNT.fullmatch(number)
                    else False
                )
                profile.note("part of a day" if is_part else "number", rows)
            elif ":" in plain:
                profile.note("clock", rows)
            else:
                profile.note("units", rows)
            return service_duration(plain, clock_is_hours=self.plan.clock_is_hours, unit_s=unit)

        return _each(column, profile, read)

    def _amounts(self, column: pa.DictionaryArray, profile: ColumnProfile) -> pa.Array | None:
        decimal = self.plan.decimal

        def read(text: str, rows: int) -> str | None:
            plain = re.sub("[ \u00a0\u202f\u2009'’€]", "", trim(text))
            mark = amount_decimal(plain)
            if mark:
                profile.note(mark, rows)
            elif "." in plain or "," in plain:
                profile.note("either", rows)
            if _PLAIN_AMOUNT.fullmatch(text) and (mark == "." or "." not in text or decimal == "."):
                return text
            if not mark and not decimal and ("." in plain or "," in plain):
                return None  # a decimal mark or one of thousands: nothing in the column tells
            return service_amount(text, mark or decimal)

        return _each(column, profile, read)

    def _pages(self, column: pa.DictionaryArray, profile: ColumnProfile) -> pa.Array | None:
        def read(text: str, _rows: int) -> str | None:
            if text.isdigit():
                return text
            plain = trim(text)
            if _SPACED_DIGITS.fullmatch(plain):
                return re.sub("[ \u00a0\u202f]", "", plain)
            return text if re.fullmatch(r"[0-9]+(?:[.,]0{1,2})?", plain) else None

        return _each(column, profile, read)

    def _numbers(self, column: pa.DictionaryArray, profile: ColumnProfile) -> pa.Array | None:
        """`33465711000.0`: a number that a program took for an amount. Other damage is counted only."""
        suspects = _positions(pac.match_substring_regex(column.dictionary, _MAY_BE_DAMAGED))

        def read(text: str, rows: int) -> str | None:
            plain = trim(text)
            if found := _FLOAT.fullmatch(plain):
                profile.note("float", rows)
                return found[1]
            if _SCIENTIFIC.fullmatch(plain):
                profile.note("scientific", rows)
            elif _NINE_DIGITS.fullmatch(plain):
                profile.note("lost zero", rows)
            return text

        changed = _each(column, profile, read, suspects)
        profile.filled = len(column) - int(_weights(column)[_lengths(column.dictionary) == 0].sum())
        return changed

    def _modes(self, column: pa.DictionaryArray, profile: ColumnProfile) -> pa.Array | None:
        known = self._source.values.get("mode", {})

        def read(text: str, rows: int) -> str | None:
            if text in ("SF", "RF"):
                return text
            service = known.get(header_key(text))
            if service is not None:
                profile.note("translated", rows)
            return service or text

        return _each(column, profile, read)

    def _ids(self, table: pa.Table) -> pa.Table:
        """Ids of a file whose numbers became floats became floats too."""
        numbers = self.columns.get("called_text")
        if numbers is None or not numbers.shapes["float"] or not table.num_rows:
            return table
        at = table.schema.get_field_index("fax_id")
        texts = table.column(at).chunk(0).to_pylist()
        plain = [found[1] if (found := _FLOAT.fullmatch(text)) else text for text in texts]
        return table.set_column(at, table.schema.field(at), text_array([text.encode() for text in plain]))

    _readers: Mapping[str, Callable[..., pa.Array | None]] = {
        "mode": _modes,
        "sent_at": _dates,
        "sender_number": _numbers,
        "called_text": _numbers,
        "pages": _pages,
        "duration_s": _durations,
        "billed_pages": _amounts,
    }


def _each(
    column: pa.DictionaryArray,
    profile: ColumnProfile,
    read: Callable[[str, int], str | None],
    suspects: np.ndarray | None = None,
) -> pa.Array | None:
    """Read each distinct text; blank ones are left alone, unreadable ones are counted and stay.

    Args:
        suspects: Positions of the texts to read, where the others are known to be fine.
    """
    if suspects is not None and not len(suspects):
        return None
    weights, texts = _weights(column), column.dictionary.to_pylist()
    changed = False
    profile.filled = 0
    for at in range(len(texts)) if suspects is None else suspects:
        text, rows = texts[at], int(weights[at])
        if not rows or not trim(text):
            continue
        profile.filled += rows
        service = read(text, rows)
        if service is None:
            profile.unreadable += rows
        elif service != text:
            texts[at], changed = service, True
    return _encoded(texts, column) if changed else None


def _encoded(texts: list[str], column: pa.DictionaryArray) -> pa.Array:
    """Column of rewritten texts, each text once in its dictionary."""
    values = text_array([text.encode("utf-8", "replace") for text in texts])
    return pa.DictionaryArray.from_arrays(column.indices, values).dictionary_decode().dictionary_encode()


def _lengths(values: pa.Array) -> np.ndarray:
    """Bytes of each text."""
    _, offsets, _ = values.buffers()
    return np.diff(np.frombuffer(offsets, np.int32, count=len(values) + 1, offset=values.offset * 4))


def _positions(mask: pa.Array) -> np.ndarray:
    """Where a mask is true; NumPy by itself would import pandas for that."""
    found = pac.indices_nonzero(mask)
    return (
        np.frombuffer(found.buffers()[1], np.uint64, count=len(found))
        if len(found)
        else np.empty(0, np.uint64)
    )


def _weights(column: pa.DictionaryArray) -> np.ndarray:
    """Number of rows of each distinct text."""
    _, indices = column.indices.buffers()
    at = np.frombuffer(indices, np.int32, count=len(column), offset=column.indices.offset * 4)
    return np.bincount(at, minlength=len(column.dictionary))


def _note_native_dates(
    values: pa.Array, weights: np.ndarray, profile: ColumnProfile, telling: dict[str, str]
) -> np.ndarray:
    """Add the dates of the service's own form to a profile; returns their positions."""
    native, first, second = _native_dates(values)
    rows = weights[native]
    is_date = (np.minimum(first, second) >= 1) & (np.minimum(first, second) <= 12)
    is_date &= np.maximum(first, second) <= 31
    profile.filled = int(rows.sum())
    profile.unreadable += int(rows[~is_date].sum())
    shapes = {
        "day first": is_date & (first > 12),
        "month first": is_date & (second > 12),
        "either order": is_date & (first <= 12) & (second <= 12),
    }
    for shape, mask in shapes.items():
        profile.note(shape, int(rows[mask].sum()))
        examples = [values[int(at)].as_py() for at in native[mask][:_EXAMPLES]] if mask.any() else []
        for example in examples:
            if shape == "either order":
                profile.note(shape, 0, example)
            else:
                telling.setdefault(shape, example)
    return native


def _native_dates(values: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of texts of the form `NN/NN/NNNN NN:NN`, and the first two numbers of each."""
    nothing = np.empty(0, np.int64)
    _, offsets, data = values.buffers()
    if data is None or not len(values):
        return nothing, nothing, nothing
    ends = np.frombuffer(offsets, np.int32, count=len(values) + 1, offset=values.offset * 4)
    at = np.flatnonzero(_lengths(values) == 16)
    if not len(at):
        return nothing, nothing, nothing
    text = np.frombuffer(data, np.uint8)[ends[at][:, None] + np.arange(16)]
    marks = text[:, (2, 5, 10, 13)] == np.frombuffer(b"// :", np.uint8)
    digits = text[:, (0, 1, 3, 4, 6, 7, 8, 9, 11, 12, 14, 15)] - 48
    fits = marks.all(axis=1) & (digits <= 9).all(axis=1)
    digits = digits[fits].astype(np.int64)
    return at[fits], digits[:, 0] * 10 + digits[:, 1], digits[:, 2] * 10 + digits[:, 3]
