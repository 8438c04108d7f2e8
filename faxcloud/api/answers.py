"""Answers as JSON: written once, as bytes, without a second validation on the way out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import json
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import Response

JSON = "application/json"

NOT_KEPT = {"Cache-Control": "no-store"}
"""For answers that hold personal data or a secret, and for errors."""


def json_bytes(document: Any) -> bytes:
    """One line of UTF-8; dates and instants in ISO 8601, amounts as numbers."""
    return json.dumps(
        document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
    ).encode("utf-8", "replace")


def json_response(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that no cache keeps, unless `headers` say otherwise."""
    return Response(json_bytes(document), status, NOT_KEPT | dict(headers or {}), JSON)


def document_of(result: Any) -> dict[str, Any]:
    """The fields of a service's result by name, as they are."""
    return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return document_of(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON")
