"""Permission matrix: every route and page, without a key and with every role.

`ROUTES` and `PAGES` are written by hand, from what the endpoints do and not from what they declare. One that
is missing here fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from streamlit.testing.v1 import AppTest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from faxcloud.api.app import create_api
from faxcloud.api.web.downloads import download_routes
from faxcloud.api.web.shares import share_routes
from faxcloud.api.web.signin import signin_routes
from faxcloud.domain.filters import Filters, Paging
from faxcloud.domain.roles import PERMISSIONS, ROLES, Permission, Role, may, not_allowed
from faxcloud.i18n import Language, translator
from faxcloud.services.sample.export import write_sample
from faxcloud.ui.navigation import PLACES, page_file
from faxcloud.ui.running import Running, running
from tests.api.guarded_server import guarded_server
from tests.api.serving import Server, served

UNKNOWN = "20260101-000000-aaaaaa"
"""The id of nothing: what may be destroyed is not there."""


@dataclass(frozen=True)
class Ask:
    """One question to a route.

    Attributes:
        permission: What the route asks for; None where no key is needed.
        expected: The status for whoever may.
        own, other: The status for a key with one report alone, where the path names that one or another one;
            None where the role does not allow it anyway or the path names none.
    """

    permission: Permission | None
    expected: int = 200
    query: str = ""
    body: Any = None
    own: int | None = 200
    other: int | None = None


OF_REPORT = {"own": 200, "other": 404}
ROUTES: dict[str, Ask] = {
    "GET /v3/health": Ask(None),
    "GET /openapi.json": Ask(None),
    "GET /docs": Ask(None),
    "GET /v3/stats": Ask("aggregates.read"),
    "GET /v3/timeline": Ask("aggregates.read"),
    "GET /v3/breakdown": Ask("aggregates.read", query="by=user"),
    "GET /v3/analytics/report/{report_id}": Ask("aggregates.read", **OF_REPORT),
    "GET /v3/realtime": Ask("rows.read"),
    "GET /v3/search": Ask("rows.read"),
    "GET /v3/search/{report_id}": Ask("rows.read", **OF_REPORT),
    "GET /v3/errors/{report_id}": Ask("rows.read", **OF_REPORT),
    "GET /v3/export/{format}": Ask("rows.export"),
    "GET /v3/export/{report_id}/{format}": Ask("rows.export", **OF_REPORT),
    "GET /v3/reports": Ask("reports.read"),
    "GET /v3/reports/{report_id}": Ask("reports.read", **OF_REPORT),
    "GET /v3/reports/{report_id}/rejects": Ask("rejects.read", **OF_REPORT),
    "POST /v3/reports": Ask("reports.import", 422, body="no export", own=403),
    "PATCH /v3/reports/{report_id}": Ask("reports.change", body={"contract": None}, **OF_REPORT),
    "DELETE /v3/reports/{report_id}": Ask("reports.delete", 404, own=None, other=404),
    "GET /v3/validation-runs": Ask("validation.read"),
    "GET /v3/validation-runs/{run_id}": Ask("validation.read", 404, own=404),
    "POST /v3/validate": Ask("validation.run", body={"dry_run": True}, own=403),
    "GET /v3/rulesets": Ask("rulesets.read"),
    "GET /v3/rulesets/{ruleset_id}": Ask("rulesets.read"),
    "WS /v3/stream": Ask("stream.read", 101, own=101),
    "GET /v3/alerts": Ask("alerts.read"),
    "POST /v3/alerts/{alert_id}/acknowledge": Ask("alerts.acknowledge", 404, own=404),
    "POST /v3/alerts/{alert_id}/resolve": Ask("alerts.acknowledge", 404, own=404),
    "GET /v3/alert-rules": Ask("alerts.change", own=403),
    "PUT /v3/alert-rules": Ask("alerts.change", body={"alert_rules": []}, own=403),
    "GET /v3/webhooks": Ask("webhooks.read"),
    "GET /v3/webhooks/{webhook_id}/deliveries": Ask("webhooks.read", 404),
    "POST /v3/webhooks/register": Ask("webhooks.change", 422, body={"url": "x", "event": "error"}),
    "DELETE /v3/webhooks/{webhook_id}": Ask("webhooks.change", 404),
    "POST /v3/webhooks/{webhook_id}/test": Ask("webhooks.change", 404),
    "POST /v3/webhooks/deliveries/{delivery_id}/replay": Ask("webhooks.change", 404),
    "GET /admin/metrics": Ask("metrics.read"),
    "GET /metrics": Ask("metrics.read"),
    "GET /admin/cache": Ask("metrics.read"),
    "DELETE /admin/cache": Ask("cache.clear"),
    "GET /admin/health/detailed": Ask("health.read_in_full"),
    "GET /admin/audit": Ask("audit.read"),
    "GET /admin/audit/verify": Ask("audit.read"),
    "GET /admin/audit/export/{format}": Ask("audit.read"),
}

PAGES: dict[str, Permission | None] = {
    "dashboard": None,
    "explore": None,
    "alerts": "alerts.read",
    "users": None,
    "usage": "usage.read",
    "corrections": None,
    "imports": None,
    "report": None,
    "mailings": "mailings.read",
    "rules": None,
    "help": None,
    "admin": "metrics.read",
}
"""What a page takes beyond a key."""

VIEWERS = tuple(permission for permission, role in PERMISSIONS.items() if role == "viewer")

BESIDE = {
    "GET /signin": 200,
    "POST /signin": 401,
    "GET /signin/{ticket}": 204,
    "POST /signout": 303,
    "GET /download/{ticket}/{name}": 401,
    "GET /shared/{token}": 404,
    "GET /shared/{token}/report.pdf": 404,
    "GET /shared/{token}/report.xlsx": 404,
    "GET /shared/{rest:path}": 404,
}
"""What the server has beside pages and API, and how it answers somebody without a key."""


@dataclass(frozen=True)
class Closed:
    """A server with keys, over two reports."""

    server: Server
    keys: dict[str, str]
    own: str
    other: str

    def told(self, name: str, who: str) -> str:
        """The text of an answer."""
        method, template = name.split()
        with self.server.client(headers={"X-API-Key": self.keys[who]}) as client:
            return client.request(method, f"{self._path(template, self.own)}?{ROUTES[name].query}").text

    def ask(self, name: str, who: str, report_id: str | None = None) -> int:
        """The status of an answer."""
        ask, (method, template) = ROUTES[name], name.split()
        path = self._path(template, report_id or (UNKNOWN if method == "DELETE" else self.own))
        headers = {"X-API-Key": self.keys[who]} if who in self.keys else {}
        if method == "WS":
            return self._connect(path, headers)
        with self.server.client(headers=headers) as client:
            return client.request(method, f"{path}?{ask.query}", json=ask.body).status_code

    def _path(self, template: str, report_id: str) -> str:
        ids = dict.fromkeys(("run_id", "webhook_id", "delivery_id", "alert_id"), UNKNOWN)
        values = {"report_id": report_id, "format": "csv", "ruleset_id": "faxcloud-3"}
        return "/api" + template.format(**values, **ids)

    def _connect(self, path: str, headers: dict[str, str]) -> int:
        try:
            with connect(self.server.url.replace("http", "ws") + path, additional_headers=headers):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closed]:
    folder = tmp_path_factory.mktemp("roles")
    with served(folder / "store", wrong_keys=1_000_000) as server:
        services = server.services
        own, other = (
            services.imports.import_file(write_sample(folder / f"{n}.csv", 40 + n, seed=n).path).report_id
            for n in (1, 2)
        )
        keys = {role: services.keys.create(role, role).key for role in ROLES}
        keys |= {
            f"{role} of one report": services.keys.create(f"{role} of one", role, reports=[own]).key
            for role in ("viewer", "analyst")
        }
        yield Closed(server, keys, own, other)


def asked(dependant: Dependant) -> Iterator[Permission]:
    for each in dependant.dependencies:
        if (permission := getattr(each.call, "permission", None)) is not None:
            yield permission
        yield from asked(each)


def declared() -> dict[str, list[Permission]]:
    """By method and path of the real routes, the permissions that they declare."""
    found = {}
    for context in iter_route_contexts(create_api(lambda: pytest.fail("no service is needed")).routes):
        route = context.route
        assert isinstance(route, APIRoute | APIWebSocketRoute), f"{route} declares nothing"
        methods = ["WS"] if isinstance(route, APIWebSocketRoute) else sorted(route.methods)
        found |= {f"{method} {context.path}": list(asked(route.dependant)) for method in methods}
    return found


def test_every_route_declares_the_permission_that_it_is_known_to_take():
    known = {name: [] if ask.permission is None else [ask.permission] for name, ask in ROUTES.items()}
    assert declared() == known


def test_the_document_says_of_every_operation_what_it_takes():
    document = create_api(lambda: pytest.fail("no service is needed")).openapi()
    said = {
        f"{method.upper()} {path}": operation.get("x-permission")
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    unsaid = {"GET /openapi.json", "GET /docs", "WS /v3/stream"}
    assert said == {name: ask.permission for name, ask in ROUTES.items() if name not in unsaid}


def test_every_permission_is_asked_for_by_somebody():
    """By a route here, or by a page or command alone."""
    elsewhere = {"rows.read_in_full", "keys.read", "keys.change"}
    elsewhere |= {"store.maintain", "privacy.change", "settings.change", "channels.change"}
    elsewhere |= {"views.change", "views.share", "shares.read", "shares.change", "usage.read", "usage.export"}
    elsewhere |= {"mailings.read", "mailings.change"}
    assert {ask.permission for ask in ROUTES.values()} - {None} == PERMISSIONS.keys() - elsewhere


@pytest.mark.parametrize("name", ROUTES)
def test_without_a_key_only_what_is_public_answers(name: str, closed: Closed):
    assert closed.ask(name, "nobody") == (200 if ROUTES[name].permission is None else 401)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ROUTES)
def test_each_role_gets_from_each_route_what_the_table_says(name: str, role: Role, closed: Closed):
    ask = ROUTES[name]
    allowed = ask.permission is None or may(role, ask.permission)
    assert closed.ask(name, role) == (ask.expected if allowed else 403)


@pytest.mark.parametrize("role", ["viewer", "analyst"])
@pytest.mark.parametrize("name", ROUTES)
def test_a_key_of_one_report_gets_that_one_and_does_not_learn_of_others(
    name: str, role: Role, closed: Closed
):
    ask, who = ROUTES[name], f"{role} of one report"
    allowed = ask.permission is None or may(role, ask.permission)
    if ask.own is not None:
        assert closed.ask(name, who, closed.own) == (ask.own if allowed else 403)
    if ask.other is not None:
        assert closed.ask(name, who, closed.other) == (ask.other if allowed else 403)
        assert closed.ask(name, who, UNKNOWN) == (404 if allowed else 403), "as if there were none"


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_no_answer_to_a_key_of_one_report_has_anything_of_another(role: Role, closed: Closed):
    """Asked first by an administrator, so that everything is in the caches."""
    total = closed.server.services.reports.show(closed.own)["imported"]
    for name, ask in ROUTES.items():
        if (
            not name.startswith("GET")
            or "{" in name
            or ask.permission is None
            or not may(role, ask.permission)
        ):
            continue
        closed.ask(name, "admin")
        headers = {"X-API-Key": closed.keys[f"{role} of one report"]}
        with closed.server.client(headers=headers) as client:
            answer = client.get(f"/api{name.split()[1]}?{ask.query}")
            assert closed.other not in answer.text, name
            if name in ("GET /v3/stats", "GET /v3/search"):
                assert answer.json()["total"] == total


def test_no_answer_to_a_viewer_has_a_number_an_address_or_a_fax_in_full(closed: Closed):
    """Asked first by an analyst, so that everything in full is in the caches."""
    personal = ("fax_id", "numero_original", "numero_normalise", "numero_envoi", "email")
    rows = closed.server.services.search.page(Filters(), Paging(per_page=100)).results
    known = {str(row[name]) for row in rows for name in personal if row[name]}
    assert len(known) > len(rows)
    for name in ROUTES:
        if name.startswith("GET"):
            in_full = closed.told(name, "admin")
            for_viewers = closed.told(name, "viewer")
            assert not {each for each in known if each in for_viewers}, name
            if name.startswith("GET /v3/search"):
                assert any(each in in_full for each in known), name


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "TRACE"])
def test_no_other_method_is_a_way_around(method: str, closed: Closed):
    with closed.server.client() as client:
        for name, ask in ROUTES.items():
            path = "/api" + name.split()[1].replace("{", "").replace("}", "")
            answer = client.request(method, path)
            public = ask.permission is None and method == "HEAD"
            assert answer.status_code == 200 if public else answer.status_code in (401, 404, 405, 422), name


def test_every_page_of_the_menu_takes_what_it_is_known_to_take():
    assert {place.name: place.permission for place in PLACES} == PAGES
    files = {Path(page_file(place.name)) for place in PLACES}
    assert set(Path(page_file("admin")).parent.glob("*.py")) == files


def beside() -> dict[str, str]:
    """Method and path of the routes beside pages and API."""
    unasked: Any = lambda: pytest.fail("asked")  # noqa: E731 - as three functions want it
    routes = [*download_routes(unasked), *signin_routes(unasked), *share_routes(unasked)]
    return {f"{next(iter(route.methods - {'HEAD'}))} {route.path}": route.path for route in routes}


def test_routes_outside_the_pages_answer_requests_without_a_key_as_listed(tmp_path: Path):
    assert beside().keys() == BESIDE.keys()
    with guarded_server(tmp_path / "store", admin_key="the-key-of-the-tests") as at:
        for name, expected in BESIDE.items():
            method, path = name.split()
            assert at.ask(path, method, data={"key": "x"} if method == "POST" else None).status_code == (
                expected
            ), name


@pytest.mark.parametrize("page", PAGES)
def test_a_page_sends_strangers_to_the_sign_in(page: str, tmp_path: Path):
    with guarded_server(tmp_path / "store", admin_key="the-key-of-the-tests") as at:
        place = page.removeprefix("dashboard")  # it is at `/`
        answer = at.ask(f"/{place}", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/signin?next=%2F{place}")


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """What the pages stand on, over a report with a reject."""
    monkeypatch.setenv("FAXCLOUD_HOME", str(tmp_path / "store"))
    st.cache_resource.clear()
    application = running()
    export = write_sample(tmp_path / "export.csv", 30).path
    with export.open("a", encoding="cp1252") as file:
        file.write("a;record;that;is;none\n")
    application.services.imports.import_file(export)
    yield application
    application.close()
    st.cache_resource.clear()


def page_for(role: Role, page: str, **limits: Any) -> AppTest:
    """A page as that role sees it."""

    def script(path, role, limits) -> None:
        import runpy

        from faxcloud.services.actors import Actor, acting
        from faxcloud.ui.errors import shown_errors

        with acting(Actor("key:x", role, **limits)), shown_errors():
            runpy.run_path(path)

    options = {"path": page_file(page), "role": role, "limits": limits}
    return AppTest.from_function(script, kwargs=options, default_timeout=60).run()


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("page", PAGES)
def test_each_role_gets_each_page_or_is_told_that_it_does_not(page: str):
    permission = PAGES[page]
    for role in ROLES:
        app = page_for(role, page)
        assert not app.exception
        assert len(app.error) == (0 if permission is None or may(role, permission) else 1), role


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("page", [place.name for place in PLACES if place.permission in (None, *VIEWERS)])
def test_a_page_of_a_viewers_menu_refuses_no_viewer(page: str):
    for limits in ({"contracts": ("C-7",)}, {"names": "hidden"}):
        app = page_for("viewer", page, **limits)
        assert not app.exception
        assert [error.value for error in app.error] == []


OFFERS: dict[tuple[str, str], Permission] = {
    ("imports", "file_uploader"): "reports.import",
    ("admin", "metric"): "metrics.read",
    ("dashboard", "metric"): "aggregates.read",
}
"""By page and element, without which permission there is none."""


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("page", "element"), OFFERS)
def test_a_page_offers_a_role_what_it_may_do_and_nothing_else(page: str, element: str, role: Role):
    assert bool(page_for(role, page).get(element)) == may(role, OFFERS[page, element])


def test_a_viewer_is_told_who_can_add_an_alert_rule_and_why_names_cannot_be_searched(shared: Running):
    assert [info.value for info in page_for("viewer", "alerts").info] == [
        "Nothing is monitored: there is no rule yet. An analyst or an administrator can add one."
    ]
    for names, reason in (
        ("shown", "Part of a name"),
        ("initials", "Your role sees masked names"),
        ("hidden", "Your role sees masked names"),
    ):
        (search,) = page_for("viewer", "users", names=names).text_input
        assert (search.placeholder, search.disabled) == (reason, names != "shown")
    for names, reason in (
        ("shown", "Your role sees masked numbers"),
        ("hidden", "Your role sees masked numbers and names"),
    ):
        search = page_for("viewer", "explore", names=names).text_input(key="filter_q")
        assert (search.placeholder, search.disabled) == (reason, True)


@pytest.mark.parametrize(
    ("permission", "language", "sentences"),
    [
        ("rows.export", "fr", ("Le rôle lecteur ", " de rôle analyste ou administrateur. ")),
        ("rows.export", "en", ("The role viewer ", " with the role analyst or administrator. ")),
        ("keys.change", "fr", ("Le rôle lecteur ", " de rôle administrateur. ")),
        ("keys.change", "en", ("The role viewer ", " with the role administrator. ")),
    ],
)
def test_a_refusal_names_the_roles_in_the_readers_language(
    permission: Permission, language: Language, sentences: tuple[str, str]
):
    said = not_allowed("viewer", permission).render(translator(language))
    assert [part in text for part, text in zip(sentences, said, strict=True)] == [True, True]


def test_a_viewers_list_of_faxes_has_no_number_and_no_name_in_full(shared: Running):
    fax = shared.services.search.page(Filters(), Paging(per_page=1)).results[0]
    seen = {role: str([frame.value for frame in page_for(role, "explore").dataframe]) for role in ROLES}
    assert fax["fax_id"] in seen["analyst"]
    assert fax["fax_id"] not in seen["viewer"]
