"""Query parameters: one table per endpoint, used for documentation and for validation.

A parameter that is not in an endpoint's table is refused, and so is one without a value or given twice:
`?report=` from a script whose variable is empty would otherwise select every report.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from faxcloud.domain import filter_values, filters
from faxcloud.domain.filter_values import LONGEST_TEXT
from faxcloud.domain.filters import PERSONAL, Paging
from faxcloud.errors import FilterInvalid

Table = Mapping[str, Mapping[str, Any]]
"""JSON Schemas by the name of the parameter; `description` stands beside the schema's own words."""

ID = filter_values.identifier("an id").schema
DAY = filter_values.DAY.schema
SWITCH = {"type": "string", "enum": ["0", "1", "false", "true"]}
MOST_PARAMETERS = 50


def text_schema(longest: int = LONGEST_TEXT) -> Mapping[str, Any]:
    """Schema of a text without control characters."""
    return filter_values.text(longest).schema


def choice_schema(*choices: str, default: str | None = None) -> dict[str, Any]:
    """Schema of one value out of a list."""
    return {"type": "string", "enum": list(choices)} | ({} if default is None else {"default": default})


def whole_schema(least: int, most: int, default: int) -> dict[str, Any]:
    """Schema of an integer in a range."""
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


FILTERS: Table = MappingProxyType(
    {entry.name: {"description": entry.help, **entry.kind.schema} for entry in filters.FILTERS}
)
"""Filters of all faces, from the one table of filters."""

WITHIN_REPORT: Table = MappingProxyType({name: FILTERS[name] for name in FILTERS if name != "report"})
"""Parameters of paths that contain the report."""

PAGING: Table = MappingProxyType(
    {
        name: {"description": help_text, **kind.schema, "default": getattr(Paging(), name)}
        for name, (kind, help_text) in filters.PAGING.items()
    }
)
PAGES: Table = MappingProxyType({name: PAGING[name] for name in ("page", "per_page")})
"""Paging parameters of lists with a fixed order."""


def documented(*tables: Table, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """OpenAPI parameters of an endpoint, for its `openapi_extra`."""
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": name in required,
                "description": schema["description"],
                "schema": {key: value for key, value in schema.items() if key != "description"},
            }
            for table in tables
            for name, schema in table.items()
        ]
    }


def given(query: str, *tables: Table) -> dict[str, str]:
    """Parameters of a query string, validated against the tables of the endpoint.

    Raises:
        FilterInvalid: one that is unknown, repeated, blank or not what its schema says.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise FilterInvalid(name="…", value="…", expected=f"at most {MOST_PARAMETERS} parameters") from None
    known: dict[str, Mapping[str, Any]] = {name: schema for table in tables for name, schema in table.items()}
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            names = f"one of the parameters {', '.join(known)}" if known else "no parameter"
            raise FilterInvalid(name=name[:64], value="…", expected=names)
        if name in found:
            raise FilterInvalid(name=name, value="…", expected="the parameter once")
        if (expected := _complaint(value, known[name])) is not None:
            raise FilterInvalid(
                name=name, value="…" if name in PERSONAL else value[:LONGEST_TEXT], expected=expected
            )
        found[name] = value
    return found


def is_on(value: str | None) -> bool:
    """Value of a boolean parameter; off when it is not given."""
    return value in ("1", "true")


def _complaint(value: str, schema: Mapping[str, Any]) -> str | None:
    """Description of the expected value if the value is invalid; None if it is valid."""
    if "enum" in schema:
        return None if value in schema["enum"] else f"one of {', '.join(schema['enum'])}"
    if schema["type"] == "integer":
        least, most = schema["minimum"], schema["maximum"]
        is_whole = re.fullmatch(r"-?[0-9]{1,10}", value) is not None
        return None if is_whole and least <= int(value) <= most else f"a whole number from {least} to {most}"
    if schema.get("format") == "date":
        return None if _is_day(value) else "a day as YYYY-MM-DD"
    longest = schema.get("maxLength", LONGEST_TEXT)
    if not value or len(value) > longest:
        return f"a text of 1 to {longest} characters"
    return None if re.fullmatch(schema["pattern"], value) else "other characters"


def _is_day(value: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:  # 2026-02-30: no such day, which the caller reports
        return False
    return True
