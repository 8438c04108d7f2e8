"""Download route on a real server: every format, and refusals."""

import csv
import io
import json
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request

from faxcloud.api.http.authentication import AccessMiddleware
from faxcloud.api.http.streaming import csv_of_rows, written
from faxcloud.api.web.downloads import download_routes
from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.services.exports.formats import FORMATS
from faxcloud.services.sample.export import SampleFacts, write_sample
from faxcloud.services.tickets import LIFETIME_S, Offer, Tickets
from faxcloud.wiring import Services, build
from tests.live_server import serving

INVALID = Filters(status="invalid")
HOSTILE_RECORD = "=cmd|' /C calc'!A0;SF"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of a problem document."""
        assert self.headers["content-type"] == "application/problem+json"
        document = json.loads(self.body)
        assert document["status"] == self.status
        assert document["detail"]
        return self.status, document["code"]


@dataclass(frozen=True)
class Store:
    services: Services
    facts: SampleFacts
    report_id: str


Get = Callable[..., Answer]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """400 faxes and one rejected record, which a spreadsheet would run."""
    folder = tmp_path_factory.mktemp("downloads")
    facts = write_sample(folder / "export.csv", 400)
    with facts.path.open("ab") as file:
        file.write(f"{HOSTILE_RECORD}\r\n".encode("cp1252"))
    services = build(Settings(home=folder / "store"))
    result = services.imports.import_file(facts.path)
    yield Store(services, facts, result.report_id)
    services.close()


@pytest.fixture
def clock() -> list[float]:
    """The hour of the tickets; a test moves it."""
    return [1_000.0]


@pytest.fixture
def tickets(clock: list[float]) -> Tickets:
    return Tickets(lambda: clock[0])


@pytest.fixture
def leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """To be asked for before `get`: it looks when the server has ended."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def get(store: Store, tickets: Tickets) -> Iterator[Get]:
    """Asks a server that serves this route and nothing else."""
    app = Starlette(
        routes=download_routes(lambda: (store.services, tickets)),
        middleware=[Middleware(AccessMiddleware, shared=lambda: store.services)],
    )
    with serving(app, ws="none") as address:

        def ask(path: str, **headers: str) -> Answer:
            request = urllib.request.Request(
                address + path, headers={name.replace("_", "-"): value for name, value in headers.items()}
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return Answer(answer.status, _lower(answer.headers), answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    return Answer(error.code, _lower(error.headers), error.read())

        yield ask


def _lower(headers: object) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}  # type: ignore[attr-defined]


def link(tickets: Tickets, offer: Offer) -> str:
    return f"/download/{tickets.offer(offer)}/{offer.file_name}"


def csv_rows(body: bytes) -> int:
    return len(list(csv.DictReader(io.StringIO(body.decode()))))


def workbook_rows(body: bytes) -> int:
    return len(CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()) - 1


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("csv", csv_rows),
        ("json", lambda body: len(json.loads(body))),
        ("parquet", lambda body: pq.read_table(io.BytesIO(body)).num_rows),
        ("xlsx", workbook_rows),
        ("ods", workbook_rows),
    ],
)
def test_each_format_holds_the_whole_selection(
    kind: str, count: Callable[[bytes], int], get: Get, tickets: Tickets, store: Store
):
    answer = get(link(tickets, Offer("export", f"faxes.{kind}", INVALID, kind)))  # type: ignore[arg-type]
    assert answer.status == 200
    assert answer.headers["content-type"] == FORMATS[kind].media_type
    assert answer.headers["content-disposition"] == f'attachment; filename="faxes.{kind}"'
    assert answer.headers["cache-control"] == "no-store"
    assert count(answer.body) == store.facts.invalid > 0


def test_a_french_excel_gets_its_mark_its_semicolons_and_its_commas(get: Get, tickets: Tickets):
    body = get(link(tickets, Offer("export", "faxes.csv", separator=";", bom=True, decimal_comma=True))).body
    assert body.startswith(b"\xef\xbb\xbffax_id;mode;")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 400
    assert {row["pages_facturees"].partition(",")[2] for row in rows} == {"00"}


def test_a_selection_without_faxes_is_a_title_line(get: Get, tickets: Tickets):
    nothing = Filters(q="no such number")
    answer = get(link(tickets, Offer("export", "faxes.csv", nothing)))
    assert answer.status == 200
    assert answer.body.startswith(b"fax_id,mode,numero_original")
    assert csv_rows(answer.body) == 0
    assert json.loads(get(link(tickets, Offer("export", "faxes.json", nothing, "json"))).body) == []


def test_rejected_records_come_with_line_and_reason_and_run_nothing(get: Get, tickets: Tickets, store: Store):
    offer = Offer("rejects", "rejects.csv", separator=";", bom=True, subject=store.report_id)
    body = get(link(tickets, offer)).body.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(body), delimiter=";")
    assert (row["line"], row["reason"]) == ("401", "columns.few")
    assert row["text"] == f'="{HOSTILE_RECORD}"'


def test_the_rows_that_a_trial_would_change_are_listed(get: Get, tickets: Tickets, store: Store):
    trial = store.services.validation.run("faxcloud-1", dry_run=True)
    body = get(link(tickets, Offer("changes", "changes.csv", separator=";", subject=trial.run_id))).body
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == trial.changed > 0
    assert {row["violations_before"] for row in rows} >= {"number.mobile"}


def test_a_ticket_can_be_used_again_until_its_hour_is_over(get: Get, tickets: Tickets, clock: list[float]):
    path = link(tickets, Offer("export", "faxes.csv", INVALID))
    first = get(path)
    clock[0] += LIFETIME_S - 1
    assert get(path).body == first.body
    clock[0] += 1
    assert get(path).problem == (404, "download.expired")


def test_a_ticket_that_nobody_gave_opens_nothing(get: Get):
    assert get(f"/download/{'0' * 40}/faxes.csv").problem == (404, "download.expired")
    assert get("/download/%F0%9F%98%80/faxes.csv").problem == (404, "download.expired")


@pytest.mark.parametrize(
    "name",
    ["%0d%0aSet-Cookie:%20a=b", "x%22;%20filename=%22evil.exe", "..%5c..%5cevil.exe", "%00", "=cmd", "é.csv"],
)
def test_a_name_in_the_address_decides_nothing(name: str, get: Get, tickets: Tickets):
    ticket = tickets.offer(Offer("export", "faxes.csv", INVALID))
    answer = get(f"/download/{ticket}/{urllib.request.quote(name, safe='%')}")
    assert answer.status == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="faxes.csv"'
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd", "a/b", ""])
def test_a_path_behind_the_ticket_leads_nowhere(path: str, get: Get, tickets: Tickets):
    assert get(f"/download/{tickets.offer(Offer('export', 'faxes.csv'))}/{path}").status == 404


def test_another_site_cannot_start_a_download(get: Get, tickets: Tickets):
    path = link(tickets, Offer("export", "faxes.csv", INVALID))
    assert get(path, Sec_Fetch_Site="cross-site").problem == (403, "access.cross_site")
    visit = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert get(path, Sec_Fetch_Site="cross-site", **visit).problem == (403, "download.cross_site")
    assert get(path, Sec_Fetch_Site="same-origin").status == 200


def test_what_was_deleted_meanwhile_is_said_and_no_half_file(get: Get, tickets: Tickets):
    gone = Offer("rejects", "rejects.csv", subject="20200101-000000-abcdef")
    assert get(link(tickets, gone)).problem == (404, "store.report_not_found")


def test_a_workbook_leaves_no_file_behind(leaves_no_file: None, get: Get, tickets: Tickets):
    answer = get(link(tickets, Offer("export", "faxes.xlsx", INVALID, "xlsx")))
    assert int(answer.headers["content-length"]) == len(answer.body) > 0


def test_rows_of_dictionaries_become_csv_in_pieces():
    rows = ({"line": number, "text": "+1"} for number in range(4_001))
    chunks = list(csv_of_rows(rows, ";", bom=True))
    assert len(chunks) == 3
    whole = b"".join(chunks).decode("utf-8-sig").split("\r\n")
    assert (whole[0], whole[1], len(whole)) == ("line;text", '0;"=""+1"""', 4_003)


def test_files_that_take_long_leave_threads_to_everybody_else():
    may_end = threading.Event()
    request = Request({"type": "http"}, receive=anyio.sleep_forever)

    def write(_target: Path, _is_gone: Callable[[], bool]) -> None:
        may_end.wait(60)
        raise InterruptedError

    async def write_slowly() -> None:
        with pytest.raises(InterruptedError):
            await written(request, write, "a.xlsx", FORMATS["xlsx"].media_type, {})

    async def ask() -> int:
        async with anyio.create_task_group() as group:
            for _ in range(60):  # more than there are threads
                group.start_soon(write_slowly)
            try:
                await anyio.wait_all_tasks_blocked()
                with anyio.fail_after(20):
                    return await anyio.to_thread.run_sync(lambda: 1)
            finally:
                may_end.set()

    assert anyio.run(ask) == 1
