"""Charts of the Corrections page: causes, cumulative effect, business hours."""

from collections.abc import Sequence
from typing import Any

from faxcloud.domain.hours import PARTS
from faxcloud.i18n import Translator
from faxcloud.ui.charts.bars import invalid_bars
from faxcloud.ui.charts.template import Figure, colours, figure, hover_text
from faxcloud.ui.safe_text import in_chart
from faxcloud.ui.screen import Screen

HEIGHT = 280


def causes_chart(screen: Screen, rows: Sequence[dict[str, Any]], keep: str) -> Figure:
    """Horizontal bars of causes, the most frequent first.

    Args:
        rows: `label`, `faxes`, `numbers`.
    """
    t, c = screen.t, colours(screen)
    labels = [in_chart(row["label"], 34) for row in rows]
    texts = [
        "<br>".join(
            (
                f"<b>{label}</b>",
                t.ngettext("{count} fax", "{count} faxes", row["faxes"]),
                t.ngettext("{count} number", "{count} numbers", row["numbers"]),
            )
        )
        for label, row in zip(labels, rows, strict=True)
    ]
    bars = invalid_bars(t, c, [row["faxes"] for row in rows], labels, texts)
    return figure(
        screen,
        [bars],
        keep,
        height=HEIGHT,
        bargap=0.35 if len(rows) > 2 else 0.6,
        dragmode=False,
        margin={"l": 8, "r": 28, "t": 8, "b": 8},
        xaxis={"nticks": 4, "tickformat": ",d", "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "type": "category", "showgrid": False, "ticklabelstandoff": 6},
    )


def curve_chart(screen: Screen, rows: Sequence[dict[str, Any]], keep: str) -> Figure:
    """Cumulative share of faxes with a wrong number that the first n corrections resolve; it ends at 100 %.

    Args:
        rows: As `services.analytics.corrections.curve` gives them.
    """
    t, c = screen.t, colours(screen)
    texts = [
        "<b>"
        + t.ngettext("{count} correction", "First {count} corrections", row["rank"])
        + "</b><br>"
        + t("{share:percent} of the faxes with a wrong number", share=row["mended"])
        for row in rows
    ]
    line = {
        "type": "scatter",
        "mode": "lines+markers" if len(rows) <= 30 else "lines",
        "x": [row["rank"] for row in rows],
        "y": [row["mended"] for row in rows],
        "line": {"color": c.valid, "width": 2},
        "marker": {"size": 5},
        "fill": "tozeroy",
        "fillcolor": c.band,
        "customdata": texts,
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    shares = (0, 0.25, 0.5, 0.75, 1)
    return figure(
        screen,
        [line],
        keep,
        height=HEIGHT,
        dragmode=False,
        hovermode="x",
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        xaxis={
            "nticks": 6,
            "tickformat": ",d",
            "title": {"text": t("Corrections made")},
            "range": [0, rows[-1]["rank"] + 1],
        },
        yaxis={
            "range": [0, 1.04],
            "tickvals": shares,
            "ticktext": [t.percent(share, 0) for share in shares],
        },
    )


def hours_chart(screen: Screen, rows: Sequence[dict[str, Any]], keep: str) -> Figure:
    """Stacked horizontal bars of valid and invalid faxes, one bar per part of the week.

    Args:
        rows: As `services.analytics.hours.summary` gives them.
    """
    t, c = screen.t, colours(screen)
    labels = [part_name(t, row["part"]) for row in rows]
    texts = [hover_text(t, label, row) for label, row in zip(labels, rows, strict=True)]
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "x": [row[key] for row in rows],
            "y": labels,
            "marker": {"color": colour},
            "customdata": texts,
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        for key, name, colour in (("valid", t("Valid"), c.valid), ("invalid", t("Invalid"), c.invalid))
    ]
    return figure(
        screen,
        bars,
        keep,
        height=HEIGHT,
        barmode="stack",
        bargap=0.4,
        dragmode=False,
        legend={"traceorder": "normal"},
        margin={"l": 8, "r": 16, "t": 30, "b": 8},
        xaxis={"nticks": 4, "tickformat": ",d", "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "type": "category", "showgrid": False, "ticklabelstandoff": 6},
    )


def part_name(t: Translator, part: str) -> str:
    """Translated name of a part of the week."""
    names = {key: t(name) for key, name in PARTS.items()}
    return names[part]  # type: ignore[index]  # a key of PARTS
