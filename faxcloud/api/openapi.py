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
Fax exports as answers: how much was faxed, by whom, what is not compliant and why.

- **Keys** go into `X-API-Key` or `Authorization: Bearer`. On this machine none is needed before one was made.
- **Errors** are problem documents (RFC 9457) with a stable `code`.
- **Filters** mean the same everywhere; pages, command line and API answer from the same numbers. A parameter
  that an endpoint does not know, or that has no value, is refused.
- **Lists** carry `total, page, per_page, pages, results` and a `Link` header.
- **ETags** follow the data: send `If-None-Match`, and 304 says that nothing has changed.
- **Limits** are told in `RateLimit-Policy` and `RateLimit`; 429 comes with `Retry-After`.
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
    422: "Something in the request cannot be used.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "An unexpected error; the log has it under the incident's number.",
    503: "The store cannot be read, or the question took too long.",
}
OF_THINGS = {404: "There is no such thing."}
OF_CHANGES = {
    400: "The body cannot be read.",
    409: "It is being used, exists already, or another one is at work.",
    413: "It is too large.",
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
        answers["304"] = {"description": "What `If-None-Match` names is still so."}
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
        "description": "RFC 9457. `code` is stable; `detail` says what it was this time.",
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
