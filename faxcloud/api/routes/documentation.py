"""API documentation at `/docs` and `/openapi.json`, served without scripts and without other sites."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from faxcloud import errors
from faxcloud.api.http.etags import etag_of, is_known
from faxcloud.api.http.json_response import JSON, json_bytes
from faxcloud.api.http.problems import status_of_kind, title_of
from faxcloud.errors import FaxCloudError

router = APIRouter(include_in_schema=False)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
code { font: .9em ui-monospace, monospace }
summary { cursor: pointer; padding: .3rem 0 } summary b { display: inline-block; min-width: 4.5rem }
details { border-top: 1px solid #8884 } details > div { padding: 0 0 1rem 4.7rem; overflow-x: auto }
table { border-collapse: collapse }
td { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0 }
"""
CACHED = {"Cache-Control": "no-cache"}


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    return _cached(request, json_bytes(request.app.openapi()), JSON)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The same as a page."""
    return _cached(request, page(request.app.openapi()).encode(), "text/html; charset=utf-8")


def page(document: dict[str, Any]) -> str:
    """HTML page of the OpenAPI document; each error has an anchor, which `type` of a problem names."""
    title = f"FaxCloud API {_text(document['info']['version'])}"
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
        f"<p>OpenAPI: <a href=openapi.json>openapi.json</a></p>{_description(document)}"
        f"<h2>Endpoints</h2>{''.join(_endpoints(document))}<h2>Errors</h2><table>{''.join(_errors())}</table>"
    )


def _cached(request: Request, body: bytes, media_type: str) -> Response:
    etag = etag_of(body)
    headers = {"ETag": etag, "Content-Security-Policy": POLICY, **CACHED}
    if is_known(request, etag):
        return Response(None, 304, headers)
    return Response(body, 200, headers, media_type)


def _description(document: dict[str, Any]) -> str:
    first, _, points = document["info"]["description"].partition("\n\n")
    items = "".join(f"<li>{_marked(point)}</li>" for point in points.removeprefix("- ").split("\n- "))
    return f"<p>{_marked(first)}</p><ul>{items}</ul>"


def _endpoints(document: dict[str, Any]) -> Iterator[str]:
    root = document["servers"][0]["url"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            summary, _, more = operation.get("description", "").partition("\n\n")
            yield (
                f"<details id='{_text(operation['operationId'])}'><summary><b>{method.upper()}</b>"
                f"<code>{_text(root + path)}</code></summary>"
                f"<div><p>{_marked(summary)}</p><p>{_marked(more)}</p>"
                f"<table>{''.join(_parameters(operation))}</table>"
                f"<p>Answers: {_marked(', '.join(_answers(operation)))}</p></div></details>"
            )


def _parameters(operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        schema = parameter.get("schema", {})
        takes = " | ".join(schema.get("enum", ())) or schema.get("format") or schema.get("type", "")
        yield (
            f"<tr><td><code>{_text(parameter['name'])}</code><td>{_text(parameter['in'])}"
            f"<td>{_marked(parameter.get('description', ''))}<td>{_text(takes)}</tr>"
        )


def _answers(operation: dict[str, Any]) -> Iterator[str]:
    for status, answer in sorted(operation["responses"].items()):
        kinds = " or ".join(answer.get("content", {}))
        yield f"{status} {kinds}".strip()


def _errors() -> Iterator[str]:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FaxCloudError)
    ]
    for kind in sorted(kinds, key=lambda kind: kind.code):
        status = status_of_kind(kind)
        yield (
            f"<tr id='{kind.code}'><td>{status}<td><code>{kind.code}</code><td>{_text(title_of(kind))}"
            f"<td>{_text(kind.hint_template)}</tr>"
        )


def _marked(text: str) -> str:
    """Text escaped as HTML, with `code` and **bold** of Markdown."""
    escaped = _text(text)
    for mark, tag in (("**", "b"), ("`", "code")):
        parts = escaped.split(mark)
        escaped = "".join(
            part if number % 2 == 0 else f"<{tag}>{part}</{tag}>" for number, part in enumerate(parts)
        )
    return escaped


def _text(value: object) -> str:
    return html.escape(str(value))
