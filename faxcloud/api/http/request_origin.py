"""Origin of a request: host name, sending site, client address, API key."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import Scope

from faxcloud.config import Settings
from faxcloud.errors import CrossSite
from faxcloud.services.access.client_addresses import client_address, is_literal, is_loopback, is_within
from faxcloud.services.access.sessions import COOKIE

Headers = dict[bytes, bytes]

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
OWN_SITE = (b"same-origin", b"none")
"""`none` is a user action such as a bookmark. `same-site` would include any other port of localhost."""

FORWARDING = (
    b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip",
)  # fmt: skip
"""Header fields that proxies add."""


def shown_key(headers: Headers) -> str | None:
    """API key of a request; None without one."""
    if (value := headers.get(b"x-api-key")) is not None:
        return value.decode(errors="surrogateescape")
    scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
    return value.strip().decode(errors="surrogateescape") if scheme.lower() == b"bearer" else None


def session_cookie(headers: Headers) -> str | None:
    """Session cookie of a request; None without one."""
    for pair in headers.get(b"cookie", b"").split(b";"):
        name, _, value = pair.strip().partition(b"=")
        if name == COOKIE.encode():
            return value.decode("latin-1")
    return None


def is_own_name(host: bytes, scope: Scope, settings: Settings) -> bool:
    """Whether a host name is one of this server's (protection against DNS rebinding).

    A page of another site can make a browser request any name, but not an address of its own choosing.
    """
    name = _parts("//" + host.decode("latin-1"))[1].rstrip(".")
    bound = (scope.get("server") or ("", 0))[0]
    return (
        name == "localhost"
        or name.endswith(".localhost")
        or is_literal(name)
        or name in settings.host_names
        or name == bound
    )


def refuse_other_sites(scope: Scope, headers: Headers, settings: Settings) -> None:
    """Cross-site request check; passes for own pages and for plain navigation.

    Raises:
        CrossSite: another site does.
    """
    is_reading = scope["type"] == "http" and scope["method"] in SAFE_METHODS
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        # A link on another site may open a page; it may not fetch, embed or post anything.
        is_visit = is_reading and headers.get(b"sec-fetch-mode") == b"navigate"
        places = (b"document", b"iframe") if settings.framing_sites else (b"document",)
        if site not in OWN_SITE and not (is_visit and headers.get(b"sec-fetch-dest") in places):
            raise CrossSite
        return
    origin = headers.get(b"origin")
    if origin is None or is_reading:
        return
    # Browsers leave Sec-Fetch-Site out on plain HTTP. A proxy may have put its own name into Host.
    netloc, name = _parts(origin.decode("latin-1"))
    if netloc != headers.get(b"host", b"").decode("latin-1") and name not in settings.host_names:
        raise CrossSite


def address_of(scope: Scope, headers: Headers, settings: Settings) -> str:
    """Client address; behind a configured proxy the one that the proxy reports."""
    peer, port = scope.get("client") or ("", 0)
    forwarded = headers.get(b"x-forwarded-for")
    if forwarded is None:
        return str(peer)
    if port == 0:  # uvicorn has applied the header already, as it does for all loopback connections
        peer = "127.0.0.1"
    return client_address(
        peer, [part.strip() for part in forwarded.decode("latin-1").split(",")], settings.proxy_networks
    )


def scheme_of(scope: Scope, headers: Headers, settings: Settings) -> str:
    """Scheme of the client's connection; behind a configured proxy the one that the proxy reports."""
    scheme = str(scope.get("scheme", "http"))  # uvicorn has applied the header of a loopback proxy already
    peer = (scope.get("client") or ("", 0))[0]
    if headers.get(b"x-forwarded-proto", b"").lower() in (b"https", b"wss") and is_within(
        peer, settings.proxy_networks
    ):
        return "wss" if scope["type"] == "websocket" else "https"
    return scheme


def name_host_as_origin(scope: Scope, headers: Headers) -> None:
    """Set a web socket's Host to its Origin, which `refuse_other_sites` has verified as our own.

    If a proxy passes its own name on, Streamlit would take the page for another site's: it would look up this
    machine's public address on the internet, and refuse.
    """
    netloc = _parts(headers.get(b"origin", b"").decode("latin-1"))[0].encode("latin-1")
    if scope["type"] == "websocket" and netloc and netloc != headers.get(b"host"):
        others = [field for field in scope["headers"] if field[0] != b"host"]
        scope["headers"] = [(b"host", netloc), *others]


def is_forwarded_by_a_stranger(headers: Headers, settings: Settings) -> bool:
    """Whether a request came through an unconfigured proxy.

    All clients then seem to have the proxy's address.
    """
    if settings.proxy_networks:
        return False
    # nginx adds none of these by default, but the page's own address is another than the one asked for.
    name = _parts(headers.get(b"origin", b"").decode("latin-1"))[1]
    is_elsewhere = name not in ("", "localhost") and not is_loopback(name)
    return is_elsewhere or any(name in headers for name in FORWARDING)


def _parts(address: str) -> tuple[str, str]:
    """Host with port, and host alone in lower case; both empty for an invalid address."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # which has to be a number, where there is one
        return parts.netloc, parts.hostname or ""
    except ValueError:  # an unclosed bracket or an invalid port
        return "", ""
