"""Annotation marks over a time chart: first day of an import's data, changes of rules."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.services.analytics.annotations import Mark, MarkKind
from faxcloud.ui.charts.template import colours
from faxcloud.ui.safe_text import in_chart
from faxcloud.ui.screen import Screen

MOST_IMPORTS = 24
"""Maximum of periods with an import mark: where each day has one, marks explain nothing."""

MOST_LINES = 5
SYMBOLS: dict[MarkKind, str] = {"import": "triangle-down", "rules": "diamond"}

Group = list[Mark]


def grouped(marks: Sequence[Mark], starts: Sequence[dt.datetime]) -> list[Group]:
    """Marks merged by kind and period, in time order; empty if there are too many to draw."""
    by_kind: dict[MarkKind, list[Group]] = {"rules": [], "import": []}
    for kind, groups in by_kind.items():
        mine = [mark for mark in marks if mark.kind == kind]
        groups += [list(some) for _, some in groupby(mine, key=lambda mark: bisect_right(starts, mark.at))]
    if len(by_kind["import"]) > MOST_IMPORTS:
        by_kind["import"] = []
    return sorted((group for groups in by_kind.values() for group in groups), key=lambda group: group[0].at)


def mark_traces(screen: Screen, groups: Sequence[Group], height: float) -> list[dict[str, Any]]:
    """Hover points, one per mark; no trace without marks.

    Args:
        height: Where they stand on the first axis.
    """
    if not groups:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "showlegend": False,  # on a phone the legend has no room; the sentence under the chart names them
            "x": [group[0].at.isoformat() for group in groups],
            "y": [height] * len(groups),
            "marker": {
                "symbol": [SYMBOLS[group[0].kind] for group in groups],
                "size": 9,
                "color": [_colour(screen, group) for group in groups],
            },
            "cliponaxis": False,
            "customdata": [_says(screen.t, group) for group in groups],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
    ]


def mark_lines(screen: Screen, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Vertical lines below the marks, behind the data; none between the subplots, where the legend is."""
    return [
        {
            "type": "line",
            "xref": "x",
            "x0": (at := group[0].at.isoformat()),
            "x1": at,
            "yref": f"{axis} domain",
            "y0": 0,
            "y1": 1,
            "layer": "below",
            "line": {"color": _colour(screen, group), "width": 1, "dash": "dot"},
            "opacity": 0.6,
        }
        for group in groups
        for axis in ("y", "y2")
    ]


def _colour(screen: Screen, group: Group) -> str:
    c = colours(screen)
    return c.warning if group[0].kind == "rules" else c.neutral


def _says(t: Translator, group: Group) -> str:
    lines = [_line(t, mark) for mark in group[:MOST_LINES]]
    if len(group) > MOST_LINES:
        lines.append(t("and {count} more markers", count=len(group) - MOST_LINES))
    return "<br>".join([f"<b>{t.datetime(group[0].at)}</b>", *lines])


def _line(t: Translator, mark: Mark) -> str:
    name = in_chart(mark.name, 60)
    if mark.kind == "import":
        return t("The data of {file} begins: {count} faxes", file=name, count=mark.count)
    return t("Validated by {ruleset} from here on: {count} verdicts changed", ruleset=name, count=mark.count)
