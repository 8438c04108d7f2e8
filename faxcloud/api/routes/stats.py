"""Statistics endpoints: `/v3/stats`, `/v3/timeline`, `/v3/breakdown`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import Question
from faxcloud.api.http.parameters import FILTERS, Table, choice_schema, documented, whole_schema
from faxcloud.api.http.schemas import Breakdown, Stats, Timeline
from faxcloud.api.http.selections import filters_of, names_report, params_of
from faxcloud.api.http.services import Faxcloud
from faxcloud.domain.filters import Filters
from faxcloud.errors import FilterInvalid
from faxcloud.services.actors import Actor

if TYPE_CHECKING:
    from faxcloud.wiring import Services

router = APIRouter(tags=["statistics"])

Reader = Annotated[Actor, requires("aggregates.read")]

GRAINS = ("hour", "day", "week", "month")
GROUPS = ("user", "mode", "rule", "warning", "number_type", "country", "hour", "weekday", "report")

GRAIN: Table = {"grain": {"description": "How long a step is.", **choice_schema(*GRAINS, default="day")}}
BY: Table = {
    "by": {
        "description": "What the rows are grouped by; weekdays count from Monday, 1.",
        **choice_schema(*GROUPS),
    },
    "limit": {"description": "At most so many groups, the first ones.", **whole_schema(1, 100_000, 1_000)},
}


@router.get("/v3/stats", response_model=Stats, openapi_extra=documented(FILTERS))
async def stats(request: Request, faxcloud: Faxcloud, actor: Reader) -> Response:
    """Every published number of a selection, and of as many days just before where both dates are given."""
    question = Question(request, faxcloud, actor, of_reports=names_report(request))
    return await question.answer(lambda: _stats(request, faxcloud))


@router.get("/v3/timeline", response_model=Timeline, openapi_extra=documented(FILTERS, GRAIN))
async def timeline(request: Request, faxcloud: Faxcloud, actor: Reader) -> Response:
    """The same numbers, step by step, steps without faxes included; local time of the fax service.

    Faxes without a readable date have no place in it.
    """
    question = Question(request, faxcloud, actor, of_reports=names_report(request))
    return await question.answer(lambda: _timeline(request, faxcloud))


@router.get(
    "/v3/breakdown", response_model=Breakdown, openapi_extra=documented(FILTERS, BY, required=("by",))
)
async def breakdown(request: Request, faxcloud: Faxcloud, actor: Reader) -> Response:
    """The same numbers, group by group; rules have `violations` alone, since a fax may violate several."""
    question = Question(request, faxcloud, actor, of_reports=names_report(request))
    return await question.answer(lambda: _breakdown(request, faxcloud))


def _stats(request: Request, faxcloud: Services) -> dict[str, Any]:
    filters = filters_of(faxcloud, params_of(request, FILTERS))
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


def _timeline(request: Request, faxcloud: Services) -> dict[str, Any]:
    params = params_of(request, FILTERS, GRAIN)
    grain: Any = params.get("grain", "day")
    version = faxcloud.summaries.version()
    rows = faxcloud.summaries.timeline(filters_of(faxcloud, params), grain)
    return {"grain": grain, "total": len(rows), "results": rows, "data_version": version}


def _breakdown(request: Request, faxcloud: Services) -> dict[str, Any]:
    params = params_of(request, FILTERS, BY)
    if "by" not in params:
        raise FilterInvalid(name="by", value="", expected=f"one of {', '.join(GROUPS)}")
    by: Any = params["by"]
    version = faxcloud.summaries.version()
    rows = faxcloud.summaries.breakdown(filters_of(faxcloud, params), by)
    shown = rows[: int(params.get("limit", 1_000))]
    return {"by": by, "total": len(rows), "results": shown, "data_version": version}
