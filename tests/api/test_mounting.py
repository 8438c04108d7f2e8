"""What is loaded late is loaded once, and nothing but an empty shell gets past a door that is not there yet."""

import threading

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from faxcloud.api.mounting import Late, LateDoor


def inside() -> ASGIApp:
    async def page(request: Request) -> Response:
        return PlainTextResponse(request.url.path)

    return Starlette(routes=[Route("/{path:path}", page, methods=["GET", "POST"])])


def closed(_inside: ASGIApp) -> ASGIApp:
    return PlainTextResponse("closed", 401)


def test_what_is_late_is_made_once_by_many_threads():
    made = []
    late = Late(lambda: made.append(1) or inside())
    threads = [threading.Thread(target=late.load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert TestClient(late).get("/there").text == "/there"
    assert made == [1]


def test_only_the_shell_passes_a_door_that_is_not_loaded():
    for path in ("/", "/static/js/index.js", "/favicon.png"):
        assert TestClient(LateDoor(inside(), closed, shell_first=True)).get(path).text == path
    for path in (
        "/explore",
        "/api/v3/stats",
        "/_stcore/stream",
        "/download/x/y",
        "/media/x",
        "/signin",
        "//",
        "/statics",
    ):
        assert TestClient(LateDoor(inside(), closed, shell_first=True)).get(path).status_code == 401
    assert TestClient(LateDoor(inside(), closed, shell_first=True)).post("/").status_code == 401


def test_once_it_is_loaded_the_door_decides_about_everything():
    client = TestClient(LateDoor(inside(), closed, shell_first=True))
    assert client.get("/").status_code == 200
    assert client.get("/api/v3/stats").status_code == 401
    assert client.get("/").status_code == 401


def test_where_a_key_is_certainly_needed_not_even_the_shell_passes():
    assert TestClient(LateDoor(inside(), closed, shell_first=False)).get("/").status_code == 401
