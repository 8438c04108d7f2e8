"""Freshness of pages and endpoints: after another process changes the store, the next answer is current.

What is right is what a server says that has only just started. A client that asks with the ETag of what it
has got gets 304 only where that is still the same.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from faxcloud.services.monitoring.health import KEPT_S
from faxcloud.ui.navigation import PLACES, page_file
from faxcloud.ui.running import Running, running
from tests.api.serving import served
from tests.contract.test_roles import ROUTES
from tests.live_store import some_rows, write_export
from tests.other_process import OtherProcess

ROOT = Path(__file__).resolve().parents[2]
FRAME = ROOT / "faxcloud" / "ui" / "frame" / "frame.py"

FIRST_ROWS, SECOND_ROWS = 120, 80
CHANGES = ("import", "deletion", "re-validation")
READING = ("dashboard", "explore", "users", "corrections", "imports")
"""Pages with numbers of the data."""

Change = Callable[[str, str], None]

JUDGED = (
    "/v3/stats",
    "/v3/stats?status=invalid",
    "/v3/timeline",
    "/v3/timeline?grain=hour",
    "/v3/breakdown?by=user",
    "/v3/breakdown?by=rule",
    "/v3/breakdown?by=report",
    "/v3/realtime",
    "/v3/search",
    "/v3/search?rule=number.mobile&per_page=5",
    "/v3/export/csv",
    "/v3/export/json?status=invalid",
)
"""Every change here changes these."""

OF_REPORT = (
    "/v3/search/{report_id}",
    "/v3/errors/{report_id}",
    "/v3/analytics/report/{report_id}",
    "/v3/export/{report_id}/csv",
)
"""These a deletion and a re-validation of that report, and no other import."""

OF_CATALOGUE = {
    "/v3/reports": {"import", "deletion"},
    "/v3/reports/{report_id}": {"deletion"},
    "/v3/reports/{report_id}/rejects": {"deletion"},
    "/v3/validation-runs": {"re-validation"},
    "/v3/rulesets": {"re-validation"},
    "/v3/rulesets/faxcloud-3": {"re-validation"},
    "/v3/webhooks": set(),
    # Of actions that asking does not add to.
    "/admin/audit?action=report.import": {"import"},
    "/admin/audit?action=report.delete": {"deletion"},
    "/admin/audit/export/csv?action=report.import": {"import"},
    "/admin/audit/export/json?action=validation.run": {"re-validation"},
}

CHANGED_BY: dict[str, set[str]] = {
    **{path: set(CHANGES) for path in JUDGED},
    **{path: {"deletion", "re-validation"} for path in OF_REPORT},
    **OF_CATALOGUE,
}

COUNTERS = {
    "/admin/metrics": r'"lake":{[^}]*"rows":(\d+)',
    "/metrics": r"faxcloud_lake_version (\d+)",
}
"""Changed by being asked, so never kept; the number in each that the changes change."""

NOT_OF_THE_DATA = {
    "GET /openapi.json",
    "GET /docs",
    "GET /admin/cache",
    "GET /admin/health/detailed",
    "GET /admin/audit/verify",
    "GET /v3/alerts",
    "GET /v3/alert-rules",
    "GET /v3/webhooks/{webhook_id}/deliveries",
    "GET /v3/validation-runs/{run_id}",
}


@pytest.fixture
def change(home: Path, elsewhere: OtherProcess) -> Change:
    """Change the store in another process: one of `CHANGES`, of that report."""

    def change_store(what: str, report_id: str) -> None:
        if what == "import":
            second = write_export(home.parent / "second.csv", some_rows(SECOND_ROWS, 2))
            elsewhere.run(home, "import", str(second))
        elif what == "deletion":
            elsewhere.run(home, "reports", "delete", report_id)
        else:
            elsewhere.run(home, "validate", "all", "--ruleset", "faxcloud-1")

    return change_store


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, elsewhere: OtherProcess) -> Path:
    """A store that another process has filled with one report; tests copy it."""
    folder = tmp_path_factory.mktemp("filled")
    first = write_export(folder / "first.csv", some_rows(FIRST_ROWS, 1))
    elsewhere.run(folder / "store", "import", str(first))
    return folder / "store"


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "store")


def facts(answer: httpx.Response) -> Any:
    """What an answer says, but for the moment when it does."""
    if answer.headers["content-type"].partition(";")[0].endswith("json"):
        document = json.loads(answer.content)
        if isinstance(document, dict):
            document.pop("timestamp", None)
            for part in ("last_hour", "last_day"):  # to the minute, which may end between two answers
                document[part] = {**document[part], "since": "", "until": ""} if part in document else None
        return answer.status_code, document
    return answer.status_code, answer.content


def test_every_route_that_reads_is_asked_here_or_has_no_number_of_the_data():
    asked = {
        re.sub(r"/faxcloud-3$", "/{ruleset_id}", re.sub(r"/(csv|json)$", "/{format}", path.partition("?")[0]))
        for path in (*CHANGED_BY, *COUNTERS, "/v3/health")
    }
    assert {f"GET {path}" for path in asked} | NOT_OF_THE_DATA == {
        name for name in ROUTES if name.startswith("GET")
    }


@pytest.mark.parametrize("what", CHANGES)
def test_the_next_answer_of_every_endpoint_is_the_one_of_a_server_that_has_just_started(
    what: str, home: Path, change: Change
):
    with served(home) as server, server.client() as api:
        [report] = api.get("/api/v3/reports").json()["results"]
        report_id = report["report_id"]
        paths = {path: f"/api{path.format(report_id=report_id)}" for path in CHANGED_BY}
        before = {path: api.get(address) for path, address in paths.items()}
        assert {path: answer.status_code for path, answer in before.items()} == dict.fromkeys(paths, 200)
        for path, answer in before.items():
            if "etag" in answer.headers and path not in ("/v3/realtime",):
                known = {"If-None-Match": answer.headers["etag"]}
                assert api.get(paths[path], headers=known).status_code == 304, path
        change(what, report_id)
        after = {
            path: api.get(address, headers={"If-None-Match": before[path].headers.get("etag", "")})
            for path, address in paths.items()
        }
        with served(home) as new, new.client() as fresh:
            right = {path: facts(fresh.get(address)) for path, address in paths.items()}
    for path, answer in after.items():
        if answer.status_code == 304:
            assert right[path] == facts(before[path]), f"{path} was old"
        else:
            assert facts(answer) == right[path], f"{path} was old"
    changed = {path for path in paths if right[path] != facts(before[path])}
    assert changed == {path for path, changes in CHANGED_BY.items() if what in changes}


@pytest.mark.parametrize("what", ["import", "deletion"])
def test_the_counters_count_what_another_process_has_just_done(what: str, home: Path, change: Change):
    rows = {"import": FIRST_ROWS + SECOND_ROWS, "deletion": 0}[what]
    with served(home) as server, server.client() as api:

        def counts() -> list[int]:
            texts = [(api.get(f"/api{path}").text, pattern) for path, pattern in COUNTERS.items()]
            return [int(re.search(pattern, text)[1]) for text, pattern in texts]  # type: ignore[index]

        first_version = counts()[1]
        assert counts() == [FIRST_ROWS, first_version]
        change(what, api.get("/api/v3/reports").json()["results"][0]["report_id"])
        assert counts() == [rows, first_version + 1]


@pytest.mark.parametrize(("what", "reports"), [("import", 2), ("deletion", 0)])
def test_what_health_has_seen_it_says_with_the_moment_when_it_looked(
    what: str, reports: int, home: Path, change: Change
):
    """It looks every two seconds at most, however many ask."""
    with served(home) as server, server.client() as api:

        def health() -> tuple[dt.datetime, int]:
            answer = api.get("/api/v3/health").json()
            return dt.datetime.fromisoformat(answer["timestamp"]), answer["reports_count"]

        assert health()[1] == 1
        change(what, api.get("/api/v3/reports").json()["results"][0]["report_id"])
        changed_at = dt.datetime.now(dt.UTC)
        ends = changed_at + dt.timedelta(seconds=KEPT_S + 1)
        while (seen := health())[0] < changed_at:
            assert dt.datetime.now(dt.UTC) < ends, "it does not look again"
        assert seen[1] == reports


@pytest.fixture
def shared(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """What the pages stand on."""
    monkeypatch.setenv("FAXCLOUD_HOME", str(home))
    st.cache_resource.clear()
    application = running()
    yield application
    application.close()
    st.cache_resource.clear()


def opened(page: str) -> AppTest:
    app = AppTest.from_file(FRAME, default_timeout=60)
    app.query_params.update({"refresh": "0", "lang": "en"})
    app.run()
    return app if page == "dashboard" else app.switch_page(page_file(page)).run()


def shown(app: AppTest) -> str:
    """All numbers and tables of a page; not its head, with the time, nor keys of widgets."""
    assert not app.exception
    told = [(each.label, each.value) for each in app.metric]
    tables = [frame.value.to_csv() for frame in app.dataframe]
    notes = [each.value for each in (*app.header, *app.caption)]
    return repr((told, tables, notes))


@pytest.mark.parametrize("what", CHANGES)
def test_a_page_that_is_open_shows_the_new_numbers_when_it_is_drawn_again(
    what: str, shared: Running, change: Change
):
    apps = {page: opened(page) for page in READING}
    before = {page: shown(app) for page, app in apps.items()}
    assert {page: shown(app.run()) for page, app in apps.items()} == before
    change(what, str(shared.services.reports.list()[0]["report_id"]))
    for page, app in apps.items():
        assert shown(app.run()) == shown(opened(page)), page
        assert shown(app) != before[page], page


def test_the_pages_are_those_that_there_are():
    """Usage follows imports alone, a report says when it was made, the others hold no number of the data."""
    others = {"usage", "report", "alerts", "mailings", "rules", "help", "admin"}
    assert {place.name for place in PLACES} == {*READING} | others
