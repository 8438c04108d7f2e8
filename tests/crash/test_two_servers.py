"""Two real servers on one store, and the state after one is killed."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from faxcloud.services.access.key_checks import FRESH_S
from faxcloud.services.access.sessions import COOKIE
from faxcloud.services.sample.export import write_sample
from faxcloud.wiring import Services
from tests.crash.whole_server import ADMIN, ADMIN_KEY, WAIT_S, WholeServer
from tests.live_store import opened, some_rows, stored_rows, stray_files, write_export
from tests.waiting import wait_until
from tests.webhook_receiver import LOOPBACK, Receiver, hang, receiving, status

pytestmark = pytest.mark.crash

LIMIT = 300
SETTINGS = {"FAXCLOUD_RATE_LIMIT": f"{LIMIT}/minute", "FAXCLOUD_WEBHOOK_NETWORKS": LOOPBACK}
SLACK_S = 1.0
"""For the two requests themselves, beside `FRESH_S`."""


def total(server: WholeServer, query: str = "") -> int:
    return int(server.ask("GET", f"/api/v3/stats?{query}").json()["total"])


def import_through(server: WholeServer, path: Path) -> str:
    answer = server.ask("POST", f"/api/v3/reports?name={path.name}", content=path.read_bytes())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["report_id"])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("two") / "store"


@pytest.fixture(scope="module")
def two(home: Path) -> Iterator[tuple[WholeServer, WholeServer]]:
    with opened(home):
        pass
    servers = [WholeServer(home, **SETTINGS)]
    try:
        servers.append(WholeServer(home, **SETTINGS))
        yield servers[0], servers[1]
    finally:
        for server in servers:
            server.kill()


@pytest.fixture
def services(home: Path, two: tuple[WholeServer, WholeServer]) -> Iterator[Services]:
    """A third process on the store: it makes keys, and starts with no report."""
    with opened(home) as found:
        for report in found.reports.list():
            found.reports.delete(report["report_id"])
        found.rulesets.activate("faxcloud-3")
        yield found


@pytest.mark.usefixtures("services")
def test_what_one_server_changes_is_in_the_very_next_answer_of_the_other(
    two: tuple[WholeServer, WholeServer], tmp_path: Path
):
    one, other = two
    for n, (first, second) in enumerate(((one, other), (other, one))):
        assert (total(first), total(second)) == (0, 0)
        report_id = import_through(first, write_export(tmp_path / f"{n}.csv", some_rows(120, n)))
        assert (total(second), total(first)) == (120, 120)
        invalid = total(second, "status=invalid")
        judged = first.ask("POST", "/api/v3/validate", json={"ruleset": "faxcloud-1"}).json()
        assert judged["changed"] > 0
        moved = judged["newly_invalid"] - judged["newly_valid"]
        assert total(second, "status=invalid") == invalid + moved
        assert second.ask("GET", "/api/v3/rulesets").json()["active"] == "faxcloud-1"
        assert first.ask("DELETE", f"/api/v3/reports/{report_id}").status_code == 204
        assert total(second) == 0
        assert second.ask("GET", f"/api/v3/reports/{report_id}").status_code == 404
        assert second.ask("POST", "/api/v3/validate", json={"ruleset": "faxcloud-3"}).status_code == 200


def test_a_key_is_known_to_both_at_once_and_dead_on_both_when_it_is_revoked(
    two: tuple[WholeServer, WholeServer], services: Services
):
    new = services.keys.create("a key of a test", "viewer")
    held = {"X-API-Key": new.key}
    assert [server.ask("GET", "/api/v3/stats", headers=held).status_code for server in two] == [200, 200]
    services.keys.revoke(new.key_id)
    ends = time.monotonic() + FRESH_S + SLACK_S
    for server in two:
        while server.ask("GET", "/api/v3/stats", headers=held).status_code == 200:
            assert time.monotonic() < ends, "a revoked key goes on"
    assert {server.ask("GET", "/api/v3/stats", headers=held).status_code for server in two} == {401}


def test_a_session_begun_at_one_server_holds_at_the_other_and_ends_with_its_key(
    two: tuple[WholeServer, WholeServer], services: Services
):
    one, other = two
    new = services.keys.create("a session of a test", "viewer")
    begun = one.ask("POST", "/signin", headers={}, data={"key": new.key})
    session = {"Cookie": f"{COOKIE}={begun.cookies[COOKIE]}"}
    assert other.ask("GET", "/explore", headers=session).status_code == 200
    services.keys.revoke(new.key_id)
    wait_until(lambda: other.ask("GET", "/explore", headers=session).status_code == 401)


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/stream",
        "/dashboard/_stcore/stream",
        "/api/v3/stream",
        "/component/x",
        "/static/x",
        "/auth/x",
    ],
)
def test_no_web_socket_opens_without_a_key(path: str, two: tuple[WholeServer, WholeServer]):
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(two[0].url.replace("http", "ws") + path),
    ):
        pass
    assert refused.value.response.status_code in (401, 403)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_stcore/metrics"),
        ("GET", "/_stcore/script-health-check"),
        ("GET", "/dashboard/_stcore/health"),
        ("GET", "/media/x.csv"),
        ("GET", "/download/a/b"),
        ("GET", "/app/static/x"),
        ("GET", "/API/v3/stats"),
        ("GET", "//api/v3/stats"),
        ("PUT", "/_stcore/upload_file/a/b"),
        ("DELETE", "/_stcore/upload_file/a/b"),
        ("OPTIONS", "/explore"),
        ("TRACE", "/explore"),
    ],
)
def test_nothing_of_streamlits_own_answers_without_a_key(
    method: str, path: str, two: tuple[WholeServer, WholeServer]
):
    assert two[0].ask(method, path, headers={}).status_code == 401


def test_limits_are_counted_by_each_server_where_they_share_no_redis(two: tuple[WholeServer, WholeServer]):
    one, other = two
    path = "/api/v3/rulesets/faxcloud-3"
    with httpx.Client(base_url=one.url, headers=ADMIN, timeout=WAIT_S) as client:
        answered = Counter(client.get(path).status_code for _ in range(LIMIT + 5))
    assert answered == {200: LIMIT, 429: 5}
    assert other.ask("GET", path).status_code == 200


@pytest.mark.usefixtures("services")
def test_two_servers_make_each_attempt_at_a_delivery_once(
    two: tuple[WholeServer, WholeServer], tmp_path: Path
):
    with receiving() as receiver:
        receiver.behaviours = [status(500), status(503), status(500)]
        webhook_id = register(two[0], receiver)
        for n in range(4):
            import_through(two[n % 2], write_export(tmp_path / f"{n}.csv", some_rows(5, 40 + n)))
        found = delivered(two[1], webhook_id, 4)
        assert all(request.verified for request in receiver.received)
        assert Counter(receiver.ids) == {each["delivery_id"]: len(each["attempts"]) for each in found}
        assert len(receiver.ids) == 7
        assert two[1].ask("DELETE", f"/api/v3/webhooks/{webhook_id}").status_code == 200


def register(server: WholeServer, receiver: Receiver) -> str:
    made = server.ask(
        "POST", "/api/v3/webhooks/register", json={"url": receiver.url, "event": "upload_complete"}
    )
    assert made.status_code == 201, made.text
    receiver.secret = made.json()["secret"]
    return str(made.json()["webhook_id"])


def delivered(server: WholeServer, webhook_id: str, count: int) -> list[dict[str, Any]]:
    """The deliveries of a webhook, once that many have come to their receiver."""
    found: list[dict[str, Any]] = []

    def are_done() -> bool:
        answer = server.ask("GET", f"/api/v3/webhooks/{webhook_id}/deliveries")
        found[:] = answer.raise_for_status().json()["results"]
        return [each["state"] for each in found] == ["delivered"] * count

    wait_until(are_done, every_s=0.5)  # within the limit of requests, however slow the machine
    return found


def test_what_a_killed_server_was_delivering_the_next_one_delivers(tmp_path: Path):
    home = tmp_path / "store"
    first = WholeServer(home, **SETTINGS)
    with receiving() as receiver:
        try:
            webhook_id = register(first, receiver)
            receiver.behaviours = [hang]
            for n in range(3):
                import_through(first, write_export(tmp_path / f"{n}.csv", some_rows(5, n)))
            receiver.wait_for(1)
        finally:
            first.kill()
        second = WholeServer(home, **SETTINGS)
        try:
            found = delivered(second, webhook_id, 3)
        finally:
            second.kill()
        assert Counter(receiver.ids) == {each["delivery_id"]: len(each["attempts"]) for each in found}
        interrupted = next(each for each in found if each["delivery_id"] == receiver.ids[0])
        assert [attempt["status"] for attempt in interrupted["attempts"]] == [None, 204]
        assert len({request.message["data"]["report_id"] for request in receiver.received}) == 3


def test_a_server_that_is_stopped_ends_in_peace(tmp_path: Path):
    server = WholeServer(tmp_path / "store", **SETTINGS)
    try:
        with receiving() as receiver:
            register(server, receiver)
            import_through(server, write_export(tmp_path / "export.csv", some_rows(5, 1)))
            receiver.wait_for(1)  # what a server does beside answering has begun
        server.process.send_signal(signal.SIGINT)
        server.process.wait(WAIT_S)
        said = server.log.read_text("utf-8")
        assert "leaked" not in said
        assert "Traceback" not in said
    finally:
        server.kill()


@pytest.mark.parametrize("moment", ["received", "imported"])
def test_a_real_server_killed_in_the_middle_of_an_upload_leaves_nothing_half_done(
    moment: str, tmp_path: Path
):
    home, rows = tmp_path / "store", 60_000  # half of less is not on disk yet
    export = write_sample(tmp_path / "large.csv", rows).path.read_bytes()
    first = WholeServer(home, **SETTINGS)
    address = urlsplit(first.url)
    sent = export if moment == "imported" else export[: len(export) // 2]
    head = (
        "POST /api/v3/reports HTTP/1.1\r\nHost: localhost\r\n"
        f"X-API-Key: {ADMIN_KEY}\r\nContent-Length: {len(export)}\r\n\r\n"
    )
    try:
        with socket.create_connection((address.hostname, address.port)) as connection:
            sending = threading.Thread(target=connection.sendall, args=(head.encode() + sent,))
            sending.start()
            if moment == "imported":
                wait_until(first.imports)
            else:
                wait_until(lambda: any(part.stat().st_size for part in home.glob("uploads/*/content")))
            sending.join()
            first.kill()
    finally:
        first.kill()
    second = WholeServer(home, **SETTINGS)
    try:
        reports = second.ask("GET", "/api/v3/reports?state=ready").json()["total"]
        answer = second.ask("POST", "/api/v3/reports", content=export)
        assert answer.status_code == (409 if reports else 201), answer.text
        assert total(second) == rows
        assert len(stored_rows(home)) == rows
        assert stray_files(home) == []
        wait_until(lambda: not list(home.glob("uploads/*/content")))
        assert "Traceback" not in second.log.read_text("utf-8")
    finally:
        second.kill()
