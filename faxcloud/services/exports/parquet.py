"""Parquet writer for exports: the published columns with the types of the lake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from faxcloud.domain.entries import ENTRY

if TYPE_CHECKING:
    import pyarrow as pa


def write_parquet(file: BinaryIO, batches: Iterator[pa.RecordBatch]) -> None:
    """Write the rows of `domain.entries.ENTRY`, a row group per batch."""
    # Faces read the table of formats: importing Arrow there would slow down every command.
    import pyarrow as pa
    import pyarrow.parquet as pq

    from faxcloud.store.lake.parquet import SCHEMA

    schema = pa.schema([SCHEMA.field(column.column).with_name(column.name) for column in ENTRY])
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
