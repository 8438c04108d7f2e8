"""Sign-in with a key: the page, its cookie, the end of the session."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.api.web.signin import local_path
from faxcloud.services.access.sessions import COOKIE, LIFETIME_S, Sessions
from faxcloud.store.records.keys import ended_sessions
from tests.api.guarded_server import GuardedServer, guarded_server


@pytest.fixture
def at(tmp_path: Path) -> Iterator[GuardedServer]:
    with guarded_server(tmp_path / "store", admin_key="the-first-key") as opened:
        yield opened


def sign_in(at: GuardedServer, key: str, there: str = "/") -> dict[str, str]:
    """The header with the cookie of a new session."""
    answer = at.ask(f"/signin?next={there}", "POST", data={"key": key})
    assert answer.status_code == 303, answer.text
    return {"Cookie": f"other=1; {COOKIE}={answer.cookies[COOKIE]}"}


def test_the_page_asks_for_a_key_in_the_visitors_language(at: GuardedServer):
    english = at.ask("/signin", headers={"Accept-Language": "de, en"})
    assert english.status_code == 200
    assert 'lang="en"' in english.text
    assert 'name="key" type="password"' in english.text
    assert 'lang="fr"' in at.ask("/signin", headers={"Accept-Language": "fr"}).text
    assert 'lang="fr"' in at.ask("/signin?lang=fr").text
    assert "prefers-color-scheme: dark" in english.text


def test_the_page_runs_no_script_and_stands_in_no_frame(at: GuardedServer):
    policy = at.ask("/signin").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert at.ask("/signin").headers["cache-control"] == "no-store"


def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(at: GuardedServer):
    answer = at.ask("/signin?next=%2Fexplore%3Fstatus%3Dinvalid", "POST", data={"key": " the-first-key "})
    assert (answer.status_code, answer.headers["location"]) == (303, "/explore?status=invalid")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    assert f"Max-Age={LIFETIME_S}" in cookie
    assert "the-first-key" not in cookie


def test_a_session_opens_pages_socket_and_api(at: GuardedServer):
    session = sign_in(at, "the-first-key")
    assert at.ask(headers=session).json()["name"] == "key:environment"
    assert at.ask("/", headers=session).json()["acts"] == "key:environment"
    assert at.connect(session)[0] == "websocket.accept"
    assert "FAXCLOUD_ADMIN_KEY, role administrator." in at.ask("/signin", headers=session).text
    assert "rôle administrateur." in at.ask("/signin?lang=fr", headers=session).text


def test_a_wrong_key_begins_no_session_and_repeats_nothing(at: GuardedServer):
    answer = at.ask("/signin", "POST", data={"key": "<b>wrong</b>"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "wrong</b>" not in answer.text
    assert 'role="alert"' in answer.text


def test_guessing_at_the_page_is_slowed_and_audited(at: GuardedServer):
    statuses = [at.ask("/signin", "POST", data={"key": f"guess-{n}"}).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    refused = [event for event in at.audited() if event["action"] == "session.refused"]
    assert len(refused) == 10
    assert {(event["actor"], event["outcome"]) for event in refused} == {("nobody", "refused")}


def test_a_sign_in_is_audited(at: GuardedServer):
    sign_in(at, "the-first-key")
    event = at.audited()[-1]
    assert (event["action"], event["actor"], event["address"]) == (
        "session.begin",
        "key:environment",
        "127.0.0.1",
    )


def test_another_site_cannot_sign_somebody_in(at: GuardedServer):
    answer = at.ask("/signin", "POST", {"Origin": "http://evil.example"}, data={"key": "the-first-key"})
    assert answer.status_code == 403


def test_a_form_of_megabytes_is_refused(at: GuardedServer):
    assert at.ask("/signin", "POST", data={"key": "x" * 1_000_000}).status_code == 401


def test_a_form_of_many_fields_is_refused(at: GuardedServer):
    answer = at.ask("/signin", "POST", data={f"field{number}": "x" for number in range(20)})
    assert answer.status_code == 401


def test_a_session_ends_with_its_key(at: GuardedServer):
    made = at.services.keys.create("ann", "analyst")
    session = sign_in(at, made.key)
    assert at.ask(headers=session).json()["role"] == "analyst"
    at.services.keys.revoke(made.key_id)
    assert at.ask(headers=session).status_code == 401
    assert at.connect(session) == ["websocket.close"]


def test_signing_out_ends_the_session_on_the_server(at: GuardedServer):
    session, other = sign_in(at, "the-first-key"), sign_in(at, "the-first-key")
    answer = at.ask("/signout", "POST", headers=session)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert at.audited()[-1]["action"] == "session.end"
    assert at.ask(headers=session).status_code == 401  # somebody may have copied the cookie
    assert at.connect(session) == ["websocket.close"]
    assert at.ask(headers=other).status_code == 200


def test_a_sign_out_is_forgotten_once_the_session_would_have_expired(at: GuardedServer):
    clock = [time.time()]
    sessions = Sessions(
        at.services.keys, at.services.settings, at.services._catalogue, at.services.journal, lambda: clock[0]
    )

    def remembered() -> int:
        with at.services._catalogue.read() as conn:
            return len(ended_sessions(conn))

    for _ in range(3):
        sessions.end(sessions.issue("the-first-key"))
    assert remembered() == 3
    clock[0] += LIFETIME_S
    sessions.end(sessions.issue("the-first-key"))
    assert remembered() == 1


def test_a_ticket_of_a_page_gives_the_browser_its_cookie_for_a_minute(at: GuardedServer):
    ticket = at.services.sessions.hand_over(at.services.sessions.issue("the-first-key"))
    answer = at.ask(f"/signin/{ticket}")
    assert answer.status_code == 204
    assert "HttpOnly; Max-Age=43200; Path=/; SameSite=strict" in answer.headers["set-cookie"]
    assert "set-cookie" not in at.ask("/signin/another").headers
    assert at.ask(f"/signin/{ticket}", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_session_lasts_twelve_hours(at: GuardedServer):
    clock = [time.time()]
    sessions = Sessions(
        at.services.keys, at.services.settings, at.services._catalogue, at.services.journal, lambda: clock[0]
    )
    cookie = sessions.issue("the-first-key")
    clock[0] += LIFETIME_S - 2
    assert sessions.actor(cookie) is not None
    clock[0] += 2
    assert sessions.actor(cookie) is None


@pytest.mark.parametrize("place", range(0, 104, 8))
def test_a_cookie_that_was_touched_is_none(place: int, at: GuardedServer):
    cookie = at.services.sessions.issue("the-first-key")
    touched = cookie[:place] + ("a" if cookie[place] != "a" else "b") + cookie[place + 1 :]
    assert at.services.sessions.actor(cookie) is not None
    assert at.services.sessions.actor(touched) is None


def test_a_changed_key_of_the_environment_ends_its_sessions(tmp_path: Path):
    with guarded_server(tmp_path, admin_key="the-first-key") as before:
        session = sign_in(before, "the-first-key")
        assert before.ask(headers=session).status_code == 200
    with guarded_server(tmp_path, admin_key="the-second-key") as after:
        assert after.ask(headers=session).status_code == 401


def test_a_session_of_another_installation_is_none_here(at: GuardedServer, tmp_path: Path):
    with guarded_server(tmp_path / "other", admin_key="the-first-key") as other:
        assert at.ask(headers=sign_in(other, "the-first-key")).status_code == 401


def test_where_no_key_is_needed_the_page_goes_on_at_once(tmp_path: Path):
    with guarded_server(tmp_path) as opened:
        answer = opened.ask("/signin?next=/reports")
        assert (answer.status_code, answer.headers["location"]) == (303, "/reports")


@pytest.mark.parametrize(
    "there",
    [
        "//evil.example",
        "//[",
        "//\u2100.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/\r\nSet-Cookie: a=b",
        "evil",
        "",
        None,
    ],
)
def test_nobody_is_sent_to_another_site(there: str | None):
    assert local_path(there) == "/"
