"""Exact match index in memory: where the faxes with a whole id or number are, without reading the lake.

Per data file it holds the 64-bit hash of each of the three texts, beside the columns of a hit: about 40 bytes
a fax. It compares hashes instead of texts; the probability that any two of ten million texts share one is
three in a million.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from faxcloud.store.lake.table import LakeFile, Snapshot
from faxcloud.store.queries.engine import Engine, file_list

COLUMNS = ("fax_id", "number", "sender_number")

MOST_ROWS = 16_000_000
"""Beyond, half a gigabyte would be too much to keep: the lake is read instead."""

_HITS = pa.schema([("report_id", pa.string()), ("line", pa.int64()), ("sent_at", pa.timestamp("us"))])
_NO_HITS = pa.Table.from_batches([], _HITS)  # empty_table() imports pandas


@dataclass(frozen=True, slots=True)
class _FileIndex:
    hashes: Mapping[str, NDArray[np.uint64]]
    report_id: str | None  # of a file that holds one report only: it need not stand in `places`
    places: pa.Table

    def hits(self, column: str, hashed: np.uint64) -> pa.Table:
        places = self.places.take(pa.array(np.flatnonzero(self.hashes[column] == hashed)))
        report_ids = (
            pa.repeat(self.report_id, places.num_rows)
            if self.report_id is not None
            else places.column("report_id").cast(pa.string())
        )
        columns = [report_ids, places.column("line").cast(pa.int64()), places.column("sent_at")]
        return pa.Table.from_arrays(columns, schema=_HITS)


class ExactIndex:
    """Hash index, built at the second search of a process: a command asks once. Safe for threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._files: dict[str, _FileIndex] = {}
        self._asked = 0
        self._hash = functools.lru_cache(maxsize=1_000)(
            self._hash_of
        )  # a number is looked for in two columns

    def ready(self, snapshot: Snapshot) -> bool:
        """Whether `hits` can answer for this version; missing files are read now.

        Raises:
            LakeUnavailable, QueryTooSlow: a file cannot be read.
        """
        with self._lock:
            self._asked += 1
            if self._asked == 1 or snapshot.rows > MOST_ROWS:
                return False
            present = {file.path for file in snapshot.files}
            for path in self._files.keys() - present:
                del self._files[path]
            for file in snapshot.files:
                if file.path not in self._files:
                    self._files[file.path] = self._read(file)
            return True

    def forget(self) -> None:
        """Clear the index; it is read again when needed."""
        with self._lock:
            self._files.clear()
            self._hash.cache_clear()

    def hits(self, snapshot: Snapshot, column: str, text: str) -> pa.Table:
        """Faxes of the version whose `column` is exactly `text`.

        One row per fax: `report_id`, `line`, `sent_at`.
        """
        hashed = self._hash(text)
        # Another version may have dropped a file meanwhile: what this snapshot needs is read again.
        files = [self._files.get(file.path) or self._read(file) for file in snapshot.files]
        return pa.concat_tables([_NO_HITS, *(file.hits(column, hashed) for file in files)])

    def _hash_of(self, text: str) -> np.uint64:
        return np.uint64(self._engine.rows("SELECT hash($text) AS hashed", {"text": text})[0]["hashed"])

    def _read(self, file: LakeFile) -> _FileIndex:
        hashes = ", ".join(f"hash({name}) AS {name}" for name in COLUMNS)
        found = self._engine.table(
            f"SELECT {hashes}, report_id, CAST(line AS INTEGER) AS line, sent_at"
            f" FROM read_parquet({file_list(self._engine.folder, [file.path])})"
        )
        only = file.low.get("report_id") if file.low.get("report_id") == file.high.get("report_id") else None
        report_ids = (
            [] if only is not None else [("report_id", found.column("report_id").dictionary_encode())]
        )
        kept: list[tuple[str, Any]] = [
            *report_ids,
            *((name, found.column(name)) for name in ("line", "sent_at")),
        ]
        return _FileIndex(
            {name: _uint64(found.column(name)) for name in COLUMNS},
            only,
            pa.Table.from_arrays(
                [column for _, column in kept], names=[name for name, _ in kept]
            ).combine_chunks(),
        )


def _uint64(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    # ChunkedArray.to_numpy() imports pandas.
    return np.concatenate([np.empty(0, np.uint64), *(chunk.to_numpy() for chunk in column.chunks)])
