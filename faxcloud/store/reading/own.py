"""Re-import of FaxCloud's own exports: restore the source text of each column."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pac

from faxcloud.domain.columns import RAW_NAMES
from faxcloud.domain.entries import plain_text
from faxcloud.store.reading.columns import raw_array

_CELL_OF_TEXT = b'="'


def source_columns(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """Source columns of a piece: without `raw_*`, its text stands for the parsed value where there is one.

    A file without `raw_*` columns comes from elsewhere and stays as it is.
    """
    raw = {name: columns[name] for name in RAW_NAMES if name in columns}
    if not raw:
        return dict(columns)
    found = {name: _plain(column, name) for name, column in columns.items() if name not in raw}
    for name, texts in raw.items():
        parsed = found.get(name.removeprefix("raw_"))
        if parsed is not None:
            said = pac.not_equal(pac.binary_length(texts), pa.scalar(0, pa.int32()))
            source = pac.if_else(said, _plain(texts, name), parsed.dictionary_decode())
            found[name.removeprefix("raw_")] = source.dictionary_encode()
    return found


def _plain(column: pa.Array, name: str) -> pa.Array:
    """Without the form that keeps a spreadsheet from evaluating a text."""
    values = column.dictionary if isinstance(column, pa.DictionaryArray) else column
    if not pac.any(pac.starts_with(values, _CELL_OF_TEXT)).as_py():
        return column
    # Latin-1 maps each byte to a character and back: the form itself is ASCII.
    texts = [plain_text(value.decode("latin-1")).encode("latin-1") for value in column.to_pylist()]
    return raw_array(texts, name)
