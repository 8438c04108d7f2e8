"""Bytes of a source column become text: dictionary-encoded where values repeat, decoded once per value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from faxcloud.rules.columns import SOURCE_NAMES

REPEATED = frozenset({"user_name", "reseller", "user_email", "billing_type"})
"""Columns of few distinct values, and those where accents occur."""

RAW_TYPES = {
    name: pa.dictionary(pa.int32(), pa.binary()) if name in REPEATED else pa.binary() for name in SOURCE_NAMES
}
TEXT_TYPES = {
    name: pa.dictionary(pa.int32(), pa.string()) if name in REPEATED else pa.string() for name in SOURCE_NAMES
}
SOURCE_SCHEMA = pa.schema([*TEXT_TYPES.items(), ("line", pa.int64())])
"""What reading gives: the source's texts ('' where blank or absent) and the record's number."""

REPLACEMENT = "\ufffd"


class Decoder:
    """Decodes columns of one source; not for two threads at once.

    Attributes:
        replaced_values: Distinct values a piece at a time in which a byte has no meaning in the encoding;
            such a byte is shown as U+FFFD, never dropped.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.replaced_values = 0

    def text(self, column: pa.Array) -> pa.Array:
        """A binary column (dictionary-encoded or not) as text of the same shape."""
        if isinstance(column, pa.DictionaryArray):
            return pa.DictionaryArray.from_arrays(column.indices, self._text(column.dictionary))
        return self._text(column)

    def plain(self, value: bytes) -> str:
        """One value, for a rejected record."""
        return self._decode(value).decode()

    def _text(self, column: pa.Array) -> pa.Array:
        offsets, data = _buffers(column)
        if data[offsets[0] : offsets[-1]].tobytes().isascii():
            # ASCII is UTF-8: the same buffers under another type.
            return pa.Array.from_buffers(pa.string(), len(column), column.buffers(), offset=column.offset)
        if self.encoding == "utf-8":
            try:
                return column.cast(pa.string())
            except pa.ArrowInvalid:
                pass  # some value is not UTF-8; _decode finds which
        return text_array([self._decode(value) for value in column.to_pylist()])

    def _decode(self, value: bytes) -> bytes:
        if value.isascii():
            return value
        if self.encoding == "utf-8":
            try:
                value.decode("utf-8")
            except UnicodeDecodeError:
                # Files are joined by hand from several: a value that is not UTF-8 is Windows-1252.
                self.replaced_values += 1
                return value.decode("cp1252", "replace").encode()
            return value
        text = value.decode("cp1252", "replace")
        self.replaced_values += REPLACEMENT in text
        return text.encode()


def _buffers(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32, count=len(column) + 1, offset=column.offset * 4)
    return ends, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


def first_bytes(column: pa.Array) -> np.ndarray:
    """The first byte of each value of a binary column, 0 for an empty one; shape (rows,)."""
    ends, data = _buffers(column)
    padded = np.append(data, np.uint8(0))
    return np.where(ends[1:] > ends[:-1], padded[ends[:-1]], 0)


def text_array(values: Sequence[bytes]) -> pa.Array:
    """Values in UTF-8 as a text column. `pa.array` would import pandas for that, a second at start-up."""
    return _from_bytes(values, pa.string())


def raw_array(values: Sequence[bytes], name: str) -> pa.Array:
    """Values as the binary column that the fast reader would have given for `name`."""
    column = _from_bytes(values, pa.binary())
    return column.dictionary_encode() if name in REPEATED else column


def _from_bytes(values: Sequence[bytes], arrow_type: pa.DataType) -> pa.Array:
    ends = np.zeros(len(values) + 1, np.int32)
    np.cumsum([len(value) for value in values], out=ends[1:])
    return pa.Array.from_buffers(
        arrow_type, len(values), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(values))]
    )


def repeated(value: str, rows: int) -> pa.Array:
    """A column with one value in every row, stored once."""
    return pa.DictionaryArray.from_arrays(
        pa.Array.from_buffers(pa.int32(), rows, [None, pa.py_buffer(np.zeros(rows, np.int32))]),
        text_array([value.encode()]),
    )
