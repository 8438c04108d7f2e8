"""PWA manifest, icons and preload tags for Streamlit's index.html.

Streamlit's own `index.html` has none of these and offers no way to add them; they are added to the response.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faxcloud.api.web.streamlit_texts import ADDRESS, texts_script
from faxcloud.domain.views import RENAMED_PAGES
from faxcloud.i18n import LANGUAGES, Language, negotiate, translator

ICONS = Path(__file__).resolve().parents[2] / "icons"
SIZES = (180, 192, 512)
COLOUR = "#0b6e8a"
# Streamlit's script looks for its server below the page's name first: two 404s in the console at each link.
BACKEND = 'window.__streamlit={BACKEND_BASE_URL:location.origin+location.pathname.replace(/[^/]*$/,"")}'
HEAD = (
    f"<script>{BACKEND}</script>"
    "<title>FaxCloud</title>"
    '<link rel="manifest" href="./faxcloud.webmanifest" crossorigin="use-credentials">'
    '<link rel="apple-touch-icon" href="./icon-180.png">'
    f'<meta name="theme-color" content="{COLOUR}">'
    f'<script type="module" src=".{ADDRESS}"></script>'
).encode()
CACHED_FOR_A_DAY = {"Cache-Control": "public, max-age=86400"}

IMMUTABLE = {"Cache-Control": "public, immutable, max-age=31536000"}

_SCRIPT = re.compile(r"/static/(js|css|media)/[\w.-]+\.[\w-]{8}\.(js|css|woff2|svg)", re.ASCII)
_TYPES = {
    ".js": "application/javascript",
    ".css": "text/css",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}

FIRST_SCRIPTS = tuple(
    f"/{part}.tsx"
    for part in ("Metric", "PlotlyChart", "ButtonGroup", "Selectbox", "Button", "Html", "ComponentInstance")
)
"""Scripts that nearly every page needs; Streamlit itself loads them only after its first script."""


def pwa_routes() -> list[Route]:
    """Routes of manifest, icons and texts, public and the same for all, and redirects of moved pages."""
    return [
        Route("/dashboard", _redirect_to("")),  # Streamlit serves it at `/` only
        *(Route(f"/{old}", _redirect_to(new)) for old, new in RENAMED_PAGES.items()),
        Route("/faxcloud.webmanifest", _manifest),
        Route(ADDRESS, texts_script),
        *(Route(f"/icon-{size}.png", _icon_of(size)) for size in SIZES),
    ]


class PageHead:
    """ASGI middleware that adds to the pages' HTML; all other responses pass unchanged."""

    def __init__(self, app: ASGIApp, streamlit: Path) -> None:
        """Index the static files in the folder `streamlit`."""
        self._app = app
        self._first = _first_scripts(streamlit).encode()
        self._scripts = Scripts(streamlit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        if _is_no_page(scope["path"]):
            kept = self._scripts.find(scope)
            await (kept or self._app)(scope, receive, send)
            return
        held: list[Message] = []
        body = bytearray()
        language = _language(scope)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_html(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await self._send(held[0], bytes(body), language, send)

        # Streamlit compresses deep links: nothing could be added to the HTML then.
        plain = [field for field in scope["headers"] if field[0] != b"accept-encoding"]
        await self._app(dict(scope, headers=plain), receive, complete)

    async def _send(self, start: Message, body: bytes, language: str, send: Send) -> None:
        completed = body.replace(b'<html lang="en">', b'<html lang="%s">' % language.encode(), 1)
        completed = completed.replace(b"<title>Streamlit</title>", HEAD, 1)
        # After Streamlit's own scripts, which the page loads first.
        completed = completed.replace(b"</head>", self._first + b"</head>", 1)
        headers = MutableHeaders(scope=start)
        if body:  # the response to a HEAD has none
            headers["content-length"] = str(len(completed))
        headers.add_vary_header("Accept-Language")
        for name in ("etag", "last-modified"):  # they belong to the file, not to the changed HTML
            del headers[name]
        await send(start)
        await send({"type": "http.response.body", "body": completed})


class Scripts:
    """In-memory cache of Streamlit's scripts, styles and fonts, filled at the first request for each.

    A first page loads 140 of them; reading each from disk, in threads and in chunks, takes seven times as
    long. Their names contain a digest of their content, so they never change. Without the cache the first
    page of a second visitor took 1.4 s longer (median of 7 pairs on a loaded machine, 6 of them longer).
    """

    def __init__(self, streamlit: Path) -> None:
        folder = streamlit / "static"
        # Exact spelling only: on a case-insensitive disk each spelling of a name would be cached separately.
        self._files = {f"/{file.relative_to(folder.parent).as_posix()}": file for file in folder.glob("*/*")}
        self._kept: dict[str, Response] = {}

    def find(self, scope: Scope) -> Response | None:
        """Cached response to a plain GET of a static file; None for anything else."""
        path = scope["path"]
        if not path.startswith("/static/") or scope["method"] != "GET" or _is_conditional(scope):
            return None
        kept = self._kept.get(path)
        file = self._files.get(path)
        if kept is None and file is not None and _SCRIPT.fullmatch(path) and file.is_file():
            kept = self._kept[path] = Response(
                file.read_bytes(), headers=IMMUTABLE, media_type=_TYPES[file.suffix]
            )
        return kept


def _is_conditional(scope: Scope) -> bool:
    return any(name in (b"range", b"if-none-match", b"if-modified-since") for name, _ in scope["headers"])


def _language(scope: Scope) -> Language:
    """Visitor's language: from the address, which keeps the choice, else from the browser."""
    chosen = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1]
    return next((each for each in LANGUAGES if each == chosen), None) or negotiate(
        Headers(scope=scope).get("accept-language")
    )


def _is_no_page(path: str) -> bool:
    return path.startswith(
        ("/api", "/static/", "/_stcore/", "/download/", "/shared/", "/signin", "/component/")
    )


def _is_html(start: Message) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"]).get("content-type", "").startswith(
        "text/html"
    )


def _first_scripts(streamlit: Path) -> str:
    return "".join(f'<link rel="modulepreload" crossorigin href="./{file}">' for file in _scripts(streamlit))


def _scripts(streamlit: Path) -> list[str]:
    """Files of `FIRST_SCRIPTS` and of their imports; none if this Streamlit names them otherwise."""
    try:
        parts: dict[str, Any] = json.loads((streamlit / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return []  # the page works without preload tags, a moment later
    wanted = [key for key in parts if key.endswith(FIRST_SCRIPTS)]
    return list(dict.fromkeys(parts[key]["file"] for key in _with_imports(parts, wanted)))


def _with_imports(parts: dict[str, Any], wanted: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    while wanted:
        key = wanted.pop()
        if key in seen or key == "index.html" or key not in parts:
            continue
        seen.add(key)
        wanted.extend(parts[key].get("imports", ()))
        yield key


def _redirect_to(page: str) -> Any:
    async def redirect(request: Request) -> Response:
        query = request.url.query
        return RedirectResponse(f"./{page}?{query}" if query else f"./{page}")

    return redirect


async def _manifest(request: Any) -> Response:
    t = translator(negotiate(request.headers.get("accept-language")))
    document = {
        "name": "FaxCloud",
        "short_name": "FaxCloud",
        "description": t("What was faxed, by whom, at what cost, and how compliant it is."),
        "lang": t.language,
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": COLOUR,
        "icons": [
            {"src": f"./icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for size in SIZES[1:]
            for purpose in ("any", "maskable")
        ],
    }
    return Response(
        json.dumps(document, ensure_ascii=False),
        headers=CACHED_FOR_A_DAY | {"Vary": "Accept-Language"},
        media_type="application/manifest+json",
    )


def _icon_of(size: int) -> Any:
    @functools.cache
    def content() -> bytes:
        return (ICONS / f"icon-{size}.png").read_bytes()

    async def icon(_request: Any) -> Response:
        return Response(content(), headers=CACHED_FOR_A_DAY, media_type="image/png")

    return icon
