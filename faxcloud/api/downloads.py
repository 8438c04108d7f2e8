"""`GET /download/<ticket>/<name>`: exports, rejects and changes of any size, in constant memory.

The pages' own download button holds a whole file in memory for each click; this streams.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from faxcloud.errors import AccessError, FaxCloudError
from faxcloud.rules.entries import text_cell
from faxcloud.services.actors import SYSTEM, acting, current_actor, nobody
from faxcloud.services.tickets import Offer, Tickets

if TYPE_CHECKING:
    from faxcloud.wiring import Services

log = logging.getLogger(__name__)

Shared = Callable[[], "tuple[Services, Tickets]"]

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ROWS_PER_CHUNK = 2_000
UNKNOWN = frozenset((SYSTEM.name, nobody().name))
"""Names of actors that say no more than that nobody was asked for a key."""


def download_routes(shared: Shared) -> list[Route]:
    """The route, to be mounted beside the pages. `shared` is asked at each download, not before."""

    async def download(request: Request) -> Response:
        # A link on another site cannot know a ticket; should one leak, the browser says where it was clicked.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "same-site", "none"):
            return _problem(403, "download.cross_site", "Downloads start from FaxCloud's own pages.")
        services, tickets = await run_in_threadpool(shared)
        offer = tickets.claim(request.path_params["ticket"])
        if offer is None:
            return _problem(
                404, "download.expired", "This link has expired. Open the page again and use its new link."
            )
        try:
            return await run_in_threadpool(_answer, services, offer)
        except FaxCloudError as error:
            if isinstance(error, AccessError):
                return _problem(403, error.code, f"{error.message} {error.hint}")
            return _problem(409, error.code, f"{error.message} {error.hint}")

    return [Route("/download/{ticket}/{name}", download, methods=["GET"])]


def _answer(services: Services, offer: Offer) -> Response:
    # Of a visitor who is signed in with an account, the ticket alone says who it is; of others the door does.
    with acting(current_actor() if current_actor().name not in UNKNOWN else offer.actor or nobody()):
        return _answered(services, offer)


def _answered(services: Services, offer: Offer) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{offer.file_name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if offer.kind == "export" and offer.format in ("xlsx", "parquet"):
        return _file(services, offer, headers)
    chunks = _started(_chunks(services, offer))
    return StreamingResponse(chunks, media_type=MEDIA_TYPES[offer.format], headers=headers)


def _chunks(services: Services, offer: Offer) -> Iterator[bytes]:
    if offer.kind == "rejects":
        return csv_chunks(services.reports.rejects(offer.subject), offer.separator, offer.bom)
    if offer.kind == "changes":
        return csv_chunks(services.validation.changes(offer.subject), offer.separator, offer.bom)
    if offer.format == "json":
        return services.exports.stream_json(offer.filters)
    return services.exports.stream_csv(
        offer.filters, separator=offer.separator, bom=offer.bom, decimal_comma=offer.decimal_comma
    )


def _started(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The first chunk is made before the answer begins: an error is still an answer then, not half a file."""
    first = next(chunks, b"")

    def whole() -> Iterator[bytes]:
        yield first
        yield from chunks

    return whole()


def _file(services: Services, offer: Offer, headers: dict[str, str]) -> Response:
    folder = tempfile.TemporaryDirectory(prefix="faxcloud-download-")
    try:
        target = Path(folder.name) / offer.file_name
        services.exports.write(offer.filters, offer.format, target)
    except BaseException:
        folder.cleanup()
        raise
    return _TemporaryFile(folder, target, MEDIA_TYPES[offer.format], headers)


class _TemporaryFile(FileResponse):
    """A file that goes once it was sent, or the client hung up."""

    def __init__(
        self, folder: tempfile.TemporaryDirectory[str], path: Path, media_type: str, headers: dict[str, str]
    ) -> None:
        super().__init__(path, media_type=media_type, headers=headers)
        self._folder = folder

    async def __call__(self, *arguments: Any) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self._folder.cleanup)
            await super().__call__(*arguments)


def csv_chunks(rows: Iterable[dict[str, Any]], separator: str = ",", bom: bool = False) -> Iterator[bytes]:
    """Dictionaries as CSV, in UTF-8, a few thousand rows at a time; no cell is evaluated by a spreadsheet."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n")
    if bom:
        buffer.write("\ufeff")
    names: list[str] | None = None
    for count, row in enumerate(rows, 1):
        if names is None:
            names = list(row)
            writer.writerow(names)
        writer.writerow([_cell(row.get(name)) for name in names])
        if count % ROWS_PER_CHUNK == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return text_cell(value) if isinstance(value, str) else str(value)


def _problem(status: int, code: str, detail: str) -> JSONResponse:
    return JSONResponse(
        {"type": "about:blank", "title": detail, "status": status, "detail": detail, "code": code},
        status,
        media_type="application/problem+json",
    )
