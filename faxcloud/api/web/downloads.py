"""Download route: `GET /download/<ticket>/<name>`, files of any size in constant memory.

The pages' own download button holds a whole file in memory for each click; this streams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from faxcloud.api.http.problems import problem_of, problem_response
from faxcloud.api.http.streaming import PAPER_TYPES, attachment, csv_of_rows, streamed, written
from faxcloud.errors import FaxCloudError
from faxcloud.i18n import translator
from faxcloud.services.actors import NOBODY, acting, current_actor
from faxcloud.services.exports.formats import FORMATS
from faxcloud.services.tickets import Offer, Tickets

if TYPE_CHECKING:
    from faxcloud.wiring import Services

Shared = Callable[[], "tuple[Services, Tickets]"]


def download_routes(shared: Shared) -> list[Route]:
    """Download route, mounted next to the pages. `shared` is called at each download, not before."""

    async def download(request: Request) -> Response:
        # A link on another site cannot know a ticket; should one leak, the browser says where it was clicked.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "same-site", "none"):
            return problem_response(
                HTTPStatus.FORBIDDEN,
                "download.cross_site",
                "Cross site",
                "Downloads start from FaxCloud's own pages.",
            )
        services, tickets = await run_in_threadpool(shared)
        offer = tickets.claim(request.path_params["ticket"])
        if offer is None:
            return problem_response(
                HTTPStatus.NOT_FOUND,
                "download.expired",
                "Link expired",
                "This link has expired. Open the page again and use its new link.",
            )
        try:
            return await _answer(request, services, offer)
        except FaxCloudError as error:
            return problem_of(error)

    return [Route("/download/{ticket}/{name}", download, methods=["GET"])]


async def _answer(request: Request, services: Services, offer: Offer) -> Response:
    headers, found = attachment(offer.file_name), None if offer.format == "pdf" else FORMATS[offer.format]
    media_type = PAPER_TYPES["pdf"] if found is None else found.media_type
    # Of a visitor who is signed in with an account, only the ticket says who it is.
    actor = current_actor()
    with acting(offer.actor if actor.name == NOBODY and offer.actor is not None else actor):
        if found is None or not found.is_streamed:
            return await written(
                request,
                lambda target, is_gone: _write(services, offer, target, is_gone),
                offer.file_name,
                media_type,
                headers,
            )
        return await streamed(lambda: _chunks(services, offer), media_type, headers)


def _write(services: Services, offer: Offer, target: Path, is_gone: Callable[[], bool]) -> int:
    if offer.kind == "paper":
        paper = services.papers.of(offer.filters)
        t = translator(dict(offer.asked)["language"])
        kind: Literal["pdf", "xlsx"] = "pdf" if offer.format == "pdf" else "xlsx"
        return target.write_bytes(services.papers.write(paper, kind, t, services.settings.zone))
    assert offer.format != "pdf"
    source = services.privacy.pseudonymised if offer.kind == "pseudonymised" else services.exports.write
    return source(offer.filters, offer.format, target, sort=offer.sort, is_unwanted=is_gone)


def _chunks(services: Services, offer: Offer) -> Iterator[bytes]:
    if offer.kind == "rejects":
        return csv_of_rows(services.reports.rejects(offer.subject), offer.separator, offer.bom)
    if offer.kind == "changes":
        return csv_of_rows(services.validation.export_changes(offer.subject), offer.separator, offer.bom)
    if offer.kind == "audit":
        stream = services.audit.stream_json if offer.format == "json" else services.audit.stream_csv
        return stream(**dict(offer.asked))
    assert offer.format != "pdf"
    pseudonymised = offer.kind == "pseudonymised"
    source = services.privacy.stream_pseudonymised if pseudonymised else services.exports.stream
    return source(
        offer.filters,
        offer.format,
        separator=offer.separator,
        bom=offer.bom,
        decimal_comma=offer.decimal_comma,
        labels=offer.labels,
        sort=offer.sort,
    )
