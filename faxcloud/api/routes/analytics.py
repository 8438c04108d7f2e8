"""Analytics endpoint of one report: `/v3/analytics/report/{id}`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import VersionedRequest
from faxcloud.api.http.parameters import WITHIN_REPORT, Params, query
from faxcloud.api.http.schemas import Analytics
from faxcloud.api.http.selections import ReportId, filters_of
from faxcloud.api.http.services import Faxcloud
from faxcloud.services.actors import Actor

if TYPE_CHECKING:
    from faxcloud.wiring import Services

router = APIRouter(tags=["reports"])

Reader = Annotated[Actor, requires("aggregates.read")]
AnalyticsParams = Annotated[Params, query(WITHIN_REPORT)]


@router.get("/v3/analytics/report/{report_id}", response_model=Analytics)
async def analytics(
    request: Request, faxcloud: Faxcloud, actor: Reader, report_id: ReportId, params: AnalyticsParams
) -> Response:
    """Current counts of one report: faxes by mode and verdict, and their pages.

    `success_rate` is a percentage; it and `average` are null where there are no faxes. `timestamp` is the
    time of the calculation.
    """
    question = VersionedRequest(request, faxcloud, actor, of_reports=True)
    return await question.answer(lambda: _analytics(faxcloud, params, report_id))


def _analytics(faxcloud: Services, params: Params, report_id: str) -> dict[str, Any]:
    filters = filters_of(faxcloud, params, report_id)
    found = faxcloud.summaries.summary(filters).values
    total, pages, rate = found["faxes"] or 0, found["pages"] or 0, found["compliance_rate"]
    return {
        "report_id": report_id,
        "timestamp": dt.datetime.now(dt.UTC),
        "summary": {
            "total_entries": total,
            "valid_entries": found["valid"],
            "error_entries": found["invalid"],
            "success_rate": None if rate is None else round(100 * rate, 2),
        },
        "breakdown": {
            "by_mode": {"SF": found["sent"], "RF": found["received"], "OTHER": found["unknown_mode"]},
            "by_status": {"valid": found["valid"], "invalid": found["invalid"]},
        },
        "pages": {
            "total": pages,
            "average": round(pages / total, 2) if total else None,
            "by_mode": {"SF": found["pages_sent"], "RF": found["pages_received"]},
        },
    }
