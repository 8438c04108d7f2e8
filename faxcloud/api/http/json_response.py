"""JSON responses: serialised once, as bytes, without a second validation by FastAPI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from faxcloud.services.documents import plain

JSON = "application/json"

NOT_KEPT = {"Cache-Control": "no-store"}
"""Headers of responses with personal data or a secret, and of errors."""


def json_bytes(document: Any) -> bytes:
    """One line of UTF-8; dates and instants in ISO 8601, amounts as numbers."""
    return json.dumps(
        document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=plain
    ).encode("utf-8", "replace")


def json_response(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON response that is not cached, unless `headers` say otherwise."""
    return Response(json_bytes(document), status, NOT_KEPT | dict(headers or {}), JSON)
