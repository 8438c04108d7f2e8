"""JSON form of service results: one for the API and the command line."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def document_of(result: Any) -> dict[str, Any]:
    """Fields of a service's result (a dataclass) by name, unconverted."""
    return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}


def plain(value: Any) -> Any:
    """JSON default for `json.dumps(default=…)`: days and instants in ISO 8601, amounts as numbers.

    Raises:
        TypeError: the value has no JSON form.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return document_of(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON")
