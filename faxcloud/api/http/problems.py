"""Problem documents (RFC 9457): the response of every error."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faxcloud import errors
from faxcloud.api.http.json_response import NOT_KEPT, json_bytes
from faxcloud.errors import FaxCloudError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.exceptions import RequestValidationError

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"

STATUSES: dict[type[FaxCloudError], int] = {
    FaxCloudError: 500,
    errors.ImportRefused: 422,
    errors.OversizedWorkbook: 413,
    errors.AlreadyImported: 409,
    errors.ImportedElsewhere: 409,
    errors.DuplicatesStored: 409,
    errors.DuplicatesElsewhere: 409,
    errors.DiskFull: 507,
    errors.LedgerMismatch: 500,
    errors.ImportInterrupted: 500,
    errors.StoreError: 503,
    errors.ReportNotFound: 404,
    errors.ReportBusy: 409,
    errors.FilesMoved: 409,
    errors.BackupInvalid: 422,
    errors.RulesError: 422,
    errors.RulesetNotFound: 404,
    errors.ValidationError: 409,
    errors.RunNotFound: 404,
    errors.EngineUnavailable: 422,
    errors.QueryError: 422,
    errors.QueryTooSlow: 503,
    errors.RequestError: 422,
    errors.RequestUnderway: 409,
    errors.AccessError: 403,
    errors.KeyRequired: 401,
    errors.KeyRefused: 401,
    errors.KeyNotFound: 404,
    errors.KeyInvalid: 422,
    errors.HostRefused: 421,
    errors.TooManyAttempts: 429,
    errors.Unprotected: 500,
    errors.WebhookError: 422,
    errors.WebhookNotFound: 404,
    errors.DeliveryNotFound: 404,
    errors.WebhookDisabled: 409,
    errors.DestinationRefused: 403,
    errors.ShareError: 422,
    errors.ShareGone: 404,
    errors.ShareNotFound: 404,
    errors.ViewError: 422,
    errors.ViewNotFound: 404,
    errors.TooManyViews: 409,
    errors.MailingError: 422,
    errors.MailingNotFound: 404,
    errors.MailServerMissing: 409,
    errors.MakerGone: 409,
    errors.TooManyExports: 503,
    errors.AlertError: 422,
    errors.AlertRuleNotFound: 404,
    errors.AlertNotFound: 404,
    errors.AlertIsResolved: 409,
    errors.ChannelNotFound: 404,
}
"""HTTP statuses, by the nearest class of an error. A test walks the whole tree of errors."""

# The names that Python gives these have changed from one version to the next.
TITLES = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="FaxCloud", ApiKey realm="FaxCloud"'}


def status_of(error: FaxCloudError) -> int:
    """HTTP status of an error, by its class or the nearest base class with one."""
    return status_of_kind(type(error))


def status_of_kind(kind: type[FaxCloudError]) -> int:
    """HTTP status of an error class."""
    return next(STATUSES[each] for each in kind.__mro__ if each in STATUSES)


def problem_response(
    status: int,
    code: str,
    title: str,
    detail: str,
    hint: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    """Response with a problem document; the documentation page lists the codes.

    Args:
        title: The same for every problem of this code.
        detail: What it was this time.
        hint: What to do next.
        more: Further members, such as `report_id`.
    """
    document = {"type": f"/api/docs#{code}", "title": title, "status": status, "detail": detail, "code": code}
    document |= {"hint": hint} if hint else {}
    return Response(
        json_bytes(document | more), status, {**NOT_KEPT, **dict(headers or {})}, media_type=PROBLEM_JSON
    )


def problem_of(error: FaxCloudError) -> Response:
    """Problem document of a FaxCloud error."""
    status = status_of(error)
    more = {"report_id": error.values["report_id"]} if "report_id" in error.values else {}
    headers = _headers_of(error, status)
    return problem_response(
        status, error.code, title_of(type(error)), error.message, error.hint, headers, **more
    )


def _headers_of(error: FaxCloudError, status: int) -> Mapping[str, str] | None:
    if status == HTTPStatus.UNAUTHORIZED:
        return CHALLENGE
    if status == HTTPStatus.TOO_MANY_REQUESTS or isinstance(error, errors.TooManyExports):
        return {"Retry-After": str(error.values["seconds"])}
    return None


def title_of(kind: type[FaxCloudError]) -> str:
    """Title of an error class in words.

    >>> title_of(errors.ReportNotFound)
    'Report not found'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__).capitalize()


def add_problems(app: FastAPI) -> None:
    """Register the exception handlers that return problem documents."""
    from fastapi.exceptions import RequestValidationError  # late: the pages need no FastAPI

    app.add_exception_handler(FaxCloudError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, FaxCloudError)
    if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s %s: %s %s", request.method, request.url.path, error.code, error.message)
    return problem_of(error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    title = TITLES.get(status, status.phrase)
    detail = f"{status.description or title}." if error.detail in (None, title) else str(error.detail)
    if status == HTTPStatus.NOT_FOUND:
        detail = f"There is nothing at {request.url.path[:200]}."
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method[:20]} is not possible here."
        error.headers = {"Allow": ", ".join(_allowed(request))}
    code = "http." + re.sub(r"\W+", "_", title.lower())
    return problem_response(status, code, title, detail, headers=error.headers)


def _allowed(request: Request) -> list[str]:
    """All methods of an address; Starlette lists those of the first matching route alone."""
    from fastapi.routing import iter_route_contexts

    root, path = request.scope.get("root_path", ""), request.scope["path"]
    below = path.removeprefix(root)
    routes = [route for route in iter_route_contexts(request.app.routes) if route.path and route.methods]
    # `/v3/webhooks/register` is an address of its own, though `/v3/webhooks/{webhook_id}` would take it too.
    template = next((route.path for route in routes if route.path_regex.match(below)), None)
    methods: set[str] = set().union(*(route.methods or () for route in routes if route.path == template))
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


async def _invalid(_request: Request, error: Exception) -> Response:
    invalid = cast("RequestValidationError", error)
    # Neither the value nor pydantic's context: both may repeat a number or a name.
    wrong = [
        {"where": ".".join(str(part) for part in each["loc"]), "what": _without_prefix(each)}
        for each in invalid.errors()
    ]
    detail = "; ".join(f"{each['where']}: {each['what']}" for each in wrong[:5])
    return problem_response(422, "request.invalid", "Request invalid", f"{detail}.", errors=wrong[:50])


def _without_prefix(error: Mapping[str, str]) -> str:
    """Message of a validation error; pydantic puts the exception's name before those of our validators."""
    return error["msg"].removeprefix("Value error, " if error["type"] == "value_error" else "")


class HeadIsDone(Exception):
    """Ends a HEAD request once its headers were sent, so that no body, such as an export, is generated."""


class Incidents:
    """Handler of unexpected errors: logged under an incident number, which is all that the client gets."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def sent(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except HeadIsDone:
            raise
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("incident %s in %s %s", incident, scope["method"], scope["path"])
            if has_begun:
                raise  # cut the connection: a truncated response must not look complete
            answer = problem_response(
                500,
                "server.incident",
                "Unexpected error",
                f"Something unexpected happened. The server's log has it as incident {incident}.",
                "Tell the administrator the number of the incident.",
                incident=incident,
            )
            await answer(scope, receive, send)
