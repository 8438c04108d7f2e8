"""Ruleset endpoints: `/v3/rulesets`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import answer_by_content
from faxcloud.api.http.parameters import ID_PATTERN, query
from faxcloud.api.http.schemas import Ruleset as RulesetModel
from faxcloud.api.http.schemas import RulesetList
from faxcloud.api.http.services import Faxcloud
from faxcloud.domain.rulesets.ruleset import Ruleset

if TYPE_CHECKING:
    from faxcloud.wiring import Services

router = APIRouter(tags=["rulesets"], dependencies=[requires("rulesets.read"), query()])

RulesetId = Annotated[str, Path(description="The id of a ruleset.", pattern=ID_PATTERN)]


@router.get("/v3/rulesets", response_model=RulesetList)
async def list_rulesets(request: Request, faxcloud: Faxcloud) -> Response:
    """All rulesets, built-in and own, and the files that are not valid rulesets."""
    return await answer_by_content(request, lambda: _shelf(faxcloud))


@router.get("/v3/rulesets/{ruleset_id}", response_model=RulesetModel)
async def show_ruleset(request: Request, faxcloud: Faxcloud, ruleset_id: RulesetId) -> Response:
    """One ruleset with its rules, in order of priority."""

    def ask() -> dict[str, Any]:
        return _document(faxcloud.rulesets.get(ruleset_id), faxcloud.rulesets.active_id())

    return await answer_by_content(request, ask)


def _shelf(faxcloud: Services) -> dict[str, Any]:
    shelf, active_id = faxcloud.rulesets.shelf(), faxcloud.rulesets.active_id()
    return {
        "active": active_id,
        "rulesets": [_document(ruleset, active_id) for ruleset in shelf.rulesets.values()],
        "errors": {
            name: {"code": error.code, "detail": error.message, "hint": error.hint}
            for name, error in shelf.errors.items()
        },
    }


def _document(ruleset: Ruleset, active_id: str) -> dict[str, Any]:
    return {
        "id": ruleset.id,
        "hash": ruleset.hash,
        "is_active": ruleset.id == active_id,
        "title": ruleset.title,
        "description": ruleset.description,
        "derived": dict(ruleset.derived),
        "rules": ruleset.rules,
    }
