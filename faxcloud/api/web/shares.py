"""Shared report routes: `/shared/<token>`, a report by link without a key, as page, PDF or workbook.

Errors are shown without details, since readers are unknown people. The token is in no log: Streamlit runs its
server without an access log, and log records here name a share by its id.
"""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from faxcloud.api.http.problems import status_of
from faxcloud.api.http.streaming import PAPER_TYPES, attachment
from faxcloud.api.web.shared_page import message_page, report_page
from faxcloud.errors import FaxCloudError, ShareGone
from faxcloud.i18n import LANGUAGES, Translator, negotiate, translator
from faxcloud.services.access.limits import client_of
from faxcloud.services.access.login_throttle import LoginThrottle
from faxcloud.services.actors import acting
from faxcloud.services.papers.shares import Share, View

if TYPE_CHECKING:
    from faxcloud.wiring import Services

log = logging.getLogger(__name__)

REPORTS_AT_ONCE = 4
"""Separate limit for readers of links, so that they do not use up the threads of the access check."""

ENDPOINT = "GET /shared/{token}"

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}

_making: RunVar[CapacityLimiter] = RunVar("faxcloud_shared_reports_being_made")


def share_routes(shared: Callable[[], Services]) -> list[Route]:
    """Share routes, mounted next to the pages; `shared` is called at each request, not before."""
    attempts = LoginThrottle()

    def answering(view: View) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            try:
                return await _answer(await to_thread.run_sync(shared), request, view, attempts)
            except FaxCloudError as error:
                log.error("a shared report was not shown: %s %s", error.code, error.message)
                return _unavailable(request, status_of(error))
            except Exception:
                incident = secrets.token_hex(4)
                log.exception("incident %s in %s", incident, ENDPOINT)
                return _unavailable(request, HTTPStatus.INTERNAL_SERVER_ERROR, incident)

        return answer

    async def nothing(request: Request) -> Response:
        return _gone(request)

    return [
        Route("/shared/{token}", answering("page"), methods=["GET"]),
        Route("/shared/{token}/report.pdf", answering("pdf"), methods=["GET"]),
        Route("/shared/{token}/report.xlsx", answering("xlsx"), methods=["GET"]),
        Route("/shared/{rest:path}", nothing, methods=["GET"]),
    ]


async def _answer(services: Services, request: Request, view: View, attempts: LoginThrottle) -> Response:
    address = request.scope.get("state", {}).get("address", "")
    client = client_of(None, address)
    verdict = await to_thread.run_sync(services.limits.hit, ENDPOINT, client)
    if not verdict.allowed:
        return _too_many(request, max(1, math.ceil(verdict.reset_s)))
    token = request.path_params["token"]
    try:
        if request.method == "HEAD":  # a mail program that checks the link does not count as a reader
            await to_thread.run_sync(services.shares.look, token, address)
            return Response(headers=HEADERS)
        return await to_thread.run_sync(
            _made, services, token, address, view, _asked(request), limiter=_limiter()
        )
    except ShareGone:
        if attempts.failed(client):
            await to_thread.run_sync(services.shares.note_refusal, address)
        return _gone(request)


def _made(services: Services, token: str, address: str, view: View, asked: str | None) -> Response:
    share = services.shares.open(token, address, view)
    t = _language(asked, share)
    paper = services.shares.paper(share)
    zone = services.settings.zone
    if view == "page":
        return HTMLResponse(report_page(paper, share, token, t, zone), headers=HEADERS)
    with acting(share.actor):
        document = services.papers.write(paper, view, t, zone)
    return Response(
        document, media_type=PAPER_TYPES[view], headers=HEADERS | attachment(f"faxcloud-report.{view}")
    )


def _limiter() -> CapacityLimiter:
    limiter = _making.get(None)
    if limiter is None:
        limiter = CapacityLimiter(REPORTS_AT_ONCE)
        _making.set(limiter)
    return limiter


def _asked(request: Request) -> str | None:
    return request.query_params.get("lang")


def _language(asked: str | None, share: Share) -> Translator:
    return translator(next((language for language in LANGUAGES if language == asked), share.language))


def _stranger(request: Request) -> Translator:
    return translator(negotiate(request.headers.get("accept-language")))


def _gone(request: Request) -> Response:
    t = _stranger(request)
    title, advice = ShareGone().render(t)
    return HTMLResponse(message_page(t, title, advice), HTTPStatus.NOT_FOUND, HEADERS)


def _too_many(request: Request, wait_s: int) -> Response:
    t = _stranger(request)
    title = t("Too many requests")
    advice = t.ngettext("Try again in {count} second.", "Try again in {count} seconds.", wait_s)
    headers = {**HEADERS, "Retry-After": str(wait_s)}
    return HTMLResponse(message_page(t, title, advice), HTTPStatus.TOO_MANY_REQUESTS, headers)


def _unavailable(request: Request, status: int, incident: str = "") -> Response:
    t = _stranger(request)
    title = t("The report cannot be shown at the moment.")
    advice = (
        t("Give the person who sent you the link this incident number: {incident}.", incident=incident)
        if incident
        else t("Try again later.")
    )
    return HTMLResponse(message_page(t, title, advice), status, HEADERS)
