"""ETags and response cache: 304 without a query, the same bytes for all clients.

The ETag identifies what a response depends on: the lake's version, that of the reports where they matter, the
path and the query, and what the actor may see. A changed version makes another ETag; nothing expires.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from faxcloud import __version__
from faxcloud.api.http.compression import LEAST_BYTES, compressed, takes_gzip
from faxcloud.api.http.json_response import JSON, json_bytes
from faxcloud.services.actors import Actor

if TYPE_CHECKING:
    from faxcloud.wiring import Services

T = TypeVar("T")

VARY = "Accept-Encoding, Authorization, X-API-Key, Cookie"

SHARED = "private, no-cache"
"""Cache-Control of figures: stored by the client, revalidated each time."""

PERSONAL = "no-store"
"""Cache-Control of rows: never stored on a disk on the way."""

MOST_ANSWERS = 2_000
MOST_BYTES = 32 << 20


@dataclass(slots=True)
class CachedResponse:
    """Response body as bytes, with its headers."""

    body: bytes
    headers: Mapping[str, str]
    _gzipped: bytes | None = None

    @property
    def size(self) -> int:
        """Upper limit of the memory used, compressed copy included."""
        return 2 * len(self.body)

    @property
    def is_gzipped(self) -> bool:
        """Whether the compressed copy exists already."""
        return self._gzipped is not None

    def gzipped(self) -> bytes:
        """Compressed body, created at the first request for it."""
        if self._gzipped is None:
            self._gzipped = compressed(self.body)
        return self._gzipped


class ResponseCache:
    """Response cache of one server process, least recently used first out; for the event loop alone.

    A request for a response that is being computed waits for that computation.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, CachedResponse] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[CachedResponse]] = {}
        self._bytes = 0
        # Each query uses all processors; more at once would only wait inside DuckDB.
        self._limiter = anyio.CapacityLimiter(2 * (os.cpu_count() or 1) + 2)

    async def get(self, key: Hashable, make: Callable[[], CachedResponse]) -> CachedResponse:
        """Cached response, or the result of `make` in a thread; an error is raised and not cached."""
        if (answer := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return answer
        making = self._making.get(key)
        if making is None:
            making = asyncio.create_task(to_thread.run_sync(make, limiter=self._limiter))
            self._making[key] = making
            making.add_done_callback(lambda task: self._made(key, task))
        return await asyncio.shield(making)

    async def in_thread(self, ask: Callable[[], T]) -> T:
        """Run an uncached query in a thread, under the same concurrency limit."""
        return await to_thread.run_sync(ask, limiter=self._limiter)

    def _made(self, key: Hashable, task: asyncio.Task[CachedResponse]) -> None:
        self._making.pop(key, None)
        if task.cancelled() or task.exception() is not None:
            return
        answer = task.result()
        self._kept[key] = answer
        self._bytes += answer.size
        while len(self._kept) > MOST_ANSWERS or self._bytes > MOST_BYTES:
            self._bytes -= self._kept.popitem(last=False)[1].size


@dataclass(frozen=True, slots=True)
class VersionedRequest:
    """Request that is answered by the version of the data.

    Attributes:
        of_reports: The answer depends on which reports there are, not on their faxes alone.
        varies: What else it depends on, such as a language or the minute.
        cache_control: `SHARED` or `PERSONAL`.
    """

    request: Request
    faxcloud: Services
    actor: Actor
    of_reports: bool = False
    varies: tuple[Hashable, ...] = ()
    cache_control: str = SHARED

    async def answer(self, make: Callable[[], Any], links: Callable[[Any], str] | None = None) -> Response:
        """304, the cached bytes, or the document that `make` builds in a thread.

        Args:
            links: Gives the `Link` header of the document.
        """
        answers: ResponseCache = self.request.app.state.answers
        key = await self._key(answers)
        etag = etag_of(key)
        if names(self.request, etag):
            return Response(None, 304, self._headers(etag))

        def make_answer() -> CachedResponse:
            document = make()
            body = json_bytes(document)
            link = {"Link": text} if links and (text := links(document)) else {}
            answer = CachedResponse(body, link)
            if takes:  # compress here in the thread, not on the event loop
                answer.gzipped()
            return answer

        takes = takes_gzip(self.request.headers.get("accept-encoding", ""))
        found = await answers.get(key, make_answer)
        headers = {**self._headers(etag), **found.headers}
        if is_known(self.request, etag):
            return Response(None, 304, headers)
        if takes and len(found.body) >= LEAST_BYTES:
            # The first client may not have accepted gzip.
            small = found.gzipped() if found.is_gzipped else await answers.in_thread(found.gzipped)
            return Response(small, 200, {**headers, "Content-Encoding": "gzip"}, JSON)
        return Response(found.body, 200, headers, JSON)

    async def _key(self, answers: ResponseCache) -> Hashable:
        version: Hashable = self.faxcloud.summaries.mark()
        if self.of_reports or self.actor.is_scoped:
            version = (version, await answers.in_thread(self.faxcloud.reports.version))
        scope = self.request.scope
        actor = self.actor
        sees = (actor.role, actor.reports, actor.contracts)
        return (scope["path"], scope["query_string"], version, sees, self.varies)

    def _headers(self, etag: str) -> dict[str, str]:
        return {"ETag": etag, "Cache-Control": self.cache_control, "Vary": VARY}


def etag_of(key: Hashable) -> str:
    """Weak ETag: the compressed and the plain response have the same."""
    digest = hashlib.blake2b(repr((__version__, key)).encode("utf-8", "replace"), digest_size=15)
    return f'W/"{digest.hexdigest()}"'


def names(request: Request, etag: str) -> bool:
    """Whether `If-None-Match` lists this ETag."""
    known = request.headers.get("if-none-match", "")
    return etag.removeprefix("W/") in {tag.strip().removeprefix("W/") for tag in known.split(",")}


def is_known(request: Request, etag: str) -> bool:
    """Whether the client has the current response: its ETag, or `*`, which no error may match."""
    return request.headers.get("if-none-match", "").strip() == "*" or names(request, etag)


async def answer_by_content(
    request: Request, ask: Callable[[], Any], links: Callable[[Any], str] | None = None
) -> Response:
    """Response whose ETag is a digest of its content.

    For short documents of the catalogue, which has no version.
    """
    answers: ResponseCache = request.app.state.answers

    def make() -> tuple[Any, bytes, str]:  # a page of a thousand rows takes milliseconds to write
        document = ask()
        body = json_bytes(document)
        return document, body, etag_of(body)

    document, body, etag = await answers.in_thread(make)
    headers = {"ETag": etag, "Cache-Control": SHARED, "Vary": VARY}
    if links and (link := links(document)):
        headers["Link"] = link
    if is_known(request, etag):
        return Response(None, 304, headers)
    return Response(body, 200, headers, JSON)
