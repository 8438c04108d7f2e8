"""Statistics endpoints: `/v3/stats`, `/v3/timeline`, `/v3/breakdown`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import VersionedRequest
from faxcloud.api.http.parameters import FILTERS, Parameter, Params, Table, query
from faxcloud.api.http.schemas import Breakdown, Stats, Timeline
from faxcloud.api.http.selections import filters_of
from faxcloud.api.http.services import Faxcloud
from faxcloud.domain.filter_values import choice, whole
from faxcloud.domain.filters import Filters
from faxcloud.services.actors import Actor

if TYPE_CHECKING:
    from faxcloud.wiring import Services

router = APIRouter(tags=["statistics"])

Reader = Annotated[Actor, requires("aggregates.read")]

GRAINS = ("hour", "day", "week", "month")
GROUPS = ("user", "mode", "rule", "warning", "number_type", "country", "hour", "weekday", "report")

GRAIN: Table = {"grain": Parameter(choice(*GRAINS), "Length of a step.", "day")}
BY: Table = {
    "by": Parameter(
        choice(*GROUPS), "What the rows are grouped by; weekdays count from Monday, 1.", is_required=True
    ),
    "limit": Parameter(whole(1, 100_000), "Maximum number of groups.", 1_000),
}
StatsParams = Annotated[Params, query(FILTERS)]
TimelineParams = Annotated[Params, query(FILTERS, GRAIN)]
BreakdownParams = Annotated[Params, query(FILTERS, BY)]


@router.get("/v3/stats", response_model=Stats)
async def stats(request: Request, faxcloud: Faxcloud, actor: Reader, params: StatsParams) -> Response:
    """All published numbers of a selection; with both dates, also those of the previous period."""
    question = VersionedRequest(request, faxcloud, actor, of_reports="report" in params)
    return await question.answer(lambda: _stats(faxcloud, params))


@router.get("/v3/timeline", response_model=Timeline)
async def timeline(request: Request, faxcloud: Faxcloud, actor: Reader, params: TimelineParams) -> Response:
    """Published numbers over time, including steps without faxes, in local time of the fax service.

    Faxes without a readable date are not included.
    """
    question = VersionedRequest(request, faxcloud, actor, of_reports="report" in params)
    return await question.answer(lambda: _timeline(faxcloud, params))


@router.get("/v3/breakdown", response_model=Breakdown)
async def breakdown(request: Request, faxcloud: Faxcloud, actor: Reader, params: BreakdownParams) -> Response:
    """Published numbers by group. Rules have `violations` only, since a fax may violate several."""
    question = VersionedRequest(request, faxcloud, actor, of_reports="report" in params)
    return await question.answer(lambda: _breakdown(faxcloud, params))


def _stats(faxcloud: Services, params: Params) -> dict[str, Any]:
    filters = filters_of(faxcloud, params)
    summary = faxcloud.summaries.summary(filters)
    rules = faxcloud.summaries.breakdown(filters, "rule")
    before = filters.previous_period()
    return {
        "total": summary.values["faxes"],
        **summary.values,
        "by_rule": {row["key"]: row["violations"] for row in rules},
        "period": _period(filters),
        "previous": None
        if summary.previous is None or before is None
        else {"total": summary.previous["faxes"], **summary.previous, "period": _period(before)},
        "comparable": None if summary.previous is None else summary.compared is not None,
        "of_faxes": summary.of_faxes,
        "share": summary.share,
        "data_version": summary.version,
    }


def _period(filters: Filters) -> dict[str, Any] | None:
    if filters.period() is None:
        return None
    return {"start_date": filters.start_date, "end_date": filters.end_date}


def _timeline(faxcloud: Services, params: Params) -> dict[str, Any]:
    grain = params["grain"]
    version = faxcloud.summaries.version()
    rows = faxcloud.summaries.timeline(filters_of(faxcloud, params), grain)
    return {"grain": grain, "total": len(rows), "results": rows, "data_version": version}


def _breakdown(faxcloud: Services, params: Params) -> dict[str, Any]:
    by = params["by"]
    version = faxcloud.summaries.version()
    rows = faxcloud.summaries.breakdown(filters_of(faxcloud, params), by)
    shown = rows[: params["limit"]]
    return {"by": by, "total": len(rows), "results": shown, "data_version": version}
