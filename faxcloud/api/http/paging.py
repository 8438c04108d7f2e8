"""Pagination: documents of list pages and their `Link` headers (RFC 8288)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request


def page_of(rows: Sequence[Any], page: int, per_page: int) -> dict[str, Any]:
    """One page of a list in memory, in the document format of every list."""
    first = (page - 1) * per_page
    return {
        "total": len(rows),
        "page": page,
        "per_page": per_page,
        "pages": -(-len(rows) // per_page),
        "results": list(rows[first : first + per_page]),
    }


def link_header(request: Request, page: int, pages: int) -> str:
    """Link header with first, previous, next and last page, relative to the server; blank without any.

    The links repeat the request's own query, filters included: the client has sent them itself.
    """
    relations = {"first": 1, "prev": min(page - 1, pages), "next": page + 1, "last": pages}
    reachable = {name: number for name, number in relations.items() if 1 <= number <= pages}
    query = [pair for pair in parse_qsl(request.url.query, keep_blank_values=True) if pair[0] != "page"]
    path = request.url.path
    return ", ".join(
        f'<{path}?{urlencode([*query, ("page", number)])}>; rel="{name}"'
        for name, number in reachable.items()
    )
