"""Decoding of source columns: bytes to text, dictionary-encoded where values repeat, once per value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa

from faxcloud.domain.columns import RAW_NAMES, SOURCE_NAMES
from faxcloud.domain.sources.header import EXTRA_NAMES
from faxcloud.store.reading.encodings import codec_name, decode, is_mojibake
from faxcloud.store.reading.records import BLANK_BYTES

REPEATED = frozenset(SOURCE_NAMES) - {"fax_id"}
"""Columns whose values repeat: each is decoded, parsed and written once where it stands in many rows."""

RAW_TYPES = {
    name: pa.dictionary(pa.int32(), pa.binary()) if name in (*REPEATED, *EXTRA_NAMES) else pa.binary()
    for name in (*SOURCE_NAMES, *RAW_NAMES, *EXTRA_NAMES)
}
TEXT_TYPES = {
    name: pa.dictionary(pa.int32(), pa.string()) if name in REPEATED else pa.string() for name in SOURCE_NAMES
}
SOURCE_SCHEMA = pa.schema([*TEXT_TYPES.items(), ("line", pa.int64())])
"""What reading gives: the source's texts ('' where blank or absent) and the record's number."""

_BLANK_STARTS = np.isin(np.arange(256), [blank[0] for blank in BLANK_BYTES])

REPLACEMENT = "\ufffd"


@cache
def _extra_bytes(codec: str) -> np.ndarray:
    """By byte of a single-byte encoding: how much longer than one byte its character is in UTF-8."""
    sizes = [len(bytes([code]).decode(codec, "replace").encode()) - 1 for code in range(256)]
    return np.array(sizes, np.uint8)


class Decoder:
    """Decoder for the columns of one source. Not safe for threads.

    Attributes:
        replaced_values: Values that show U+FFFD, because a byte has no meaning in the encoding (it is never
            dropped) or was lost before; each row's value counts.
        repaired_values: Values that were encoded twice and are put right, such as `Ã©`; each row's counts.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.replaced_values = 0
        self.repaired_values = 0

    def text(self, column: pa.Array) -> pa.Array:
        """Decode a binary column (dictionary-encoded or not) to text of the same shape."""
        if not isinstance(column, pa.DictionaryArray):
            text = self._text(column)
            self.replaced_values += len(_with_replacement(text))
            return text
        values = self._text(column.dictionary)
        if len(replaced := _with_replacement(values)):
            self.replaced_values += int(np.isin(indices_of(column), replaced).sum())
        return pa.DictionaryArray.from_arrays(column.indices, values)

    def plain(self, value: bytes) -> str:
        """Decode one value, for a rejected record."""
        text = self._decode(value).decode()
        self.replaced_values += REPLACEMENT in text
        return text

    def _text(self, column: pa.Array) -> pa.Array:
        ends, data = _buffers(column)
        span = data[ends[0] : ends[-1]]
        if span.max(initial=0) < 128:
            # ASCII is UTF-8: the same buffers under another type.
            return pa.Array.from_buffers(pa.string(), len(column), column.buffers(), offset=column.offset)
        if _BOM in (raw := span.tobytes()):
            return text_array([self._decode(value) for value in column.to_pylist()])
        if self.encoding == "utf-8":
            return self._from_utf8(column, raw)
        if _has_utf8(span):
            return text_array([self._decode(value) for value in column.to_pylist()])
        return _from_single_byte(ends - ends[0], span, codec_name(self.encoding))

    def _from_utf8(self, column: pa.Array, raw: bytes) -> pa.Array:
        if b"\xc3\x83" not in raw and b"\xc3\x82" not in raw and b"\xc3\xa2\xe2\x82\xac" not in raw:
            try:
                return column.cast(pa.string())
            except pa.ArrowInvalid:  # some value is not UTF-8
                pass
        return text_array([self._decode(value) for value in column.to_pylist()])

    def _decode(self, value: bytes) -> bytes:
        # A mark of order is left where files were joined.
        value = value.removeprefix(_BOM)
        if value.isascii():
            return value
        self.repaired_values += self.encoding == "utf-8" and is_mojibake(value)
        return decode(value, self.encoding).encode("utf-8", "replace")


_BOM = b"\xef\xbb\xbf"


def _has_utf8(span: np.ndarray) -> bool:
    """Whether some bytes could be a character in UTF-8."""
    leads = (span[:-1] >= 0xC2) & (span[:-1] <= 0xF4)
    return bool((leads & (span[1:] >= 0x80) & (span[1:] <= 0xBF)).any())


def _from_single_byte(ends: np.ndarray, data: np.ndarray, codec: str) -> pa.Array:
    """A whole column at once: its bytes are one text, and the ends move by what the characters grow."""
    grown = np.zeros(len(data) + 1, np.int32)
    np.cumsum(_extra_bytes(codec)[data], out=grown[1:])
    text = data.tobytes().decode(codec, "replace").encode()
    return pa.Array.from_buffers(
        pa.string(), len(ends) - 1, [None, pa.py_buffer(ends + grown[ends]), pa.py_buffer(text)]
    )


def _with_replacement(column: pa.Array) -> np.ndarray:
    """Positions of the values that show U+FFFD."""
    ends, data = _buffers(column)
    mark, text = REPLACEMENT.encode(), data.tobytes()
    if mark not in text:
        return np.empty(0, np.int64)
    found = [match.start() for match in re.finditer(mark, text)]
    return np.unique(np.searchsorted(ends, found, side="right")) - 1


def _buffers(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32, count=len(column) + 1, offset=column.offset * 4)
    return ends, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


def may_be_blank(column: pa.Array) -> np.ndarray:
    """Mask of values that begin as a blank one does, in any encoding; shape (rows,)."""
    if isinstance(column, pa.DictionaryArray):
        blank = may_be_blank(column.dictionary)
        return blank[indices_of(column)] if blank.any() else np.zeros(len(column), bool)
    ends, data = _buffers(column)
    starts = ends[:-1]
    is_empty: np.ndarray = starts == ends[1:]
    if len(data):
        is_empty |= _BLANK_STARTS[data.take(starts, mode="clip")]
    return is_empty


def indices_of(column: pa.DictionaryArray) -> np.ndarray:
    """Positions in the dictionary, one a row; shape (rows,), int32."""
    _, indices = column.indices.buffers()
    return np.frombuffer(indices, np.int32, count=len(column), offset=column.indices.offset * 4)


def text_array(values: Sequence[bytes]) -> pa.Array:
    """Text column of UTF-8 values. `pa.array` would import pandas for that, a second at start-up."""
    return _from_bytes(values, pa.string())


def raw_array(values: Sequence[bytes], name: str) -> pa.Array:
    """Binary column of values, as the fast reader would give for `name`."""
    column = _from_bytes(values, pa.binary())
    return column.dictionary_encode() if pa.types.is_dictionary(RAW_TYPES[name]) else column


def int64_array(values: np.ndarray) -> pa.Array:
    """Column over the same memory; shape (rows,), int64."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def _from_bytes(values: Sequence[bytes], arrow_type: pa.DataType) -> pa.Array:
    ends = np.zeros(len(values) + 1, np.int32)
    np.cumsum([len(value) for value in values], out=ends[1:])
    return pa.Array.from_buffers(
        arrow_type, len(values), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(values))]
    )


def blank_array(rows: int) -> pa.Array:
    """Text column of blanks."""
    ends = pa.py_buffer(np.zeros(rows + 1, np.int32))
    return pa.Array.from_buffers(pa.string(), rows, [None, ends, pa.py_buffer(b"")])


def repeated(value: str, rows: int) -> pa.Array:
    """Column with one value in every row, stored once."""
    return pa.DictionaryArray.from_arrays(
        pa.Array.from_buffers(pa.int32(), rows, [None, pa.py_buffer(np.zeros(rows, np.int32))]),
        text_array([value.encode()]),
    )
