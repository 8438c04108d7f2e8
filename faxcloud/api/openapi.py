"""OpenAPI document: FastAPI's, with our own errors, API keys and headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from faxcloud.api.http.problems import PROBLEM_JSON
from faxcloud.domain.roles import PERMISSIONS, Permission

DESCRIPTION = """\
Statistics of fax exports: how much was faxed, by whom, what is not compliant and why.

- **Keys** are sent in `X-API-Key` or `Authorization: Bearer`. Until one is made, this machine needs none.
- **Errors** are problem documents (RFC 9457) with a stable `code`.
- **Filters** have the same meaning on pages, command line and API, which show the same numbers. An unknown
  parameter, or one without a value, is refused.
- **Lists** carry `total, page, per_page, pages, results` and a `Link` header.
- **ETags** follow the version of the data: send `If-None-Match` to get 304 if nothing has changed.
- **Rate limits** are in `RateLimit-Policy` and `RateLimit`; 429 comes with `Retry-After`.
- Instants are ISO 8601 in UTC; times of faxes are the fax service's local time, without a zone. Days are
  inclusive. Rates go from 0 to 1.
"""

PROBLEM = {
    "description": "A problem.",
    "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}

COMMON = {
    401: "A key is needed, or this one is not valid.",
    403: "The role, or the scope of the key, does not allow it.",
    414: "The address is too long.",
    422: "The request is invalid.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "An unexpected error; the log has it under the incident's number.",
    503: "The store cannot be read, or the query took too long.",
}
OF_THINGS = {404: "Not found."}
OF_CHANGES = {
    400: "The body cannot be read.",
    409: "Conflict: it is in use, exists already, or another run is active.",
    413: "The body is too large.",
}
OF_UPLOADS = {507: "The disk is full."}


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI document, generated once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=DESCRIPTION,
            routes=app.routes,
            servers=[{"url": "/api"}],
        )
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = _problem_schema()
        components["securitySchemes"] = {
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "bearer": {"type": "http", "scheme": "bearer"},
        }
        document["security"] = [{"key": []}, {"bearer": []}]
        permissions = dict(_permissions(app))
        for path, method, operation in _operations(document):
            _complete(path, method, operation)
            _secure(operation, permissions[operation["operationId"]])
        app.openapi_schema = document
    return app.openapi_schema


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add the error responses and headers that an endpoint may return."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":  # FastAPI repeats name and description in the schema
            for repeated in ("title", "description"):
                parameter["schema"].pop(repeated, None)
    answers = operation["responses"]
    if "422" in answers:
        del answers["422"]  # FastAPI's own error document, which is never sent
    described = dict(COMMON)
    if "{" in path or method != "get":
        described |= OF_THINGS
    if any(parameter["name"] == "report" for parameter in operation.get("parameters", ())):
        described |= OF_THINGS
    if method != "get":
        described |= OF_CHANGES | OF_UPLOADS
    elif "200" in answers:
        answers["304"] = {"description": "Not modified: the version in `If-None-Match` is current."}
    for status, text in described.items():
        given = answers.setdefault(str(status), {})
        if "application/json" not in given.get("content", {}):  # health says more than a problem
            answers[str(status)] = PROBLEM | {"description": given.get("description", text)}


def _permissions(app: FastAPI) -> Iterator[tuple[str, Permission | None]]:
    """Permission by endpoint name; None where no key is needed."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.route, APIRoute):
            yield context.route.name, next(_asked(context.route.dependant), None)


def _asked(dependant: Dependant) -> Iterator[Permission]:
    for each in dependant.dependencies:
        if (permission := getattr(each.call, "permission", None)) is not None:
            yield permission
        yield from _asked(each)


def _secure(operation: dict[str, Any], permission: Permission | None) -> None:
    """Document the required role of an operation."""
    if permission is None:
        operation["security"] = []
        return
    operation["x-permission"] = permission
    operation["description"] += f"\n\nTakes the role {PERMISSIONS[permission]}, or one above it."


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "title": "Problem",
        "description": "RFC 9457. `code` is stable; `detail` describes this occurrence.",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {**text, "format": "uri-reference"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
            "hint": {**text, "description": "What to do next."},
            "report_id": {**text, "description": "The report in question, where there is one."},
        },
    }
