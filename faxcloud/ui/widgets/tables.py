"""Data tables: typed columns in the visitor's number and date formats."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import streamlit as st

from faxcloud.i18n import Translator
from faxcloud.presentation.wording import period_name
from faxcloud.ui.screen import Screen

Kind = Literal["text", "count", "decimal", "rate", "day", "week", "month", "time", "seconds", "size"]

RIGHT: frozenset[Kind] = frozenset(("count", "decimal", "rate", "seconds", "size"))
GRAIN_KINDS: dict[str, Kind] = {"hour": "time", "day": "day", "week": "week", "month": "month"}
"""Column type of a period's start: sorted by time, also across New Year."""

LONGEST_CELL = 500
"""Maximum length of a cell; otherwise one of 10,000 characters is sent to the browser whole."""


@dataclass(frozen=True)
class Field:
    """A table column: the key in the row, its title, its type."""

    key: str
    title: str
    kind: Kind = "text"
    width: Literal["small", "medium", "large"] | int | None = None
    colour: Callable[[Any], str | None] | None = None
    """Of the text, by value; None is the ordinary one."""


def show_table(
    screen: Screen,
    rows: Sequence[dict[str, Any]],
    fields: Sequence[Field],
    key: str,
    *,
    selectable: bool = False,
    height: int | Literal["content", "auto"] = "auto",
) -> int | None:
    """Draw the rows; returns the index of the selected one, if any.

    Numbers stay numbers, so that a click on a title sorts them as such.
    """
    import pandas as pd

    zone = screen.running.settings.zone
    frame = pd.DataFrame(
        {field.key: [_clean(row.get(field.key), field.kind, zone) for row in rows] for field in fields},
        columns=[field.key for field in fields],
    )
    writers: Any = {field.key: _writer(screen.t, field.kind) for field in fields if field.kind != "text"}
    configs = {
        field.key: st.column_config.Column(
            field.title, width=field.width, alignment="right" if field.kind in RIGHT else "left"
        )
        for field in fields
    }
    styled = frame.style.format(writers, na_rep="–")
    for field in fields:
        if field.colour is not None:
            styled = styled.map(partial(_css, field.colour), subset=[field.key])
    event: Any = st.dataframe(
        styled,
        hide_index=True,
        column_config=configs,
        key=key,
        on_select="rerun" if selectable else "ignore",
        selection_mode="single-row",
        height=height,
        placeholder="–",
    )
    if not selectable:
        return None
    chosen = event["selection"]["rows"]
    return chosen[0] if chosen and chosen[0] < len(rows) else None


def _css(colour: Callable[[Any], str | None], value: Any) -> str:
    chosen = colour(value)
    return f"color: {chosen}" if chosen else ""


def _clean(value: Any, kind: Kind, zone: dt.tzinfo) -> Any:
    if kind == "text":
        return "" if value is None else str(value)[:LONGEST_CELL]
    if kind == "time" and isinstance(value, dt.datetime) and value.tzinfo is not None:
        # An instant with a time zone; the times of faxes have none and are local already.
        return value.astimezone(zone).replace(tzinfo=None)
    return value


def _writer(t: Translator, kind: Kind) -> Callable[[Any], str]:
    writers: dict[Kind, Callable[[Any], str]] = {
        "count": t.number,
        "decimal": lambda value: t.number(value, 2),
        "rate": t.percent,
        "day": t.date,
        "week": lambda start: period_name(t, start, "week"),
        "month": lambda start: period_name(t, start, "month"),
        "time": t.datetime,
        "seconds": t.duration,
        "size": lambda value: t.bytes(int(value)),
    }
    return writers[kind]
