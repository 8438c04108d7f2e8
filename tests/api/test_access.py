"""Authentication middleware: admitted and refused requests, and their actors."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faxcloud.api.http.authentication import requires
from faxcloud.domain.roles import PERMISSIONS, ROLES, may
from faxcloud.services.access.key_checks import FRESH_S
from faxcloud.services.access.login_throttle import MOST_REMEMBERED, MOST_WRONG_BY_ADDRESS, LoginThrottle
from tests.api.guarded_server import GuardedServer, guarded_server

Open = Callable[..., GuardedServer]


@pytest.fixture
def open_server(tmp_path: Path) -> Iterator[GuardedServer]:
    """A server without any key."""
    with guarded_server(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[GuardedServer]:
    """A server for which an administrator has made a key."""
    with guarded_server(tmp_path / "store") as opened:
        opened.services.keys.create("first", "admin")
        yield opened


def key(at: GuardedServer, role: str = "viewer", **limits: object) -> dict[str, str]:
    """The header with a new key of that role."""
    return {"X-API-Key": at.services.keys.create(role, role, **limits).key}  # type: ignore[arg-type]


def problem(answer: object) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    document = answer.json()  # type: ignore[attr-defined]
    assert document["status"] == answer.status_code  # type: ignore[attr-defined]
    return document["status"], document["code"]


def test_while_no_key_was_made_the_local_user_may_do_all(open_server: GuardedServer):
    answer = open_server.ask()
    assert (answer.json()["name"], answer.json()["role"], answer.json()["acts"]) == (
        "local",
        "admin",
        "local",
    )
    assert open_server.ask("/dashboard").json()["acts"] == "local"
    assert open_server.connect()[0] == "websocket.accept"


@pytest.mark.parametrize("path", ["/api/me", "/api/health", "/", "/static/app.js"])
def test_while_no_key_was_made_no_other_machine_is_answered(path: str, open_server: GuardedServer):
    assert problem(open_server.ask(path, client=("192.168.1.7", 1))) == (403, "access.local_only")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_an_unnamed_proxy_on_this_machine_does_not_open_it_to_others(header: str, open_server: GuardedServer):
    assert problem(open_server.ask(headers={header: "127.0.0.1"})) == (403, "access.local_only")


def test_once_a_key_was_made_the_local_user_needs_one_too(closed: GuardedServer):
    assert problem(closed.ask()) == (401, "access.key_required")
    assert closed.ask().headers["www-authenticate"].startswith("Bearer")
    assert closed.ask(headers=key(closed)).json()["role"] == "viewer"


def test_a_key_is_read_from_either_header(closed: GuardedServer):
    given = key(closed, "analyst")
    bearer = {"Authorization": f"bearer {given['X-API-Key']}"}
    assert closed.ask(headers=given).json() == closed.ask(headers=bearer).json()


def test_the_endpoint_acts_as_whoever_holds_the_key(closed: GuardedServer):
    answer = closed.ask(headers=key(closed, "admin"), client=("192.0.2.9", 1)).json()
    assert answer["acts"] == answer["name"]
    assert answer["name"].startswith("key:")
    assert answer["address"] == "192.0.2.9"
    assert closed.ask("/api/health").json() == {"acts": "nobody"}


@pytest.mark.parametrize("wrong", ["", "x", "fc_0123456789ab_" + "0" * 48, "é" * 9_000])
def test_a_wrong_key_is_refused_even_where_none_is_needed(wrong: str, closed: GuardedServer):
    for path in ("/api/me", "/api/health", "/signin"):
        answer = closed.ask(path, headers={"X-API-Key": wrong.encode()})  # type: ignore[dict-item]
        assert problem(answer) == (401, "access.key_refused")


def test_a_key_with_another_secret_is_refused(closed: GuardedServer):
    good = key(closed)["X-API-Key"]
    assert problem(closed.ask(headers={"X-API-Key": good[:-1] + ("0" if good[-1] != "0" else "1")}))[0] == 401


def test_guessing_is_slowed_by_address_and_known_keys_go_on(closed: GuardedServer):
    good = key(closed)
    assert closed.ask(headers=good).status_code == 200
    statuses = [closed.ask(headers={"X-API-Key": f"guess-{n}"}).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert closed.ask(headers=good).status_code == 200
    assert closed.ask(headers={"X-API-Key": "guess"}, client=("192.0.2.1", 1)).status_code == 401


def test_guesses_at_one_key_do_not_keep_out_another_from_the_same_address(closed: GuardedServer):
    first, second = key(closed), key(closed)
    wrong = first["X-API-Key"][:-4] + "0000"
    statuses = [closed.ask(headers={"X-API-Key": wrong}).status_code for _ in range(12)]
    statuses += [closed.ask(headers={"X-API-Key": f"guess-{n}"}).status_code for n in range(12)]
    assert statuses == ([401] * 10 + [429] * 2) * 2
    assert closed.ask(headers=first).status_code == 429  # never shown before
    assert closed.ask(headers=second).status_code == 200
    assert closed.ask("/signin", "POST", data={"key": second["X-API-Key"]}).status_code == 303


def test_guesses_at_many_keys_are_slowed_by_address_in_bounded_memory():
    now = [0.0]
    attempts = LoginThrottle(lambda: now[0])
    logged = [attempts.failed("192.0.2.1", f"{n:04}") for n in range(MOST_WRONG_BY_ADDRESS)]
    assert logged == [True] * 10 + [False] * (MOST_WRONG_BY_ADDRESS - 10)
    assert attempts.wait_s("192.0.2.1", "another") == 60
    assert attempts.wait_s("192.0.2.2", "another") == 0
    now[0] = 60.0
    assert attempts.wait_s("192.0.2.1", "another") == 0
    for n in range(MOST_REMEMBERED):
        attempts.failed(f"address {n}", "key")
    assert len(attempts._wrong) == MOST_REMEMBERED


def test_guessing_from_many_addresses_of_one_home_is_slowed_too(closed: GuardedServer):
    homes = [(f"2001:db8::{n:x}", 1) for n in range(1, 13)]
    statuses = [closed.ask(headers={"X-API-Key": "guess"}, client=home).status_code for home in homes]
    assert statuses == [401] * 10 + [429] * 2
    posts = [closed.ask("/signin", "POST", data={"key": "guess"}, client=home).status_code for home in homes]
    assert posts == [401] * 10 + [429] * 2


def test_too_many_attempts_are_answered_with_retry_after(closed: GuardedServer):
    answers = [closed.ask(headers={"X-API-Key": f"guess-{n}"}) for n in range(11)]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_guesses_from_the_same_address_do_not_keep_out_a_key_whose_use_is_to_be_noted(
    closed: GuardedServer, monkeypatch: pytest.MonkeyPatch
):
    good = key(closed)
    assert closed.ask(headers=good).status_code == 200
    for n in range(11):
        closed.ask(headers={"X-API-Key": f"guess-{n}"})
    monkeypatch.setattr("faxcloud.services.access.key_checks.TOUCH_S", 0.0)  # as a minute later
    assert closed.ask(headers=good).status_code == 200
    assert closed.ask(headers={"X-API-Key": "guess"}).status_code == 429


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(role: str, closed: GuardedServer):
    given = key(closed, role)
    asked = {"aggregates.read": "/api/me", "reports.import": "/api/things", "keys.read": "/api/secrets/x"}
    for permission, path in asked.items():
        method = "POST" if path == "/api/things" else "GET"
        expected = 200 if may(role, permission) else 403  # type: ignore[arg-type]
        answer = closed.ask(path, method, given)
        assert answer.status_code == expected
        if expected == 403:
            assert problem(answer) == (403, "access.not_allowed")


def test_a_dependency_names_its_permission_for_the_table_of_routes():
    assert all(requires(permission).dependency.permission == permission for permission in PERMISSIONS)


def test_without_the_access_middleware_an_endpoint_admits_nobody(closed: GuardedServer):
    bare = GuardedServer(
        closed.services, next(route.app for route in closed.app.routes if route.path == "/api")
    )  # type: ignore[attr-defined]
    assert problem(bare.ask("/me", headers=key(closed, "admin"))) == (401, "access.key_required")


@pytest.mark.parametrize(
    "host", ["localhost:8501", "127.0.0.1", "[::1]:8501", "192.168.1.5", "fax.localhost"]
)
def test_this_machine_answers_to_its_own_names(host: str, open_server: GuardedServer):
    assert open_server.ask(host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8501",
        "@",
        "[",
        "[::1",
        "127.0.0.1:8501, evil.example",
    ],
)
def test_another_name_is_another_site(host: str, open_server: GuardedServer):
    for path in ("/api/me", "/", "/signin"):
        assert problem(open_server.ask(path, host=host)) == (421, "access.host_refused")
    assert open_server.connect({"host": host}) == ["websocket.close"]


def test_a_server_answers_to_the_names_that_its_administrator_gave_it(tmp_path: Path):
    with guarded_server(tmp_path, hosts="Fax.Example.org") as named:
        assert named.ask(host="fax.example.org:443").status_code == 200
        assert named.ask(host="FAX.EXAMPLE.ORG.").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_can_neither_post_nor_fetch_nor_connect(site: str, open_server: GuardedServer):
    assert problem(open_server.ask("/api/things", "POST", {"Sec-Fetch-Site": site}))[1] == "access.cross_site"
    fetched = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert open_server.ask(headers=fetched).status_code == 403
    framed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert open_server.ask("/", headers=framed).status_code == 403
    assert open_server.connect({"Sec-Fetch-Site": site}) == ["websocket.close"]


def test_a_link_on_another_site_opens_a_page(open_server: GuardedServer):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert open_server.ask("/", headers=link).status_code == 200
    assert open_server.ask("/", "POST", link).status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "file://", "http://["]
)
def test_a_post_from_another_origin_is_refused_where_a_browser_says_no_more(
    origin: str, open_server: GuardedServer
):
    assert problem(open_server.ask("/api/things", "POST", {"Origin": origin}))[1] == "access.cross_site"
    assert open_server.connect({"Origin": origin}) == ["websocket.close"]


def test_a_post_from_our_own_page_or_from_a_program_comes_in(open_server: GuardedServer):
    own = {"Origin": "http://127.0.0.1:8501", "Sec-Fetch-Site": "same-origin"}
    assert open_server.ask("/api/things", "POST", own).status_code == 200
    assert open_server.ask("/api/things", "POST", {"Origin": own["Origin"]}).status_code == 200
    assert open_server.ask("/api/things", "POST").status_code == 200


def test_the_client_behind_a_named_proxy_is_the_one_that_it_reports(tmp_path: Path):
    with guarded_server(tmp_path, trusted_proxies="10.0.0.0/8", admin_key="s3cret-key") as behind:
        given = {"X-API-Key": "s3cret-key", "X-Forwarded-For": "127.0.0.1, 203.0.113.7, 10.1.1.1"}
        answer = behind.ask(headers=given, client=("10.0.0.1", 1)).json()
        assert (answer["address"], answer["came_from"]) == ("203.0.113.7", "203.0.113.7")
        answer = behind.ask(headers=given, client=("192.0.2.1", 1)).json()
        assert answer["address"] == "192.0.2.1"


def test_what_uvicorn_believes_of_an_unnamed_proxy_is_not_believed_here(tmp_path: Path):
    with guarded_server(tmp_path, admin_key="s3cret-key") as behind:
        given = {"X-API-Key": "s3cret-key", "X-Forwarded-For": "203.0.113.7"}
        answer = behind.ask(headers=given, client=("203.0.113.7", 0)).json()
        assert answer["address"] == "127.0.0.1"


@pytest.mark.parametrize("path", ["/", "/explore?status=invalid", "/admin"])
def test_a_page_sends_a_visitor_to_the_sign_in(path: str, closed: GuardedServer):
    answer = closed.ask(path, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/signin?next=%2F")


@pytest.mark.parametrize(
    "path", ["/media/x.csv", "/download/t/x.csv", "/_stcore/metrics", "/_stcore/upload_file/a/b"]
)
def test_what_is_no_page_asks_for_a_key(path: str, closed: GuardedServer):
    assert problem(closed.ask(path, headers={"Accept": "*/*"})) == (401, "access.key_required")
    assert closed.ask(path, "PUT").status_code == 401


@pytest.mark.parametrize(
    "path", ["/static/app.js", "/_stcore/health", "/favicon.png", "/api/health", "/signin"]
)
def test_what_is_the_same_everywhere_needs_no_key(path: str, closed: GuardedServer):
    assert closed.ask(path).status_code == 200


def test_the_pages_socket_needs_a_session(closed: GuardedServer):
    assert closed.connect() == ["websocket.close"]
    assert closed.connect(key(closed))[0] == "websocket.accept"


def test_where_accounts_sign_in_inside_a_page_the_page_is_served(closed: GuardedServer):
    closed.services.keys.has_accounts = True
    assert closed.connect()[0] == "websocket.accept"
    assert closed.ask("/", headers={"Accept": "text/html"}).json()["acts"] == "nobody"
    assert closed.ask().status_code == 401


def test_a_refused_access_is_audited_without_what_was_asked_for(closed: GuardedServer):
    closed.ask("/api/secrets/0145221134", headers=key(closed))
    closed.ask("/api/me?q=0145221134", client=("192.0.2.1", 1))
    last = [event for event in closed.audited() if event["action"] == "access.refused"][-2:]
    assert [(event["outcome"], event["details"]["reason"]) for event in last] == [
        ("refused", "access.not_allowed"),
        ("refused", "access.key_required"),
    ]
    assert last[0]["actor"].startswith("key:")
    assert (last[1]["actor"], last[1]["address"]) == ("nobody", "192.0.2.1")
    assert last[0]["details"]["permission"] == "keys.read"
    assert "0145221134" not in str(last)


def test_a_flood_of_refusals_does_not_fill_the_audit_log(closed: GuardedServer):
    before = len(closed.audited())
    for _ in range(30):
        closed.ask()
    assert 0 < len(closed.audited()) - before <= 10


def test_a_key_that_another_process_revokes_is_dead_within_a_second(tmp_path: Path):
    with guarded_server(tmp_path / "store") as here:
        given = key(here, "admin")
        assert here.ask(headers=given).status_code == 200
        key_id = given["X-API-Key"].split("_")[1]
        code = (
            "import sys; from pathlib import Path; from faxcloud.config import Settings;"
            "from faxcloud.services.actors import SYSTEM, acting; from faxcloud.wiring import build\n"
            "with acting(SYSTEM): build(Settings(home=Path(sys.argv[1]))).keys.revoke(sys.argv[2])"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path / "store"), key_id], check=True)
        deadline = time.monotonic() + 2 * FRESH_S
        while here.ask(headers=given).status_code == 200:
            assert time.monotonic() < deadline
        assert problem(here.ask(headers=given)) == (401, "access.key_refused")


def test_a_named_proxy_on_another_machine_reports_tls(tmp_path: Path):
    forwarded = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    with guarded_server(tmp_path / "store", admin_key="the-first-key", trusted_proxies="10.0.0.5") as at:
        cookies = {
            proxy: at.ask("/signin", "POST", forwarded, client=(proxy, 50_000), data={"key": "the-first-key"})
            for proxy in ("10.0.0.5", "10.0.0.6")
        }
    secure = {proxy: "secure" in answer.headers["set-cookie"].lower() for proxy, answer in cookies.items()}
    assert secure == {"10.0.0.5": True, "10.0.0.6": False}


def test_a_page_at_another_address_than_the_one_asked_for_shows_an_unnamed_proxy(open_server: GuardedServer):
    """As nginx does by default: neither the page's name as Host, nor X-Forwarded-For."""
    published = {"Origin": "https://fax.example.org", "Sec-Fetch-Site": "same-origin"}
    assert open_server.ask("/api/me", headers=published).status_code == 403
    assert open_server.connect(published) == ["websocket.close"]
