"""Shared report routes (`/shared/<token>`) with and without a valid link."""

import datetime as dt
import io
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import pytest
from pydantic import SecretStr
from python_calamine import CalamineWorkbook
from starlette.applications import Starlette
from starlette.middleware import Middleware

from faxcloud.api.http.authentication import AccessMiddleware
from faxcloud.api.web.shares import share_routes
from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.errors import LakeUnavailable
from faxcloud.services.actors import acting
from faxcloud.services.papers.paper import Papers
from faxcloud.services.papers.shares import NewShare
from faxcloud.wiring import Services, build
from tests.ui.conftest import HEADER, HOSTILE_NAMES, record

ADMIN_KEY = "an-admin-key-of-the-tests"
NUMBER = "33612345678"
STRANGER = ("192.0.2.7", 50_000)
SECRETS = ("a@b.example", "other.csv", "C2-SECRET", "Autre")


@dataclass(frozen=True)
class Place:
    """A server with a key, so that nobody comes in without; two imports."""

    services: Services
    app: Starlette
    mine: str

    def get(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> httpx.Response:
        """As somebody elsewhere without a key."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=STRANGER)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8501") as asking:
                return await asking.request(method, path, headers=headers)

        return anyio.run(send)

    def share(self, filters: Filters | None = None, **options: object) -> NewShare:
        return self.services.shares.create(filters or Filters(report=self.mine), **options)  # type: ignore[arg-type]

    def log(self) -> list[dict[str, object]]:
        text = (self.services.settings.logs_folder / "audit.log").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with_limit = "1000/second"
    yield from opened(tmp_path_factory.mktemp("shared"), with_limit)


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Place]:
    """With three requests a minute."""
    yield from opened(tmp_path, "3/minute")


def opened(folder: Path, rate_limit: str) -> Iterator[Place]:
    services = build(Settings(home=folder / "store", admin_key=SecretStr(ADMIN_KEY), rate_limit=rate_limit))
    files = {
        "mine": [
            record("1", HOSTILE_NAMES[0], number=NUMBER),
            *(record("2", name, pages="0") for name in HOSTILE_NAMES),
            record("3", "Accueil"),
        ],
        "other": [record("4", "Autre", number="33699887766")],
    }
    ids = []
    for name, contract in (("mine", "C1"), ("other", "C2-SECRET")):
        file = folder / f"{name}.csv"
        file.write_text("\n".join((HEADER, *files[name])) + "\n", "utf-8")
        ids.append(services.imports.import_file(file, contract=contract).report_id)
    middleware = [Middleware(AccessMiddleware, shared=lambda: services)]
    yield Place(services, Starlette(routes=share_routes(lambda: services), middleware=middleware), ids[0])
    services.close()


def test_a_stranger_reads_the_report_without_a_key(place: Place):
    answer = place.get(place.share(title="March").path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h1><bdi>March</bdi></h1>" in answer.text
    assert place.get("/anything-else").status_code == 401


def test_the_page_says_the_numbers_of_the_pages(place: Place):
    values = place.services.summaries.summary(Filters(report=place.mine)).values
    text = place.get(place.share().path).text
    for label, key in (("Faxes", "faxes"), ("Invalid faxes", "invalid"), ("Pages", "pages")):
        assert f"<dt>{label}</dt><dd>{values[key]}</dd>" in text


def test_nothing_outside_the_share_is_on_the_page(place: Place):
    text = place.get(place.share().path).text
    assert [secret for secret in (*SECRETS, NUMBER, place.mine, ADMIN_KEY) if secret in text] == []


def test_a_limited_creator_shares_no_more_than_they_see(place: Place):
    with acting(place.services.keys.authenticate(ADMIN_KEY)):
        made = place.services.keys.create("Ann", "analyst", contracts=["C1"])
    with acting(place.services.keys.authenticate(made.key)):
        share = place.share(Filters())
    text = place.get(share.path).text
    assert "<dt>Faxes</dt><dd>7</dd>" in text
    assert "Autre" not in text


def test_whole_numbers_are_shown_where_the_creator_wanted_it(place: Place):
    assert NUMBER in place.get(place.share(masked=False).path).text


def test_hostile_names_are_text(place: Place):
    text = place.get(place.share(masked=False, names="shown").path).text
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "n" * 600 not in text


def test_the_page_needs_no_script_and_tells_nobody_where_it_is(place: Place):
    answer = place.get(place.share().path)
    headers = answer.headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "noindex" in headers["x-robots-tag"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert not re.search(r"""(src|href)=["'](https?:)?//""", answer.text)


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Compliance over time"), ("fr", "Conformité dans le temps")]
)
def test_the_page_is_in_the_language_of_the_share_unless_asked_otherwise(
    language: str, word: str, place: Place
):
    share = place.share(language=language)
    assert word in place.get(share.path).text
    other = "fr" if language == "en" else "en"
    assert f'<html lang="{other}">' in place.get(f"{share.path}?lang={other}").text
    assert f'<html lang="{language}">' in place.get(f"{share.path}?lang=xx").text


def test_an_empty_period_is_no_data(place: Place):
    text = place.get(
        place.share(Filters.from_params({"start_date": "2001-01-01", "end_date": "2001-01-02"})).path
    ).text
    assert "No data" in text
    assert ">0%" not in text
    assert "<dt>" not in text


@pytest.mark.parametrize(
    "end", [lambda _place, _share: None, lambda place, share: place.services.shares.revoke(share.share_id)]
)
def test_unknown_and_revoked_links_get_the_very_same_answer(
    end: Callable[[Place, NewShare], None], place: Place
):
    share = place.share()
    end(place, share)
    gone = share.path if not place.services.shares.list()[0]["is_live"] else "/shared/" + "A" * 32
    answers = [
        place.get(path)
        for path in (gone, "/shared/nothing", f"{gone}/report.pdf", "/shared/a/b/c", "/shared/")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert "expired or was revoked" in answers[0].text
    assert share.token not in answers[0].text


def test_a_workbook_is_downloaded(place: Place):
    answer = place.get(place.share().path + "/report.xlsx")
    assert answer.status_code == 200
    assert 'filename="faxcloud-report.xlsx"' in answer.headers["content-disposition"]
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).sheet_names) > 1


def test_a_pdf_is_downloaded(place: Place):
    answer = place.get(place.share().path + "/report.pdf?lang=fr")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["cache-control"] == "no-store"


def test_a_look_by_a_mail_program_is_not_counted(place: Place):
    share = place.share()
    answer = place.get(share.path, "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (
        next(row for row in place.services.shares.list() if row["share_id"] == share.share_id)["opened"] == 0
    )


def test_nothing_can_be_sent_to_a_link(place: Place):
    assert place.get(place.share().path, "POST").status_code == 405


def test_another_site_may_link_to_it_and_not_embed_it(place: Place):
    path = place.share().path
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert place.get(path, headers=visit).status_code == 200
    assert place.get(path, headers=visit | {"Sec-Fetch-Dest": "iframe"}).status_code == 403


def test_what_goes_wrong_is_not_told_and_the_token_is_not_logged(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    share = place.share()
    for error, status in (
        (LakeUnavailable(lake="/home/secret", reason="gone"), 503),
        (RuntimeError("33612345678"), 500),
    ):

        def fails(*_given: object, error: Exception = error, **_named: object) -> None:
            raise error

        with monkeypatch.context() as patch, caplog.at_level(logging.DEBUG):
            patch.setattr(Papers, "of", fails)
            answer = place.get(share.path)
        assert answer.status_code == status
        assert "cannot be shown" in answer.text
        assert not [text for text in ("secret", NUMBER, "Traceback", "RuntimeError") if text in answer.text]
    # The client of the test logs what it asks for.
    ours = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("faxcloud"))
    assert "incident" in ours
    assert share.token not in ours


def test_a_period_with_sample_data_is_marked_on_the_page(strict: Place, tmp_path: Path):
    file = tmp_path / "sample.csv"
    file.write_text(f"{HEADER}\n{record('9')}\n", "utf-8")
    strict.services.imports.import_file(file, is_sample=True)
    page = strict.get(strict.share(Filters(start_date=dt.date(2026, 1, 1))).path)
    assert "Some or all of these faxes are invented sample data." in page.text


def test_openings_are_audited_by_the_share_and_refusals_without_the_token(place: Place):
    share = place.share()
    place.get(share.path)
    place.get("/shared/" + "B" * 32)
    opened_, refused = place.log()[-2:]
    assert (opened_["action"], opened_["actor"], opened_["address"]) == (
        "share.open",
        f"share:{share.share_id}",
        STRANGER[0],
    )
    assert (refused["action"], refused["outcome"], refused["actor"]) == ("share.open", "refused", "nobody")
    text = json.dumps(place.log())
    assert share.token not in text
    assert "B" * 32 not in text


def test_too_many_requests_wait(strict: Place):
    path = strict.share().path
    answers = [strict.get(path) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_guesses_do_not_fill_the_audit_log(place: Place):
    before = len(place.log())
    for _ in range(15):
        place.get("/shared/" + "C" * 32)
    assert len(place.log()) - before <= 10


def test_a_visitor_who_is_signed_in_sees_what_the_link_shows_and_no_more(place: Place):
    answer = place.get(place.share().path, headers={"X-API-Key": ADMIN_KEY})
    assert answer.status_code == 200
    assert NUMBER not in answer.text
