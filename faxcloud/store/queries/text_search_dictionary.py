"""Text search dictionary: distinct texts of columns with few of them.

A search compares thousands of texts instead of millions of rows.

A data file never changes, so a new version costs only the reading of its new files. Texts of deleted files
may stay in the dictionary: they match no row.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from faxcloud.store.lake.table import Snapshot
from faxcloud.store.queries.engine import Engine, file_list

_ODD = "CAST(TRY_CAST({0} AS UBIGINT) AS VARCHAR) IS DISTINCT FROM {0}"
"""Holds for a text that is not digits alone; for one with a leading zero too, which does no harm."""

KNOWN: Mapping[str, str] = MappingProxyType(
    {
        "user_name": "SELECT DISTINCT user_name AS text FROM {source} WHERE user_name <> ''",
        "user_email": "SELECT DISTINCT user_email AS text FROM {source} WHERE user_email <> ''",
        "called_text": "SELECT DISTINCT called_text AS text FROM {source} WHERE called_text <> number",
        "sender_number": "SELECT DISTINCT sender_number AS text FROM {source}"
        f" WHERE sender_number <> '' AND {_ODD.format('sender_number')}",
        # Not distinct texts, since nearly all are: one of them if any is something else than digits.
        "fax_id": "SELECT fax_id AS text FROM {source}"
        f" WHERE fax_id <> '' AND {_ODD.format('fax_id')} LIMIT 1",
    }
)
"""By column, what is known of it. Of the numbers only what a search for anything but digits can find."""


_NOTHING = pa.Table.from_batches([], pa.schema([("text", pa.string())]))  # empty_table() imports pandas


@dataclass(frozen=True, slots=True)
class _Known:
    files: frozenset[str]
    texts: pa.Table


class TextDictionary:
    """Dictionary of distinct texts. Safe for threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def forget(self) -> None:
        """Clear the dictionary; it is read again when needed."""
        with self._lock:
            self._known.clear()

    def texts(self, snapshot: Snapshot, column: str) -> pa.Table:
        """Distinct texts of a column of `KNOWN` in a version: one row per `text`.

        Raises:
            LakeUnavailable, QueryTooSlow: a file cannot be read.
        """
        present = frozenset(file.path for file in snapshot.files)
        with self._lock:
            known = self._known.get(column)
            if known is None or len(known.files - present) > len(present):
                known = _Known(frozenset(), _NOTHING)
            if unread := sorted(present - known.files):
                source = f"read_parquet({file_list(self._engine.folder, unread)})"
                found = self._engine.table(KNOWN[column].format(source=source))
                texts = self._engine.table(
                    "SELECT DISTINCT text FROM known", known=pa.concat_tables([known.texts, found])
                )
                known = self._known[column] = _Known(known.files | present, texts)
            return known.texts
