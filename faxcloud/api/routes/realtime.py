"""Realtime endpoint: `/v3/realtime`, the newest faxes and the totals of the last hour and day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import PERSONAL, VersionedRequest
from faxcloud.api.http.parameters import FILTERS, PAGES, Parameter, Params, Table, query
from faxcloud.api.http.schemas import Realtime
from faxcloud.api.http.selections import filters_of
from faxcloud.api.http.services import Faxcloud
from faxcloud.domain.filter_values import whole
from faxcloud.domain.filters import MOST_PER_PAGE, Paging
from faxcloud.domain.metrics import BY_KEY, compliance_rate
from faxcloud.services.actors import Actor

if TYPE_CHECKING:
    from faxcloud.wiring import Services

router = APIRouter(tags=["statistics"])

RowReader = Annotated[Actor, requires("rows.read")]

NEWEST = 20
PAGE: Table = {
    "page": PAGES["page"],
    "limit": Parameter(whole(1, MOST_PER_PAGE), "Newest faxes on a page.", NEWEST),
}

FILTERS_NOW: Table = {name: FILTERS[name] for name in FILTERS if name not in ("start_date", "end_date")}
RealtimeParams = Annotated[Params, query(FILTERS_NOW, PAGE)]

# The other metrics of an hour cannot be added up to those of a day.
ADDED = tuple(key for key, metric in BY_KEY.items() if metric.is_additive and key != "faxes")


@router.get("/v3/realtime", response_model=Realtime)
async def realtime(
    request: Request, faxcloud: Faxcloud, actor: RowReader, params: RealtimeParams
) -> Response:
    """The newest faxes, and totals of the last hour and the last day.

    Both periods begin at a full hour, given in `since`, in the fax service's local time.
    """
    now = dt.datetime.now(faxcloud.settings.zone).replace(second=0, microsecond=0)
    question = VersionedRequest(
        request,
        faxcloud,
        actor,
        of_reports="report" in params,
        varies=(now.isoformat(),),
        cache_control=PERSONAL,
    )
    return await question.answer(lambda: _realtime(faxcloud, params, now))


def _realtime(faxcloud: Services, params: Params, now: dt.datetime) -> dict[str, Any]:
    filters = filters_of(faxcloud, params)
    paging = Paging.from_params({"page": params["page"], "per_page": params["limit"]})
    local = now.replace(tzinfo=None)
    recent = replace(filters, start_date=local.date() - dt.timedelta(days=1), end_date=local.date())
    hours = faxcloud.summaries.timeline(recent, "hour")
    page = faxcloud.search.page(filters, paging)
    return {
        "timestamp": now,
        "newest": page.results,
        "page": page.page,
        "limit": page.per_page,
        "last_hour": _since(local - dt.timedelta(hours=1), local, hours),
        "last_day": _since(local - dt.timedelta(days=1), local, hours),
        "data_version": faxcloud.summaries.version(),
    }


def _since(since: dt.datetime, until: dt.datetime, hours: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Totals from the hour of `since` on."""
    first = since.replace(minute=0, second=0, microsecond=0)
    rows = [row for row in hours if first <= row["start"] <= until]
    total, valid = (sum(row[key] for row in rows) for key in ("faxes", "valid"))
    return {
        "since": first,
        "until": until,
        "total": total,
        **{key: sum(row[key] for row in rows) for key in ADDED},
        "compliance_rate": compliance_rate(valid, total),
    }
