"""Alert endpoints: `/v3/alerts` and `/v3/alert-rules`."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import answer_by_content
from faxcloud.api.http.json_response import json_response
from faxcloud.api.http.paging import link_header
from faxcloud.api.http.parameters import PAGES, NoParams, Parameter, Params, Table, query
from faxcloud.api.http.services import Faxcloud
from faxcloud.domain.filter_values import choice
from faxcloud.services.actors import Actor
from faxcloud.services.alerts.files import row_of

router = APIRouter(tags=["alerts"])

AlertReader = Annotated[Actor, requires("alerts.read")]
AlertAcknowledger = Annotated[Actor, requires("alerts.acknowledge")]
AlertChanger = Annotated[Actor, requires("alerts.change")]
AlertId = Annotated[
    str, Path(pattern="^[A-Za-z0-9_-]{1,64}$", description="Id of an alert, from the list of alerts.")
]
State = Literal["open", "acknowledged", "resolved"]

Described = dict[int | str, dict[str, Any]]
STANDING: Described = {
    404: {"description": "There is no such alert."},
    409: {"description": "The alert is resolved already."},
}
INVALID: Described = {422: {"description": "A rule is not right; nothing was changed."}}

STATES: Table = {
    "state": Parameter(choice("open", "acknowledged", "resolved"), "Alerts in this state; without it all.")
}
ListParams = Annotated[Params, query(STATES, PAGES)]


class ListedAlert(BaseModel):
    """An alert: its rule, the measured values when it opened, and its state."""

    alert_id: str
    rule_id: str
    name: str
    state: State
    metric: str = Field(description="A published number, or `days_since_import`.")
    comparison: Literal["below", "above", "change_down", "change_up"]
    threshold: float = Field(description="In the metric's unit (a rate is 0 to 1); of a change in percent.")
    scope: Literal["all", "user", "report", "contract"]
    scope_value: str
    value: float | None
    baseline: float | None = Field(
        description="Mean of the same weekdays of the four weeks before; for a change."
    )
    change_percent: float | None = Field(description="Of the value against `baseline`.")
    faxes: int = Field(description="Number of faxes that were measured.")
    start_date: dt.date | None
    end_date: dt.date | None
    report: str | None
    opened_at: dt.datetime
    acknowledged_at: dt.datetime | None
    acknowledged_by: str | None
    resolved_at: dt.datetime | None
    resolved_by: str | None = Field(description="`system` where it resolved by itself.")
    seconds_to_acknowledge: float | None
    seconds_to_resolve: float | None


class AlertList(BaseModel):
    """A page of alerts, newest first."""

    total: int
    page: int
    per_page: int
    pages: int
    results: list[ListedAlert]


class RuleDocument(BaseModel):
    """An alert rule. At the threshold itself no alert opens."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    metric: str = Field(max_length=40, description="A published number, or `days_since_import`.")
    comparison: Literal["below", "above", "change_down", "change_up"]
    threshold: float = Field(
        ge=0, le=1e12, description="In the metric's unit (a rate is 0 to 1); of a change in percent."
    )
    scope: Literal["all", "user", "report", "contract"] = "all"
    scope_value: str = Field(
        default="", max_length=200, description="User, report or contract; empty for `all`."
    )
    window: Literal["days", "report"] = Field(
        default="days", description="The last days that have faxes, or the newest report."
    )
    window_days: int = Field(default=1, ge=1, le=366, description="At most 7 for a change.")
    minimum_faxes: int = Field(
        default=1,
        ge=0,
        le=10**9,
        description="Minimum number of faxes in the window; with fewer, no alert opens.",
    )
    hysteresis: float = Field(
        default=0,
        ge=0,
        le=1e12,
        description="Distance from the threshold that the value must regain before the alert resolves.",
    )
    cool_down_minutes: int = Field(default=60, ge=0, le=10_080)
    channels: list[str] = Field(default=[], max_length=20, description="Names of channels.")
    is_enabled: bool = True


class RulesDocument(BaseModel):
    """All alert rules."""

    model_config = ConfigDict(extra="forbid")

    alert_rules: list[RuleDocument] = Field(max_length=200)


class ImportedRules(BaseModel):
    """Number of alert rules that were added and replaced."""

    added: int
    replaced: int


@router.get("/v3/alerts", response_model=AlertList)
async def list_alerts(
    request: Request, faxcloud: Faxcloud, _actor: AlertReader, params: ListParams
) -> Response:
    """Alerts, newest first."""
    page, per_page = params["page"], params["per_page"]
    states: tuple[Any, ...] = (
        (params["state"],) if "state" in params else ("open", "acknowledged", "resolved")
    )
    return await answer_by_content(
        request,
        lambda: faxcloud.alerts.history(states, page, per_page),
        lambda found: link_header(request, page, found["pages"]),
    )


@router.post("/v3/alerts/{alert_id}/acknowledge", response_model=ListedAlert, responses=STANDING)
def acknowledge_alert(alert_id: AlertId, faxcloud: Faxcloud, _actor: AlertAcknowledger) -> Response:
    """Acknowledge an alert and return it. Only the first acknowledgement is recorded."""
    return json_response(row_of(faxcloud.alerts.acknowledge(alert_id)))


@router.post("/v3/alerts/{alert_id}/resolve", response_model=ListedAlert, responses=STANDING)
def resolve_alert(alert_id: AlertId, faxcloud: Faxcloud, _actor: AlertAcknowledger) -> Response:
    """Resolve an alert and return it. Its rule opens no new alert until the measured value changes."""
    return json_response(row_of(faxcloud.alerts.resolve(alert_id)))


@router.get("/v3/alert-rules", response_model=RulesDocument)
def export_alert_rules(faxcloud: Faxcloud, _actor: AlertChanger, _params: NoParams) -> Response:
    """All alert rules, in the format that `PUT` accepts."""
    return json_response(json.loads(faxcloud.alerts.export_rules()))


@router.put("/v3/alert-rules", response_model=ImportedRules, responses=INVALID)
def import_alert_rules(document: RulesDocument, faxcloud: Faxcloud, _actor: AlertChanger) -> Response:
    """Import alert rules, all or none. One with an existing name replaces it; none is deleted."""
    return json_response(faxcloud.alerts.import_rules(document.model_dump_json()))
