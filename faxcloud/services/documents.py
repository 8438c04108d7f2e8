"""What services return, as JSON says it: one way for the API and the command line."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def document_of(result: Any) -> dict[str, Any]:
    """The fields of a service's result (a dataclass) by name, as they are."""
    return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}


def plain(value: Any) -> Any:
    """For `json.dumps(default=…)`: days and instants in ISO 8601, amounts as numbers.

    Raises:
        TypeError: JSON has nothing for it.
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
