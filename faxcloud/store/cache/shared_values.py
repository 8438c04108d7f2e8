"""Serialisation of cached answers: JSON and Arrow, which cannot carry code as a pickle can."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa

FORMAT = b"1"
"""Counted up when the same bytes would mean something else; what has another number is not read."""

_JSON, _ARROW = b"J", b"A"
_TAG = "$"
"""Marks a JSON object that stands for a value JSON lacks: `{"$": "date", "is": "2026-03-04"}`."""


class NotShareable(TypeError):
    """Value that cannot be serialised; it stays in the memory of the server that computed it."""


class NotReadable(ValueError):
    """Bytes that this version of FaxCloud has not written."""


def to_bytes(value: Any) -> bytes:
    """Serialise an answer: plain Python values, dates and decimals, or one Arrow table.

    Raises:
        NotShareable: it holds anything else.
    """
    if isinstance(value, pa.Table):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, value.schema) as writer:
            writer.write_table(value)
        return FORMAT + _ARROW + bytes(sink.getvalue())
    return FORMAT + _JSON + json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode()


def from_bytes(data: bytes) -> Any:
    """Deserialise what `to_bytes` wrote.

    Raises:
        NotReadable: the bytes are of another version, cut off, or of somebody else.
    """
    kind, body = data[:2], data[2:]
    try:
        if kind == FORMAT + _ARROW:
            return pa.ipc.open_stream(body).read_all()
        if kind == FORMAT + _JSON:
            return json.loads(body, object_hook=_restored)
    except (ValueError, KeyError, TypeError, ArithmeticError, pa.ArrowException) as error:
        raise NotReadable(str(error)) from error
    raise NotReadable("unknown format")


def _plain(value: Any) -> Any:
    # By exact type: a subclass, such as a named tuple or an enumeration, would come back as something else.
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return [_plain(item) for item in value]
    if kind is dict:
        if _TAG in value or any(type(key) is not str for key in value):
            raise NotShareable("a key that JSON lacks")
        return {key: _plain(item) for key, item in value.items()}
    if kind is dt.datetime or kind is dt.date:
        return {_TAG: "instant" if kind is dt.datetime else "date", "is": value.isoformat()}
    if kind is Decimal:
        return {_TAG: "decimal", "is": str(value)}
    raise NotShareable(kind.__name__)


def _restored(found: dict[str, Any]) -> Any:
    if _TAG not in found:
        return found
    return _READERS[found[_TAG]](found["is"])


_READERS: dict[str, Callable[[str], Any]] = {
    "instant": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "decimal": Decimal,
}
