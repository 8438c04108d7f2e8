"""Export file of own views, dashboard and start page: JSON for another key, another server or a colleague."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faxcloud.domain.boards import DASHBOARD, read_layout
from faxcloud.domain.views import checked_name, checked_page, checked_params
from faxcloud.errors import FaxCloudError, FilterInvalid, PreferenceInvalid, ViewInvalid, ViewsFileInvalid
from faxcloud.i18n import N_
from faxcloud.store.records.views import View

FORMAT = "faxcloud-views"
VERSION = 1
LARGEST_FILE = 1_000_000
"""Characters: a hundred views of the longest kind are less."""
MOST_VIEWS = 100
START_PAGE = "start_page"
VIEW_PREFIX = "view:"
"""A start page that is a view: the prefix and its id, in a file its place among the file's views."""
CARRIED = (DASHBOARD, START_PAGE)
"""The preferences that a file holds; the others belong to the person, not to the work."""


@dataclass(frozen=True, slots=True)
class FiledView:
    """View without owner and id."""

    name: str
    page: str
    params: dict[str, str]
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """Validated contents of a file."""

    views: tuple[FiledView, ...]
    preferences: dict[str, Any] = field(default_factory=dict)


def write_file(views: Sequence[View], preferences: Mapping[str, Any]) -> str:
    """Text of the file. A start page that is none of these views is left out."""
    places = {f"{VIEW_PREFIX}{view.view_id}": f"{VIEW_PREFIX}{place}" for place, view in enumerate(views)}
    carried = {name: preferences[name] for name in CARRIED if name in preferences}
    start = carried.get(START_PAGE)
    if isinstance(start, str) and start.startswith(VIEW_PREFIX):
        carried.pop(START_PAGE)
        carried |= {START_PAGE: places[start]} if start in places else {}
    body = {
        "format": FORMAT,
        "version": VERSION,
        "views": [
            {"name": view.name, "page": view.page, "is_shared": view.is_shared, "params": view.params}
            for view in views
        ],
        "preferences": carried,
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def read_file(text: str) -> Contents:
    """Read a file by `write_file` or by hand: everything is validated before anything is stored.

    Raises:
        ViewsFileInvalid: the file is invalid; `where` says which part of it.
    """
    body = _parsed(text)
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ViewsFileInvalid(where="format", reason=N_("it is not a file of views"))
    if body.get("version") != VERSION:
        raise ViewsFileInvalid(where="version", reason=N_("it was written by another version of FaxCloud"))
    views, preferences = body.get("views", []), body.get("preferences", {})
    if not isinstance(views, list) or len(views) > MOST_VIEWS:
        raise ViewsFileInvalid(where="views", reason=N_("it is not a list of at most 100 views"))
    read = tuple(_view(entry, f"views[{place}]") for place, entry in enumerate(views))
    named = [(view.name, view.page) for view in read]
    for place, name in enumerate(named):
        if name in named[:place]:
            raise ViewsFileInvalid(where=f"views[{place}].name", reason=N_("it occurs twice in the file"))
    return Contents(read, _preferences(preferences, len(read)))


def _parsed(text: str) -> Any:
    if len(text) > LARGEST_FILE:
        raise ViewsFileInvalid(where="file", reason=N_("it is larger than 1 MB"))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ViewsFileInvalid(where="file", reason=N_("it is not JSON")) from error


def _view(entry: Any, where: str) -> FiledView:
    fields = {"name", "page", "is_shared", "params"}
    if not isinstance(entry, dict) or not {"name", "page"} <= entry.keys() <= fields:
        raise ViewsFileInvalid(where=where, reason=N_("a view has name, page, is_shared and params"))
    params, is_shared = entry.get("params", {}), entry.get("is_shared", False)
    if not isinstance(params, dict) or not all(isinstance(value, str) for value in params.values()):
        raise ViewsFileInvalid(where=f"{where}.params", reason=N_("it is not an object of texts"))
    if not isinstance(is_shared, bool):
        raise ViewsFileInvalid(where=f"{where}.is_shared", reason=N_("it is neither true nor false"))
    try:
        return FiledView(
            checked_name(entry["name"]), checked_page(entry["page"]), checked_params(params), is_shared
        )
    except ViewInvalid as error:
        raise ViewsFileInvalid(where=where, reason=str(error.values["reason"])) from error
    except FilterInvalid as error:
        # The value is not repeated, whichever it is: a file may hold anything in any place.
        raise ViewsFileInvalid(
            where=f"{where}.params.{error.values['name']}", reason=N_("the value cannot be used")
        ) from error


def _preferences(given: Any, views: int) -> dict[str, Any]:
    if not isinstance(given, dict) or not given.keys() <= set(CARRIED):
        raise ViewsFileInvalid(
            where="preferences", reason=N_("it contains more than dashboard and start_page")
        )
    if DASHBOARD in given:
        try:
            read_layout(given[DASHBOARD])
        except PreferenceInvalid as error:
            raise _misplaced(DASHBOARD, error) from error
    if START_PAGE in given:
        start = given[START_PAGE]
        known = {f"{VIEW_PREFIX}{place}" for place in range(views)}
        if not isinstance(start, str) or (start.startswith(VIEW_PREFIX) and start not in known):
            raise ViewsFileInvalid(where="preferences.start_page", reason=N_("there is no such page"))
        if start not in known:
            try:
                checked_page(start)
            except ViewInvalid as error:
                raise _misplaced(START_PAGE, error) from error
    return given


def _misplaced(name: str, error: FaxCloudError) -> ViewsFileInvalid:
    return ViewsFileInvalid(where=f"preferences.{name}", reason=str(error.values["reason"]))
