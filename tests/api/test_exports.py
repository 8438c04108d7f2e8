"""Exports over HTTP: complete, in each format, in the contract's columns."""

from __future__ import annotations

import csv
import io
import re
import socket
import time
import zipfile
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pyarrow.parquet as pq
import pytest

from faxcloud.api.http import streaming
from faxcloud.domain.entries import ENTRY_NAMES
from faxcloud.domain.filters import Filters
from tests.api.serving import Server, served, with_sample

FILE_NAME = re.compile(r'attachment; filename="faxcloud-all-dates-\d{8}-\d{6}\.csv"')


def rows_of(text: str, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=separator))


def test_the_csv_has_the_columns_of_the_contract_and_every_row(api: httpx.Client, report_id: str):
    answer = api.get("/api/v3/export/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert FILE_NAME.fullmatch(answer.headers["content-disposition"])
    rows = rows_of(answer.text)
    assert tuple(rows[0]) == ENTRY_NAMES
    assert [int(row["line"]) for row in rows] == list(range(1, 401))
    assert {row["valide"] for row in rows} == {"0", "1"}
    assert api.get(f"/api/v3/export/{report_id}/csv").content == answer.content


def test_a_french_excel_opens_it(api: httpx.Client):
    style = {"separator": ";", "bom": "1", "decimal_comma": "1"}
    body = api.get("/api/v3/export/csv", params=style).content
    assert body.startswith(b"\xef\xbb\xbffax_id;mode;")
    rows = rows_of(body.decode("utf-8-sig"), ";")
    assert all("," in row["pages_facturees"] for row in rows)


def test_an_export_in_words_in_the_chosen_order_with_a_name_that_says_what_is_in_it(
    api: httpx.Client, report_id: str
):
    params = {
        "separator": ";",
        "labels": "fr",
        "sort": "-pages",
        "status": "invalid",
        "end_date": "2030-01-31",
    }
    answer = api.get("/api/v3/export/csv", params=params)
    name = answer.headers["content-disposition"]
    assert name.startswith('attachment; filename="faxcloud-until-2030-01-31-invalid-')
    rows = rows_of(answer.text, ";")
    assert {row["valide"] for row in rows} == {"non"}
    assert "Aucune page" in {row["erreurs"] for row in rows}
    pages = [int(row["pages"]) for row in rows if row["pages"]]
    assert pages == sorted(pages, reverse=True)
    first = api.get("/api/v3/export/json", params={"sort": "-pages"}).json()[0]
    assert first["pages"] == max(row["pages"] or 0 for row in api.get("/api/v3/export/json").json())
    assert report_id in api.get(f"/api/v3/export/{report_id}/csv").headers["content-disposition"]
    assert api.get("/api/v3/export/csv", params={"sort": "user"}).status_code == 422


def test_a_filter_means_in_an_export_what_it_means_elsewhere(api: httpx.Client, server: Server):
    invalid = server.services.summaries.summary(Filters(status="invalid")).values["invalid"]
    params = {"status": "invalid"}
    assert len(rows_of(api.get("/api/v3/export/csv", params=params).text)) == invalid
    assert len(api.get("/api/v3/export/json", params=params).json()) == invalid
    parquet = api.get("/api/v3/export/parquet", params=params)
    assert pq.read_table(io.BytesIO(parquet.content)).num_rows == invalid
    workbook = api.get("/api/v3/export/xlsx", params=params)
    with zipfile.ZipFile(io.BytesIO(workbook.content)) as parts:
        assert parts.read("xl/worksheets/sheet1.xml").count(b"<row ") == invalid + 1


def test_a_selection_without_faxes_is_a_title_line(api: httpx.Client):
    answer = api.get("/api/v3/export/csv", params={"q": "no such number"})
    assert (answer.status_code, rows_of(answer.text)) == (200, [])


@pytest.mark.parametrize("query", ["separator=x", "bom=yes", "columns=fax_id", "status=both"])
def test_what_an_export_does_not_know_is_refused_before_it_begins(query: str, api: httpx.Client):
    answer = api.get(f"/api/v3/export/csv?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_an_unknown_format_is_refused(api: httpx.Client):
    answer = api.get("/api/v3/export/pdf")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


def test_exports_work_after_clients_disconnected_during_one(server: Server):
    for _ in range(3):
        with server.client() as client, client.stream("GET", "/api/v3/export/csv") as answer:
            assert next(answer.iter_raw(100))
    with server.client() as client:
        assert len(rows_of(client.get("/api/v3/export/csv").text)) == 400


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("large") / "store"
    with_sample(home, 80_000)
    with served(home) as running:
        yield running


def asked(server: Server, path: str) -> socket.socket:
    """A client that has sent its request and reads nothing of the answer."""
    address = urlsplit(server.url)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((str(address.hostname), address.port or 80))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def ends_of_exports(server: Server) -> list[tuple[str, str | None]]:
    events = server.services.audit.log(20, action="faxes.export").results
    ended = [event for event in events if event["action"] == "faxes.export"]
    return [(event["outcome"], event["details"].get("error")) for event in ended]


def test_exports_have_a_limit_and_a_client_that_stalls_is_given_up(
    large: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(streaming, "EXPORTS_AT_ONCE", 1)
    monkeypatch.setattr(streaming, "QUEUE_S", 0.1)
    monkeypatch.setattr(streaming, "STALL_S", 2.0)
    with asked(large, "/api/v3/export/csv") as stalled, large.client() as client:
        assert stalled.recv(15) == b"HTTP/1.1 200 OK"
        for kind in ("json", "ods"):
            refused = client.get(f"/api/v3/export/{kind}")
            assert (refused.status_code, refused.json()["code"]) == (503, "export.too_many")
        assert refused.headers["retry-after"] == "30"
        monkeypatch.setattr(streaming, "QUEUE_S", 60.0)
        assert client.get("/api/v3/export/csv?pages_min=50").status_code == 200  # it has waited its turn
    assert ends_of_exports(large)[:2] == [("done", None), ("failed", "export.interrupted")]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_workbook_whose_client_leaves_is_broken_off(kind: str, large: Server):
    before = len(ends_of_exports(large))
    asked(large, f"/api/v3/export/{kind}").close()
    ends = time.monotonic() + 60
    while len(found := ends_of_exports(large)) == before:
        assert time.monotonic() < ends, "the export goes on"
        time.sleep(0.05)
    assert found[0] == ("failed", "export.interrupted")
