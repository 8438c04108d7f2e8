"""Erasure in the lake: find a subject's rows in every identifying column, and anonymise them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pac

from faxcloud.domain.erasing import ERASED, Subject, anonymous_number
from faxcloud.store.lake.table import LakeFile

ERASURE = "erase"

NUMBERS = ("number", "called_text", "sender_number")
WHO = ("fax_id", "user_name", "user_key", "user_email")
FREE_TEXTS = ("mode", "raw_mode", "reseller", "billing_type")
"""They say nothing about who, unless a record slipped by a column and the subject stands in one of them."""

UNREPEATED = ("fax_id",)
"""Not worth a dictionary: hardly any of its texts comes twice."""

UNREAD = {
    name: name.removeprefix("raw_")
    for name in ("raw_sent_at", "raw_pages", "raw_duration_s", "raw_billed_pages")
}
"""Source texts, and the columns that are null where such a text could not be read."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """Anonymises the rows of one subject; a `row_changes.RowChange`."""

    subject: Subject
    kind: str = ERASURE
    removes: bool = False

    @property
    def columns(self) -> Sequence[str]:
        """Columns to search: a person where names stand, a number everywhere."""
        if self.subject.kind == "person":
            return ("user_name", "user_email", "mode", "raw_mode")
        return (*NUMBERS, *WHO, *FREE_TEXTS, *UNREAD)

    def may_concern(self, file: LakeFile) -> bool:
        """Whether the file has rows; the commit log has no statistics of senders or names."""
        return file.rows > 0

    def concerned(self, rows: pa.Table) -> pa.Array:
        """See `RowChange`. Each distinct text is checked once."""
        found = pa.array([False]).take(pa.array([0] * rows.num_rows, pa.int32()))
        for name in self.columns:
            if name not in rows.column_names:
                continue  # the lists of changed rows have fewer columns
            if name in UNREPEATED and self.subject.kind == "number":
                hits = self._hits(rows.column(name).combine_chunks())
            else:
                encoded = _encoded(rows.column(name))
                hits = self._hits(encoded.dictionary)
                hits = None if hits is None else hits.take(encoded.indices)
            if hits is not None:
                found = pac.or_(found, pac.fill_null(hits, False))
        return found

    def changed(self, rows: pa.Table, concerned: pa.Array) -> pa.Table:
        """See `RowChange`; a table with fewer columns keeps those that it has."""
        if not pac.any(concerned).as_py():
            return rows
        for name, anonymous in self._cells().items():
            if name in rows.column_names:
                rows = _with_cells(rows, name, concerned, anonymous)
        for name, read in UNREAD.items():
            if name in rows.column_names:
                unread = pac.and_(concerned, pac.is_null(rows.column(read).combine_chunks()))
                rows = _with_cells(rows, name, unread, lambda _: ERASED)
        return rows

    def _cells(self) -> dict[str, Callable[[str], str]]:
        def unless_meant(erased: str) -> Callable[[str], str]:
            return lambda text: erased if self.subject.is_meant_by(text) else text

        cells: dict[str, Callable[[str], str]] = dict.fromkeys(WHO, lambda _: "")
        cells |= dict.fromkeys(NUMBERS, anonymous_number)
        cells |= dict.fromkeys((*FREE_TEXTS, *UNREAD), unless_meant(ERASED))
        return cells | {"mode": unless_meant(ERASED.upper())}

    def _hits(self, texts: pa.Array) -> pa.Array | None:
        """Distinct texts that are the subject; None when none is."""
        if self.subject.kind == "person":
            places = range(len(texts))
        else:
            digits = pac.replace_substring_regex(texts, "[^0-9]+", "")
            near = pac.match_substring(digits, self.subject.core)
            places = pac.indices_nonzero(near).to_pylist()
        hits = [place for place in places if self.subject.is_meant_by(texts[place].as_py() or "")]
        if not hits:
            return None
        return pac.is_in(pa.array(range(len(texts)), pa.int32()), pa.array(hits, pa.int32()))


def _with_cells(rows: pa.Table, name: str, concerned: pa.Array, anonymous: Callable[[str], str]) -> pa.Table:
    """Replace texts in the concerned rows of a column; nulls stay, and so does the column's type."""
    at = rows.column_names.index(name)
    stored = rows.column(name).combine_chunks()
    texts = stored.cast(pa.string()) if pa.types.is_dictionary(stored.type) else stored
    old = texts.filter(concerned).to_pylist()
    new = pa.array([None if text is None else anonymous(text) for text in old], pa.string())
    replaced = pac.replace_with_mask(texts, concerned, new)
    if pa.types.is_dictionary(stored.type):
        replaced = replaced.dictionary_encode()
    return rows.set_column(at, rows.schema.field(name), replaced)


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    whole = column.unify_dictionaries().combine_chunks()
    return whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
