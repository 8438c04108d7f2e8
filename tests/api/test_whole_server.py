"""Complete server as `streamlit run` starts it: upload limits, security headers, a real nginx in front."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from faxcloud.config import Settings
from faxcloud.services.monitoring.server_identity import is_proven, published_url
from tests.crash.whole_server import ADMIN, ADMIN_KEY, ROOT, WholeServer
from tests.live_store import opened
from tests.nginx_server import nginx
from tests.waiting import wait_until

PUBLIC = "https://fax.example.org"
TTL_S, LARGEST = 1, 1 << 20
SETTINGS = {
    "FAXCLOUD_PUBLIC_URL": f"{PUBLIC}/fax",
    "FAXCLOUD_TRUSTED_PROXIES": "127.0.0.1",
    "FAXCLOUD_LOG_FORMAT": "json",
    "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(TTL_S),
    "STREAMLIT_SERVER_MAX_UPLOAD_SIZE": "1",
}
XSRF = {"X-Xsrftoken": "abcdef", "Cookie": "_streamlit_xsrf=abcdef"}
UPGRADE = """proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whole") / "store"


@pytest.fixture(scope="module")
def keys(home: Path) -> dict[str, str]:
    with opened(home) as services:
        return {role: services.keys.create(role, role).key for role in ("viewer", "analyst")}


@pytest.fixture(scope="module")
def server(home: Path, keys: dict[str, str]) -> Iterator[WholeServer]:
    assert keys
    running = WholeServer(home, **SETTINGS)
    try:
        yield running
    finally:
        running.kill()


@pytest.fixture(scope="module")
def proxies(server: WholeServer, home: Path) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """As docs/server.md has it, under a path; and as nginx is by default, with its own name as Host."""
    documented = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "server.md").read_text("utf-8"), re.DOTALL)
    assert documented is not None
    location = re.search(r"location /fax/ \{.*?\n    \}", documented[1], re.DOTALL)
    assert location is not None
    by_default = f"location / {{ proxy_pass {server.url}; {UPGRADE} }}"
    with (
        nginx(
            home.parent / "nginx", location[0].replace("http://127.0.0.1:8501", server.url), by_default
        ) as urls,
        httpx.Client(base_url=urls[0], verify=False, timeout=60) as first,
        httpx.Client(base_url=urls[1], verify=False, timeout=60) as second,
    ):
        yield first, second


def visit(url: str, key: str, **options: object) -> ClientConnection:
    """The pages' web socket, opened with a key."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    # A page sends more than a test reads: without a limit of its queue, it closes at once.
    return connect(
        address,
        ssl=trusting if address.startswith("wss") else None,
        additional_headers={"X-API-Key": key},
        max_queue=None,
        **options,  # type: ignore[arg-type]
    )


def session_of(socket: ClientConnection) -> str:
    """Begin a session, as a browser does, and find its id."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    message = BackMsg()
    message.rerun_script.query_string = ""
    socket.send(message.SerializeToString())
    while True:
        said = ForwardMsg.FromString(socket.recv(60))
        if said.WhichOneof("type") == "new_session":
            return str(said.new_session.initialize.session_id)


def upload(server: WholeServer, session: str, key: str, size: int, name: str = "a") -> int:
    return server.ask(
        "PUT",
        f"/_stcore/upload_file/{session}/{name}",
        headers=XSRF | {"X-API-Key": key},
        files={"file": ("export.csv", b"x" * size)},
    ).status_code


def test_an_upload_needs_a_role_has_limits_and_is_freed_with_its_session(
    server: WholeServer, keys: dict[str, str]
) -> None:
    viewer, analyst = keys["viewer"], keys["analyst"]
    with visit(server.url, viewer) as socket:
        session = session_of(socket)
        assert upload(server, session, viewer, 1000) == 204
        assert upload(server, session, viewer, LARGEST + 20_000) == 403
    full = LARGEST - 1000
    with visit(server.url, analyst) as third:
        last = session_of(third)
        with visit(server.url, analyst) as one, visit(server.url, analyst) as two:
            first, second = session_of(one), session_of(two)
            assert [upload(server, first, analyst, full, name) for name in "abc"] == [204, 204, 413]
            assert [upload(server, second, analyst, full, name) for name in "ab"] == [204, 204]
            assert upload(server, last, analyst, full) == 413
            unsized = XSRF | {"X-API-Key": analyst, "Transfer-Encoding": "chunked"}
            path = f"/_stcore/upload_file/{last}/d"
            assert server.ask("PUT", path, headers=unsized, content=iter([b"x"])).status_code == 411
        wait_until(lambda: upload(server, last, analyst, full) == 204)


def test_the_command_line_finds_the_server_of_its_store(server: WholeServer, home: Path) -> None:
    settings = Settings(home=home)
    wait_until(lambda: published_url(settings) == server.url)
    assert is_proven(settings, server.url)
    assert not is_proven(Settings(home=home.parent / "another"), server.url)


@pytest.mark.parametrize(
    "path",
    ["/", "/explore", "/signin", "/static/none", "/_stcore/health", "/_stcore/host-config", "/favicon.png",
     "/faxcloud.webmanifest", "/api/v3/health", "/api/v3/stats", "/api/docs", "/shared/none",
     "/download/a/b", "/nothing"],
)  # fmt: skip
def test_every_answer_has_the_security_headers(path: str, server: WholeServer) -> None:
    for headers in ({}, ADMIN):
        answer = server.ask("GET", path, headers=headers)
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"] or (
            "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer")
        assert "camera=()" in answer.headers["permissions-policy"]
        assert "strict-transport-security" not in answer.headers


def test_the_log_is_json_with_each_request_and_no_secret(server: WholeServer) -> None:
    server.ask("GET", "/shared/a-token?q=0612345678", headers={})
    server.ask("GET", "/api/v3/stats?q=0612345678")
    lines = [json.loads(line) for line in server.log.read_text("utf-8").splitlines()]
    asked = [line for line in lines if line["logger"] == "faxcloud.access"]
    shared, stats = asked[-2:]
    assert (shared["path"], shared["status"], shared["actor"]) == ("/shared/…", 404, "")
    assert (stats["path"], stats["status"], stats["actor"]) == ("/api/v3/stats", 200, "key:environment")
    assert stats["bytes"] > 100
    assert stats["duration_s"] > 0
    assert "0612345678" not in server.log.read_text("utf-8")


@pytest.mark.parametrize(("old", "new"), [("/dashboard", "./"), ("/reports", "./imports")])
def test_earlier_page_addresses_redirect_with_their_filters(server: WholeServer, old: str, new: str) -> None:
    for headers in (None, {}, {"Accept": "text/html"}):  # the last two without a key
        answer = server.ask("GET", f"{old}?mode=SF&q=33", headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (307, f"{new}?mode=SF&q=33")
        assert server.ask("GET", old, headers=headers).headers["location"] == new


def test_pages_sign_in_and_api_work_under_a_path_behind_tls(
    proxies: tuple[httpx.Client, httpx.Client], keys: dict[str, str]
) -> None:
    proxy = proxies[0]
    html = {"Accept": "text/html"}
    refused = proxy.get("/fax/explore", headers=html)
    assert (refused.status_code, refused.headers["location"]) == (303, "/fax/signin?next=%2Fexplore")
    begun = proxy.post("/fax/signin?next=%2Fexplore", data={"key": ADMIN_KEY})
    assert (begun.status_code, begun.headers["location"]) == (303, "/fax/explore")
    cookie = begun.headers["set-cookie"].lower()
    assert "; secure" in cookie
    assert "httponly" in cookie
    assert begun.headers["strict-transport-security"].startswith("max-age=")
    page = proxy.get("/fax/explore", headers=html)
    assert (page.status_code, "<title>FaxCloud</title>" in page.text) == (200, True)
    assert "BACKEND_BASE_URL" in page.text, "or a deep link logs two 404s"
    assert not re.search(r'(href|src|action)="/', page.text), "it would leave the path"
    assert not re.search(r'(href|src|action)="/', proxy.get("/fax/signin").text)
    health = proxy.get("/fax/api/v3/health")
    assert health.json()["status"] == "healthy"
    assert "</fax/api/v3/search?" in proxy.get("/fax/api/v3/search?per_page=1", headers=ADMIN).headers.get(
        "link", "</fax/api/v3/search?"
    )
    with visit(f"{proxy.base_url}".rstrip("/") + "/fax", keys["viewer"], origin=PUBLIC) as socket:
        assert session_of(socket)


def test_nginx_with_its_own_name_as_host_and_the_path_left_on_works(
    proxies: tuple[httpx.Client, httpx.Client], keys: dict[str, str]
) -> None:
    proxy = proxies[1]
    assert proxy.get("/fax").headers["location"] == "/fax/"
    assert proxy.get("/fax/api/v3/health").json()["status"] == "healthy"
    assert proxy.get("/fax/explore", headers=ADMIN).status_code == 200
    for path in ("", "/fax"):
        with visit(f"{proxy.base_url}".rstrip("/") + path, keys["viewer"], origin=PUBLIC) as socket:
            assert session_of(socket)
    with (
        pytest.raises(InvalidStatus),
        visit(f"{proxy.base_url}".rstrip("/"), keys["viewer"], origin="https://elsewhere.example"),
    ):
        pass
