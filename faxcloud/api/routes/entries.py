"""Fax search endpoints: `/v3/search` and `/v3/errors/{id}`, with pagination."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import PERSONAL, VersionedRequest
from faxcloud.api.http.paging import link_header
from faxcloud.api.http.parameters import FILTERS, PAGING, WITHIN_REPORT, Params, query
from faxcloud.api.http.schemas import EntryPage, Errors
from faxcloud.api.http.selections import ReportId, filters_of
from faxcloud.api.http.services import Faxcloud
from faxcloud.domain.filters import Paging
from faxcloud.i18n import negotiate
from faxcloud.services.actors import Actor
from faxcloud.services.documents import document_of

if TYPE_CHECKING:
    from faxcloud.wiring import Services

router = APIRouter(tags=["faxes"])

Reader = Annotated[Actor, requires("rows.read")]

INVALID = {name: parameter for name, parameter in WITHIN_REPORT.items() if name != "status"}
SearchParams = Annotated[Params, query(FILTERS, PAGING)]
ReportSearchParams = Annotated[Params, query(WITHIN_REPORT, PAGING)]
ErrorsParams = Annotated[Params, query(INVALID, PAGING)]


@router.get("/v3/search", response_model=EntryPage)
async def search(request: Request, faxcloud: Faxcloud, actor: Reader, params: SearchParams) -> Response:
    """A page of faxes, newest first unless sorted otherwise; no page repeats or skips one.

    Without the right to see rows in full, numbers are masked, names and addresses are left out, and `q` is
    refused.
    """
    is_of_report = "report" in params
    question = VersionedRequest(request, faxcloud, actor, of_reports=is_of_report, cache_control=PERSONAL)

    def make() -> dict[str, Any]:
        return document_of(faxcloud.search.page(filters_of(faxcloud, params), Paging.from_params(params)))

    return await question.answer(make, lambda page: link_header(request, page["page"], page["pages"]))


@router.get("/v3/search/{report_id}", response_model=EntryPage)
async def search_report(
    request: Request, faxcloud: Faxcloud, actor: Reader, report_id: ReportId, params: ReportSearchParams
) -> Response:
    """A page of one report's faxes."""
    question = VersionedRequest(request, faxcloud, actor, of_reports=True, cache_control=PERSONAL)

    def make() -> dict[str, Any]:
        filters = filters_of(faxcloud, params, report_id)
        return document_of(faxcloud.search.page(filters, Paging.from_params(params)))

    return await question.answer(make, lambda page: link_header(request, page["page"], page["pages"]))


@router.get("/v3/errors/{report_id}", response_model=Errors)
async def errors(
    request: Request, faxcloud: Faxcloud, actor: Reader, report_id: ReportId, params: ErrorsParams
) -> Response:
    """Invalid faxes of a report: their number, violations by rule (a fax may violate several), and a page.

    Labels are in French where `Accept-Language` prefers it, else in English.
    """
    language = negotiate(request.headers.get("accept-language"))
    words = await request.app.state.answers.in_thread(lambda: faxcloud.rulesets.labels(language))
    question = VersionedRequest(
        request,
        faxcloud,
        actor,
        of_reports=True,
        varies=(language, *words.items()),
        cache_control=PERSONAL,
    )
    return await question.answer(
        lambda: _errors(faxcloud, params, report_id, words),
        lambda found: link_header(request, found["error_entries"]["page"], found["error_entries"]["pages"]),
    )


def _errors(faxcloud: Services, params: Params, report_id: str, words: dict[str, str]) -> dict[str, Any]:
    filters = replace(filters_of(faxcloud, params, report_id), status="invalid")
    page = faxcloud.search.page(filters, Paging.from_params(params))
    found = {row["key"]: row["violations"] for row in faxcloud.summaries.breakdown(filters, "rule")}
    return {
        "report_id": report_id,
        "total_errors": page.total,
        "error_breakdown": found,
        "labels": {rule: words.get(rule, rule) for rule in found},
        "error_entries": document_of(page),
    }
