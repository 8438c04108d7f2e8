"""Endpoint names for counters and limits: the route's template, never the requested path."""

from __future__ import annotations

from collections import OrderedDict
from re import Pattern

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.types import Scope

ELSEWHERE = "(none)"
"""Name of all unknown paths: guessed paths count as one endpoint."""

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WS"))
"""Methods with counters of their own; clients may send invented ones."""

MOST_REMEMBERED = 4_096


class RouteNames:
    """Maps requests to names such as `GET /api/v3/reports/{report_id}`. For one event loop.

    Each path is matched once and cached: matching all routes costs more than the rate limit itself.
    """

    def __init__(self) -> None:
        self._routes: list[tuple[Pattern[str], str]] | None = None
        self._known: OrderedDict[str, str] = OrderedDict()

    def of(self, scope: Scope) -> str:
        """Method and template of the route that matches a request."""
        root, path = scope.get("root_path", ""), scope["path"]
        below = path.removeprefix(root) if path.startswith(root) else path
        template = self._known.get(below)
        if template is None:
            template = self._template(scope["app"], below)
            self._known[below] = template
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        method = scope["method"] if scope["type"] == "http" else "WS"
        if method not in METHODS:
            method = "OTHER"
        return f"{method} {root}{template}" if template != ELSEWHERE else template

    def _template(self, app: FastAPI, path: str) -> str:
        if self._routes is None:
            self._routes = [
                (pattern, context.path)
                for context in iter_route_contexts(app.routes)
                if (pattern := getattr(context, "path_regex", None)) and context.path
            ]
        return next((template for pattern, template in self._routes if pattern.match(path)), ELSEWHERE)
