"""Lazy loading of the server: modules load once; only empty HTML is served before the access check."""

import asyncio
import threading

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from faxcloud.api.http.mounting import LazyAccess, LazyApp


def inside() -> ASGIApp:
    async def page(request: Request) -> Response:
        return PlainTextResponse(request.url.path)

    return Starlette(routes=[Route("/{path:path}", page, methods=["GET", "POST"])])


def ask(app: ASGIApp, path: str, method: str = "GET") -> httpx.Response:
    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
        ) as client:
            return await client.request(method, path)

    return asyncio.run(asked())


def closed(_inside: ASGIApp) -> ASGIApp:
    return PlainTextResponse("closed", 401)


def test_a_lazy_application_is_built_once_by_concurrent_threads():
    made = []
    late = LazyApp(lambda: made.append(1) or inside())
    threads = [threading.Thread(target=late.load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ask(late, "/there").text == "/there"
    assert made == [1]


def guarded_server(html_first: bool = True) -> ASGIApp:
    return LazyAccess(inside(), closed, html_first=html_first)


def test_only_empty_html_is_served_before_the_access_check_is_loaded():
    for path in ("/", "/static/js/index.js", "/favicon.png"):
        assert ask(guarded_server(), path).text == path
    for path in ("/explore", "/api/v3/stats", "/_stcore/stream", "/download/x/y", "/media/x", "/statics"):
        assert ask(guarded_server(), path).status_code == 401
    assert ask(guarded_server(), "/", "POST").status_code == 401


def test_once_loaded_the_access_check_decides_about_every_request():
    one = guarded_server()
    assert ask(one, "/").status_code == 200
    assert ask(one, "/api/v3/stats").status_code == 401
    assert ask(one, "/").status_code == 401


def test_where_a_key_is_required_not_even_empty_html_is_served_early():
    assert ask(guarded_server(html_first=False), "/").status_code == 401
