"""Uploads: streaming, import in a separate process, safe repetition."""

from __future__ import annotations

import json
import socket
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from faxcloud.api.http import receiving
from faxcloud.services.sample.export import write_sample
from tests.api.serving import Server, served
from tests.store.reading.test_refusals import zip_of
from tests.waiting import wait_until

WAIT_S = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("uploads") / "store") as running:
        yield running


@pytest.fixture
def export(tmp_path: Path, request: pytest.FixtureRequest) -> bytes:
    """An export of 30 faxes, another one for each test."""
    return write_sample(
        tmp_path / "export.csv", 30, seed=zlib.crc32(request.node.name.encode())
    ).path.read_bytes()


@pytest.fixture(autouse=True)
def leaves_nothing_behind(server: Server) -> Iterator[None]:
    yield
    folder = server.services.settings.uploads_folder
    wait_until(lambda: not list(folder.glob("*")))


def test_a_file_of_a_form_becomes_a_report(api: httpx.Client, export: bytes):
    query = {"contract": "C-1", "start": "2026-09-01", "end": "2026-10-31"}
    answer = api.post("/api/v3/reports", params=query, files={"file": ("mai 2026.csv", export)})
    assert answer.status_code == 201
    document = answer.json()
    assert (document["file"], document["records"], document["imported"]) == ("mai 2026.csv", 30, 30)
    report = api.get(answer.headers["location"]).json()
    assert (report["report_id"], report["state"]) == (document["report_id"], "ready")
    assert (report["contract"], report["start"], report["end"]) == ("C-1", "2026-09-01", "2026-10-31")
    assert report["imported_by"] == "local"
    assert api.get(f"/api/v3/search/{document['report_id']}").json()["total"] == 30


def test_the_body_itself_may_be_the_file(api: httpx.Client, export: bytes):
    for name, how in {
        "by name.csv": {"params": {"name": "by name.csv"}},
        "by header.csv": {"headers": {"Content-Disposition": 'attachment; filename="by header.csv"'}},
        "upload": {},
    }.items():
        options = {**how, "params": {**how.get("params", {}), "force": "1"}}
        assert api.post("/api/v3/reports", content=export, **options).json()["file"] == name


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\passwd", "pass\rwd/passwd"])
def test_a_file_s_name_leads_nowhere(name: str, api: httpx.Client, export: bytes):
    files = {"file": (name, export)}
    assert api.post("/api/v3/reports", files=files, params={"force": "1"}).json()["file"] == "passwd"


def test_order_of_dates_and_source_are_chosen_by_parameters(api: httpx.Client):
    header, *rows = (
        "Mode;Numéro appelé;Pages;Date",
        "SF;33145221134;2;25/02/2026",
        "SF;33145221135;2;02/25/2026",
    )
    body = "\n".join((header, *rows))
    path = "/api/v3/reports?name=both.csv"
    refused = api.post(path, content=body.encode())
    assert (refused.status_code, refused.json()["code"]) == (422, "import.contradictory_dates")
    assert api.post(f"{path}&source=nothing", content=body.encode()).json()["code"] == "source.not_found"
    result = api.post(f"{path}&dates=mdy&source=cloud-fax-fr", content=body.encode()).json()
    assert (result["imported"], result["warnings"]) == (2, {"date.unreadable": 1})
    assert result["reading"]["source_reason"] == "chosen"


def test_the_same_file_again_is_refused_and_named(api: httpx.Client, export: bytes):
    first = api.post("/api/v3/reports", content=export).json()
    again = api.post("/api/v3/reports", content=export)
    assert (again.status_code, again.json()["code"]) == (409, "import.already_imported")
    assert again.json()["report_id"] == first["report_id"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "import.empty_file"),
        (b"Mode;Pages\nSF;1\n", "import.missing_columns"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "import.not_a_table"),
    ],
)
def test_what_is_no_export_is_refused_and_leaves_nothing(body: bytes, code: str, api: httpx.Client):
    before = api.get("/api/v3/reports").json()["total"]
    answer = api.post("/api/v3/reports", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert api.get("/api/v3/reports").json()["total"] == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x--\r\n",
        b"no boundary at all",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nMode;',
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
            b'--x\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n--x--\r\n'
        ),
    ],
)
def test_a_form_without_exactly_one_whole_file_is_refused(body: bytes, api: httpx.Client):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = api.post("/api/v3/reports", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.upload_invalid")


def test_a_zip_of_several_files_gives_a_report_for_each(api: httpx.Client, export: bytes):
    several = zip_of(("a.csv", export), ("b.csv", export + export.splitlines(keepends=True)[1]))
    answer = api.post("/api/v3/reports", files={"file": ("mai.zip", several)})
    assert answer.status_code == 201
    reports = answer.json()["reports"]
    assert [report["file"] for report in reports] == ["mai.zip/a.csv", "mai.zip/b.csv"]
    assert [report["imported"] for report in reports] == [30, 1]
    again = api.post("/api/v3/reports", files={"file": ("mai.zip", several)})
    assert again.status_code == 207
    assert [problem["code"] for problem in again.json()["reports"]] == ["import.already_imported"] * 2
    assert [problem["report_id"] for problem in again.json()["reports"]] == [
        report["report_id"] for report in reports
    ]
    only = api.post("/api/v3/reports", params={"force": "1"}, content=zip_of(("a.csv", export)))
    assert (only.status_code, only.json()["imported"]) == (201, 30)


def test_a_request_with_a_key_is_done_once(api: httpx.Client, export: bytes):
    key = {"Idempotency-Key": "upload-1"}
    first = api.post("/api/v3/reports", content=export, headers=key)
    again = api.post("/api/v3/reports", content=export, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


def test_a_key_is_not_for_another_request(api: httpx.Client, export: bytes):
    key = {"Idempotency-Key": "upload-2"}
    assert api.post("/api/v3/reports", content=export, headers=key).status_code == 201
    for query, body in (({}, export + b"\n"), ({"contract": "C-2"}, export)):
        answer = api.post("/api/v3/reports", content=body, params=query, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (422, "request.key_used_otherwise")


def test_a_key_is_busy_while_its_first_request_is(api: httpx.Client, server: Server, export: bytes):
    key = {"Idempotency-Key": "upload-3"}
    answers: list[httpx.Response] = []

    def post() -> None:
        with server.client() as client:
            answers.append(client.post("/api/v3/reports", content=export, headers=key))

    threads = [threading.Thread(target=post) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) in ([201, 409, 409], [201, 201, 409], [201] * 3)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"request.underway"}
    assert len({answer.json()["report_id"] for answer in answers if answer.status_code == 201}) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_key_that_is_none_is_refused(key: str, api: httpx.Client, export: bytes):
    answer = api.post("/api/v3/reports", content=export, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.header_invalid")


def test_an_asynchronous_upload_returns_202_with_a_location(
    api: httpx.Client, tmp_path: Path, server: Server
):
    large = write_sample(tmp_path / "large.csv", 60_000, seed=9).path.read_bytes()
    answer = api.post("/api/v3/reports", content=large, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    place = answer.headers["location"]
    assert place.endswith(answer.json()["report_id"])
    wait_until(lambda: api.get(place).json()["state"] == "ready")
    assert api.get(place).json()["imported"] == 60_000


def test_an_upload_that_breaks_off_leaves_nothing(server: Server, api: httpx.Client):
    before = api.get("/api/v3/reports").json()["total"]
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(
            b"POST /api/v3/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
            + b"x" * 2_000_000
        )
        wait_until(lambda: list(server.services.settings.uploads_folder.glob("*/content")))
    wait_until(lambda: not list(server.services.settings.uploads_folder.glob("*")))
    assert api.get("/api/v3/reports").json()["total"] == before


def test_an_upload_that_stops_coming_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(receiving, "BODY_STALL_S", 0.2)
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), 30) as connection:
        connection.sendall(b"POST /api/v3/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90\r\n\r\nx")
        assert connection.recv(12) == b"HTTP/1.1 422"


def test_a_killed_import_is_said_and_can_be_repeated(api: httpx.Client, tmp_path: Path, server: Server):
    large = write_sample(tmp_path / "large.csv", 200_000, seed=10).path.read_bytes()
    first = api.post("/api/v3/reports", content=large, headers={"Prefer": "respond-async"})
    assert first.status_code == 202
    children = [each for each in psutil.Process().children() if "faxcloud.import_job" in each.cmdline()]
    assert len(children) == 1
    children[0].kill()
    report_id = first.json()["report_id"]
    wait_until(
        lambda: (
            api.get(f"/api/v3/reports/{report_id}").status_code == 404 or _state(api, report_id) == "failed"
        )
    )
    assert api.post("/api/v3/reports", content=large).json()["imported"] == 200_000


def test_deleting_a_report_while_it_is_read_cancels_its_import(
    api: httpx.Client, export: bytes, server: Server
):
    header, _, rows = export.partition(b"\n")
    large = b"\n".join((header, rows * 5_000))
    before = api.get("/api/v3/reports").json()["total"]
    answers: list[httpx.Response] = []

    def post() -> None:
        with server.client() as client:
            answers.append(client.post("/api/v3/reports", content=large))

    posting = threading.Thread(target=post)
    posting.start()
    begun: list[str] = []

    def is_read() -> bool:
        reports = api.get("/api/v3/reports").json()["results"]
        begun[:] = [report["report_id"] for report in reports if report["state"] == "importing"]
        return bool(begun)

    wait_until(is_read)
    assert api.delete(f"/api/v3/reports/{begun[0]}").status_code == 204
    posting.join(WAIT_S)
    (answer,) = answers
    assert (answer.status_code, answer.json()["code"]) == (422, "import.cancelled")
    assert api.get(f"/api/v3/reports/{begun[0]}").status_code == 404
    assert api.get("/api/v3/reports").json()["total"] == before
    assert api.post("/api/v3/reports", content=export).json()["imported"] == 30


def _state(api: httpx.Client, report_id: str) -> str:
    return json.loads(api.get(f"/api/v3/reports/{report_id}").text).get("state", "")
