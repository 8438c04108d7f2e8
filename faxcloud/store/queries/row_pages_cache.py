"""Row cache for small lakes: decoded rows in memory, so that a page needs no reading of Parquet.

Most of a page's cost is decoding row groups of a hundred thousand rows for fifty of them. Up to `MOST_ROWS`
rows are cached as Arrow, texts by their dictionaries: about 100 bytes a fax.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faxcloud.domain.entries import ENTRY
from faxcloud.errors import LakeUnavailable
from faxcloud.store.lake.parquet import SCHEMA, with_all_columns
from faxcloud.store.lake.table import LakeFile

MOST_ROWS = 2_000_000

_TEXTS = [
    field.name
    for field in SCHEMA
    if field.type == pa.string() and field.name != "fax_id" and not field.nullable  # files may lack those
]


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A data file of one report.

    Attributes:
        lines: Ascending; the row of each is at the same place in `rows`.
    """

    lines: NDArray[np.int64]
    rows: pa.Table

    def places(self, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the wanted lines are; -1 for those that are elsewhere."""
        places = np.searchsorted(self.lines, wanted)
        places[places == len(self.lines)] = 0
        return np.where(self.lines[places] == wanted, places, -1)


class DecodedRows:
    """Decoded rows, from the second page of a process on: a command asks once. Safe for threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._files: dict[str, _Decoded] = {}
        self._asked = 0

    def ready(self, files: Sequence[LakeFile]) -> bool:
        """Whether all these files are cached; missing ones are decoded now.

        Raises:
            LakeUnavailable: a file cannot be read.
        """
        with self._lock:
            self._asked += 1
            if self._asked == 1 or sum(file.rows for file in files) > MOST_ROWS:
                return False
            if not all(file.holds_only(file.low.get("report_id", "")) for file in files):
                return False
            missing = [file for file in files if file.path not in self._files]
            kept = sum(decoded.rows.num_rows for decoded in self._files.values())
            if kept + sum(file.rows for file in missing) > MOST_ROWS:
                wanted = {file.path for file in files}
                self._files = {path: decoded for path, decoded in self._files.items() if path in wanted}
            for file in missing:
                self._files[file.path] = self._decoded(file)
            return True

    def take(self, files: Sequence[LakeFile], keys: pa.Table) -> list[dict[str, Any]] | None:
        """Look up rows by key (`report_id`, `line`), in their order, under their published names.

        None where one of them is not cached.
        """
        lines = np.asarray(keys.column("line").to_pylist(), np.int64)
        reports = np.asarray(keys.column("report_id").to_pylist(), object)
        found: list[dict[str, Any] | None] = [None] * len(lines)
        for file in files:
            decoded = self._files.get(file.path)
            if decoded is None:
                return None
            places = np.where(reports == file.low["report_id"], decoded.places(lines), -1)
            [at] = np.nonzero(places >= 0)
            for position, row in zip(at, decoded.rows.take(pa.array(places[at])).to_pylist(), strict=True):
                found[position] = {entry.name: row[entry.column] for entry in ENTRY}
        rows = [row for row in found if row is not None]
        return rows if len(rows) == len(found) else None

    def forget(self) -> None:
        """Clear the cache; rows are decoded again when needed."""
        with self._lock:
            self._files.clear()

    def _decoded(self, file: LakeFile) -> _Decoded:
        try:
            read = pq.ParquetFile(self._folder / file.path, read_dictionary=_TEXTS)
            with read:
                rows = with_all_columns(read.read(use_threads=False).combine_chunks())
        except (OSError, pa.ArrowException) as error:
            if (damage := file.damage(self._folder)) is not None:
                raise damage from error
            raise LakeUnavailable(lake=str(self._folder), reason=str(error).splitlines()[0]) from error
        lines = np.concatenate([np.empty(0, np.int64), *(c.to_numpy() for c in rows.column("line").chunks)])
        order = np.argsort(lines, kind="stable")
        if not np.array_equal(order, np.arange(len(lines))):
            lines, rows = lines[order], rows.take(pa.array(order))
        return _Decoded(lines, rows)
