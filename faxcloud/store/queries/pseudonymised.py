"""Pseudonymised rows: reader of the lake that replaces personal values, for `services.exports.writer`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from faxcloud.domain.columns import COLUMN_NAMES
from faxcloud.domain.filters import Paging
from faxcloud.domain.pseudonyms import LEFT_OUT, PSEUDONYMISED, Kind, pseudonym
from faxcloud.errors import CatalogueUnavailable, FilterInvalid
from faxcloud.store.cache.cache import Cache
from faxcloud.store.keyfiles import secret_of
from faxcloud.store.lake.parquet import SCHEMA
from faxcloud.store.queries.engine import Engine
from faxcloud.store.queries.faxes import FaxReader, ReadableLake, Stream
from faxcloud.store.queries.filters import Selection

ROWS_AT_ONCE = 131_072
MOST_REMEMBERED = 500_000
"""Pseudonyms kept for texts that come again; beyond, they are forgotten and computed anew."""


class PseudonymisedReader(FaxReader):
    """Reader of rows with pseudonyms for personal values; everything else is as in `FaxReader`.

    Args:
        keys_folder: Folder of the key: the same texts get the same pseudonyms in every export.
    """

    def __init__(self, lake: ReadableLake, engine: Engine, cache: Cache, keys_folder: Path) -> None:
        super().__init__(lake, engine, cache)
        self._keys_folder = keys_folder

    @cached_property
    def _key(self) -> bytes:
        try:
            return secret_of(self._keys_folder, "pseudonyms")
        except (OSError, ValueError) as error:
            raise CatalogueUnavailable(reason=f"{self._keys_folder / 'pseudonyms'}: {error}") from error

    def _stream(self, selection: Selection, columns: str, order: Paging | None) -> Stream:
        if order is not None:  # the order of names would tell what stands behind the pseudonyms
            raise FilterInvalid(name="sort", value=order.sort, expected="no order")
        return self._pseudonymised(selection, columns)

    @contextmanager
    def _pseudonymised(self, selection: Selection, columns: str) -> Iterator[Iterator[pa.RecordBatch]]:
        stored = f"SELECT {', '.join(COLUMN_NAMES)} FROM {selection.rows}"
        known: dict[tuple[Kind, str], str] = {}
        with self._engine.batches(stored, selection.values, ROWS_AT_ONCE) as batches:
            yield (
                written
                for batch in batches
                for written in self._engine.table(
                    f"SELECT {columns} FROM faxes", faxes=self._without_names(batch, known)
                ).to_batches()
            )

    def _without_names(self, batch: pa.RecordBatch, known: dict[tuple[Kind, str], str]) -> pa.Table:
        columns = {name: batch.column(name) for name in COLUMN_NAMES}
        columns |= {name: pa.nulls(batch.num_rows, SCHEMA.field(name).type) for name in LEFT_OUT}
        for name, kind in PSEUDONYMISED.items():
            if len(known) > MOST_REMEMBERED:
                known.clear()
            encoded = batch.column(name).dictionary_encode()
            texts = [self._pseudonym(kind, text, known) for text in encoded.dictionary.to_pylist()]
            columns[name] = pa.array(texts, pa.string()).take(encoded.indices)
        modes = batch.column("mode").to_pylist()
        columns["mode"] = pa.array([_mode(mode) for mode in modes], pa.string())
        return pa.Table.from_arrays(list(columns.values()), list(columns))

    def _pseudonym(self, kind: Kind, text: str, known: dict[tuple[Kind, str], str]) -> str:
        if kind == "f":  # hardly any comes twice
            return pseudonym(self._key, kind, text)
        if (kind, text) not in known:
            known[kind, text] = pseudonym(self._key, kind, text)
        return known[kind, text]


def _mode(mode: str) -> str:
    """Any other mode is a text of its own, and may be one of another column."""
    return mode if mode in ("SF", "RF", "") else "OTHER"
