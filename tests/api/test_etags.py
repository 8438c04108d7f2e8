"""ETags: 304 where nothing has changed, and never where something has."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest

from faxcloud.services.sample.export import write_sample
from tests.api.serving import ADMIN_KEY, served

PATHS = ("stats", "timeline?grain=week", "breakdown?by=rule", "search?per_page=5", "reports", "rulesets")


@pytest.mark.parametrize("path", PATHS)
def test_an_unchanged_answer_is_not_sent_again(path: str, api: httpx.Client):
    first = api.get(f"/api/v3/{path}")
    again = api.get(f"/api/v3/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert api.get(f"/api/v3/{path}", headers={"If-None-Match": '"another"'}).status_code == 200


def test_no_answer_shows_an_old_number_after_an_import_or_a_deletion(tmp_path: Path):
    files = [write_sample(tmp_path / f"{seed}.csv", 50 + seed, seed=seed).path for seed in (1, 2)]
    with served(tmp_path / "store") as server, server.client() as api:
        seen: dict[str, set[str]] = {path: set() for path in PATHS[:-1]}

        def look(faxes: int) -> None:
            assert api.get("/api/v3/stats").json()["total"] == faxes
            assert api.get("/api/v3/search").json()["total"] == faxes
            assert sum(row["faxes"] for row in api.get("/api/v3/timeline").json()["results"]) == faxes
            for path, tags in seen.items():
                tag = api.get(f"/api/v3/{path}").headers["etag"]
                assert tag not in tags, f"{path} has the ETag of another state"
                tags.add(tag)

        look(0)
        first = server.services.imports.import_file(files[0]).report_id
        look(51)
        server.services.imports.import_file(files[1])
        look(103)
        assert api.delete(f"/api/v3/reports/{first}").status_code == 204
        look(52)


def test_an_error_is_not_hidden_behind_any_answer_that_is_known(api: httpx.Client):
    for path in ("stats", "reports"):
        assert api.get(f"/api/v3/{path}", headers={"If-None-Match": "*"}).status_code == 304
    for path, status in (("stats?nothing=1", 422), ("analytics/report/none", 404), ("reports/none", 404)):
        assert api.get(f"/api/v3/{path}", headers={"If-None-Match": "*"}).status_code == status


def test_each_role_has_answers_of_its_own(tmp_path: Path):
    sample = write_sample(tmp_path / "sample.csv", 60).path
    with served(tmp_path / "store", admin_key=ADMIN_KEY) as server, server.client() as api:
        server.services.imports.import_file(sample)
        viewer = server.services.keys.create("viewer", "viewer").key
        full = api.get("/api/v3/search", headers={"X-API-Key": ADMIN_KEY})
        masked = api.get("/api/v3/search", headers={"X-API-Key": viewer})
        assert full.headers["etag"] != masked.headers["etag"]
        assert full.json()["results"] != masked.json()["results"]
        known = {"X-API-Key": viewer, "If-None-Match": full.headers["etag"]}
        assert api.get("/api/v3/search", headers=known).status_code == 200


def test_documents_are_compressed_for_those_who_read_it(api: httpx.Client):
    for path in ("breakdown?by=user", "reports", "rulesets"):
        plain = api.get(f"/api/v3/{path}", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        with api.stream("GET", f"/api/v3/{path}", headers={"Accept-Encoding": "br, gzip"}) as answer:
            raw = b"".join(answer.iter_raw())
        if len(plain.content) > 1_000:
            assert answer.headers["content-encoding"] == "gzip"
            assert gzip.decompress(raw) == plain.content
            assert len(raw) < len(plain.content) / 2
    assert (
        "content-encoding" not in api.get("/api/v3/rulesets", headers={"Accept-Encoding": "gzip;q=0"}).headers
    )


def test_head_gives_the_headers_of_get(api: httpx.Client, caplog: pytest.LogCaptureFixture):
    for path in ("stats", "reports", "export/csv", "nothing"):
        head, get = api.head(f"/api/v3/{path}"), api.get(f"/api/v3/{path}")
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers.get("etag") == get.headers.get("etag")
        assert head.headers["content-type"] == get.headers["content-type"]
    assert not caplog.records, "no body was wanted: nothing unexpected"


def test_rows_are_never_kept_by_a_cache_on_the_way(api: httpx.Client, report_id: str):
    for path in ("search", f"errors/{report_id}", "realtime", "export/csv", f"reports/{report_id}/rejects"):
        assert api.get(f"/api/v3/{path}").headers["cache-control"] == "no-store"
    assert "private" in api.get("/api/v3/stats").headers["cache-control"]
