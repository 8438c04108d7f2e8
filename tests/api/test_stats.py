"""Statistics over HTTP: the services' numbers for the same filter, in the contract's shapes."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from faxcloud.api.routes.stats import GRAINS, GROUPS
from faxcloud.domain.filters import Filters
from faxcloud.domain.metrics import BY_KEY
from tests.api.serving import Server

SOME = {"mode": "SF", "start_date": "2026-09-25", "end_date": "2026-10-10"}


def test_stats_are_the_summary_that_pages_show(api: httpx.Client, server: Server):
    found = api.get("/api/v3/stats", params=SOME).json()
    summary = server.services.summaries.summary(Filters.from_params(SOME))
    assert {key: found[key] for key in BY_KEY} == summary.values
    assert found["total"] == found["faxes"] == found["valid"] + found["invalid"] > 0
    assert {key: found["previous"][key] for key in BY_KEY} == summary.previous
    assert found["period"] == {"start_date": "2026-09-25", "end_date": "2026-10-10"}
    assert found["previous"]["period"] == {"start_date": "2026-09-09", "end_date": "2026-09-24"}
    assert found["data_version"] == summary.version


def test_no_faxes_are_no_data_and_not_zero_percent(api: httpx.Client):
    found = api.get("/api/v3/stats", params={"q": "no such number"}).json()
    assert (found["total"], found["compliance_rate"], found["previous"]) == (0, None, None)


@pytest.mark.parametrize("grain", GRAINS)
def test_steps_of_time_add_up_to_the_whole(grain: str, api: httpx.Client):
    total = api.get("/api/v3/stats").json()["total"]
    found = api.get("/api/v3/timeline", params={"grain": grain}).json()
    assert found["grain"] == grain
    assert found["total"] == len(found["results"])
    assert sum(row["faxes"] for row in found["results"]) == total


@pytest.mark.parametrize("by", sorted(set(GROUPS) - {"rule", "warning"}))
def test_groups_add_up_to_the_whole(by: str, api: httpx.Client):
    total = api.get("/api/v3/stats").json()["total"]
    found = api.get("/api/v3/breakdown", params={"by": by}).json()
    assert sum(row["faxes"] for row in found["results"]) == total


def test_rules_are_counted_by_their_violations(api: httpx.Client):
    found = api.get("/api/v3/breakdown", params={"by": "rule"}).json()
    by_rule = {row["key"]: row["violations"] for row in found["results"]}
    assert by_rule == api.get("/api/v3/stats").json()["by_rule"] != {}


def test_groups_beyond_the_limit_are_counted(api: httpx.Client):
    found = api.get("/api/v3/breakdown", params={"by": "user", "limit": 3}).json()
    assert len(found["results"]) == 3 < found["total"]


def test_a_report_in_numbers_has_the_shape_that_dashboards_read(api: httpx.Client, report_id: str):
    stats = api.get("/api/v3/stats").json()
    found = api.get(f"/api/v3/analytics/report/{report_id}").json()
    assert dt.datetime.fromisoformat(found.pop("timestamp")).tzinfo is not None
    assert found == {
        "report_id": report_id,
        "summary": {
            "total_entries": stats["total"],
            "valid_entries": stats["valid"],
            "error_entries": stats["invalid"],
            "success_rate": round(100 * stats["compliance_rate"], 2),
        },
        "breakdown": {
            "by_mode": {"SF": stats["sent"], "RF": stats["received"], "OTHER": stats["unknown_mode"]},
            "by_status": {"valid": stats["valid"], "invalid": stats["invalid"]},
        },
        "pages": {
            "total": stats["pages"],
            "average": round(stats["pages"] / stats["total"], 2),
            "by_mode": {"SF": stats["pages_sent"], "RF": stats["pages_received"]},
        },
    }


def test_realtime_gives_the_newest_in_pages(api: httpx.Client):
    newest = api.get("/api/v3/realtime").json()["newest"]
    pages = [api.get(f"/api/v3/realtime?page={page}&limit=10").json() for page in (1, 2)]
    assert len(newest) == 20
    assert [(found["page"], found["limit"]) for found in pages] == [(1, 10), (2, 10)]
    assert pages[0]["newest"] + pages[1]["newest"] == newest
    assert api.get("/api/v3/realtime?limit=0").status_code == 422


def test_realtime_shows_the_newest_faxes_and_says_since_when_it_counts(api: httpx.Client, server: Server):
    found = api.get("/api/v3/realtime").json()
    dates = [row["date_heure"] for row in found["newest"]]
    assert dates == sorted(dates, reverse=True)
    assert len(dates) == 20
    for name, hours in (("last_hour", 1), ("last_day", 24)):
        since, until = (dt.datetime.fromisoformat(found[name][end]) for end in ("since", "until"))
        assert dt.timedelta(hours=hours) <= until - since < dt.timedelta(hours=hours + 1)
        assert (found[name]["total"], found[name]["compliance_rate"]) == (0, None)


def test_a_group_is_asked_for_by_name(api: httpx.Client):
    assert api.get("/api/v3/breakdown").status_code == 422
    assert api.get("/api/v3/breakdown", params={"by": "fax_id"}).status_code == 422
