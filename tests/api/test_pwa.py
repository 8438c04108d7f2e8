"""PWA tags in the pages' HTML, cached scripts, and unchanged pass-through of all else."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message

from faxcloud.api.web.pwa import SIZES, PageHead, Scripts, pwa_routes
from faxcloud.api.web.streamlit_texts import ADDRESS, NAMES, TEXTS

STATIC = Path(streamlit.__file__).parent / "static"


async def api(_request):
    return HTMLResponse('<html lang="en"><title>Streamlit</title>')


async def text(_request):
    return PlainTextResponse("<title>Streamlit</title>")


def ask(path: str, method: str = "GET", files: Path = STATIC, **headers: str) -> httpx.Response:
    """Of the pages' HTML and scripts, behind the middleware; header fields with `_` for `-`."""
    routes = [
        *pwa_routes(),
        Route("/api/docs", api),
        Route("/text", text),
        Mount("/", StaticFiles(directory=STATIC, html=True)),
    ]
    compressed = Middleware(GZipMiddleware, minimum_size=1)
    app = Starlette(routes=routes, middleware=[Middleware(PageHead, streamlit=files), compressed])
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as client:
            return await client.request(method, path, headers=named)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [("/", "fr-FR,fr;q=0.9", "fr"), ("/", "de", "en"), ("/?lang=fr", "en", "fr"), ("/?lang=xx", "fr", "fr")],
)
def test_a_page_tells_its_name_its_language_and_how_it_is_installed(path: str, accepted: str, language: str):
    answer = ask(path, accept_language=accepted)
    assert f'<html lang="{language}">' in answer.text
    assert "<title>FaxCloud</title>" in answer.text
    assert '<link rel="manifest" href="./faxcloud.webmanifest"' in answer.text
    assert answer.text.count('rel="modulepreload"') > 60
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers
    assert "accept-language" in answer.headers["vary"].lower()


def test_the_manifest_names_icons_that_are_there():
    manifest = ask("/faxcloud.webmanifest", accept_language="fr").json()
    assert (manifest["lang"], manifest["start_url"], manifest["display"]) == ("fr", "./", "standalone")
    assert "fax" in manifest["description"]
    for source in {icon["src"] for icon in manifest["icons"]} | {f"./icon-{size}.png" for size in SIZES}:
        assert ask(source.removeprefix(".")).content.startswith(b"\x89PNG")


def test_what_is_no_page_passes_as_it_is():
    assert "<title>Streamlit</title>" in ask("/api/docs").text
    assert ask("/text").text == "<title>Streamlit</title>"
    assert ask("/", "HEAD").text == ""


def test_a_script_comes_whole_and_for_good_however_often_it_is_asked_for():
    script = next((STATIC / "static" / "js").glob("PlotlyChart.*.js"))
    for _ in range(2):
        answer = ask(f"/static/js/{script.name}")
        assert answer.content == script.read_bytes()
        assert answer.headers["content-type"].startswith("application/javascript")
        assert "immutable" in answer.headers["cache-control"]
    part = ask(f"/static/js/{script.name}", range="bytes=0-9")
    assert (part.status_code, part.content) == (206, script.read_bytes()[:10])


@pytest.mark.parametrize(
    "path",
    [
        "/static/js/../../index.html",
        "/static/../manifest.json",
        "/static/js/no.AAAAAAAA.js",
        "/static/js/index.js",
        "/etc/passwd.AAAAAAAA.js",
    ],
)
def test_nothing_but_a_script_that_is_there_is_read(path: str):
    assert Scripts(STATIC).find({"path": path, "method": "GET", "headers": []}) is None


def test_only_names_as_they_are_spelt_are_kept(tmp_path: Path):
    folder = tmp_path / "static" / "js"
    folder.mkdir(parents=True)
    (folder / "Button.abcd1234.js").write_text("1")
    scripts = Scripts(tmp_path)
    # What a disk that knows no case answers to another spelling.
    (folder / "bUTTON.abcd1234.js").write_text("1")
    found = [
        scripts.find({"path": f"/static/js/{name}.abcd1234.js", "method": "GET", "headers": []})
        for name in ("Button", "bUTTON")
    ]
    assert [each is not None for each in found] == [True, False]


def test_without_streamlits_list_of_scripts_a_page_comes_all_the_same(tmp_path: Path):
    assert "<title>FaxCloud</title>" in ask("/", files=tmp_path).text


def test_the_beginning_of_the_server_passes_so_that_its_workers_are_started():
    told: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        told.append("begun")
        yield
        told.append("ended")

    app = PageHead(Starlette(lifespan=lifespan), STATIC)
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[str] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message["type"])

    asyncio.run(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send))
    assert told == ["begun", "ended"]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_the_texts_of_streamlit_are_replaced_in_both_languages_and_still_exist():
    for language, words in (("fr", "Connexion perdue"), ("de", "Connection lost")):
        answer = ask(ADDRESS, accept_language=language)
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "Accept-Language" in answer.headers["vary"]
        assert words in answer.text
    assert f'src=".{ADDRESS}"' in ask("/").text
    scripts = "".join(file.read_text("utf-8") for file in (STATIC / "static" / "js").glob("*.js"))
    for _, pattern, _ in (*TEXTS, *NAMES):
        assert any(part in scripts for part in re.findall("[A-Z]?[a-z][A-Za-z ]{3,}", pattern)), pattern
